// body_memory.cpp: names that last for declarations and types, and records as bytes.
// Depends on body_memory.h, LLVM's xxHash.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/body_memory.h"

#include <cstring>

#include "llvm/Support/xxhash.h"

namespace janus {

constexpr uint32_t kNone = 0xffffffffu;

// ---- the head of a module's records

constexpr char kFormat = 3;

RecordHead::Hash hash_of_record(std::string_view bytes) {
  llvm::XXH128_hash_t h =
      llvm::xxh3_128bits(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  return {h.low64, h.high64};
}

// Format, hash of what follows, three hashes, number of bodies, bodies.
std::string with_head(const RecordHead& head, std::string_view records) {
  std::string rest;
  auto put = [](std::string& out, const auto& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  put(rest, head.text), put(rest, head.outside), put(rest, head.surroundings);
  put(rest, static_cast<uint32_t>(head.bodies.size()));
  for (const BodyRange& body : head.bodies) put(rest, body);
  rest += records;
  std::string out(1, kFormat);
  put(out, hash_of_record(rest));
  return out += rest;
}

bool take_head(std::string_view& record, RecordHead& head) {
  auto take = [&](auto& value) {
    if (record.size() < sizeof value) return false;
    std::memcpy(&value, record.data(), sizeof value);
    record.remove_prefix(sizeof value);
    return true;
  };
  char format = 0;
  RecordHead::Hash whole;   // a file may be damaged where SQLite does not notice
  uint32_t count = 0;
  if (!take(format) || format != kFormat || !take(whole) || whole != hash_of_record(record)) return false;
  if (!take(head.text) || !take(head.outside) || !take(head.surroundings) || !take(count)) return false;
  if (count > record.size() / sizeof(BodyRange)) return false;
  head.bodies.resize(count);
  for (BodyRange& body : head.bodies) take(body);
  return true;
}

std::vector<BodyRange> known_bodies(const BodyMemory& memory, std::string_view module, std::string_view text) {
  auto found = memory.before.find(std::string(module));
  RecordHead head;
  if (found == memory.before.end()) return {};
  std::string_view record = found->second;
  if (!take_head(record, head) || head.text != hash_of_record(text)) return {};
  size_t last = 0;
  for (const BodyRange& body : head.bodies) {   // who wrote the database may have written anything
    if (body.begin < last || body.end < size_t{body.begin} + 2 || size_t{body.end} + 3 > text.size()) return {};
    if (text.substr(body.begin, 2) != "do" || text.substr(body.end, 3) != "end") return {};
    last = body.end;
  }
  return std::move(head.bodies);
}

// ---- names that last

Landmarks::Landmarks(const Program& program) : p_(program) {
  size_t modules = program.modules.size();
  for (auto& lists : lists_) lists.resize(modules);
  auto put = [&](RefKind kind, uint32_t id, ModuleId module) {
    auto& places = places_[static_cast<size_t>(kind)];
    if (is_none(module)) {
      places.push_back({module, 0});
      return;
    }
    std::vector<uint32_t>& list = lists_[static_cast<size_t>(kind)][+module];
    places.push_back({module, static_cast<uint32_t>(list.size())});
    list.push_back(id);
  };
  auto of_decl = [&](DeclId d) { return is_some(d) ? program.decls[+d].module : ModuleId::None; };
  auto all = [&](RefKind kind, const auto& table) {
    places_[static_cast<size_t>(kind)].reserve(table.size());
    for (uint32_t i = 0; i < table.size(); ++i) put(kind, i, of_decl(table[i].decl));
  };
  all(RefKind::Func, program.funcs);
  all(RefKind::Struct, program.structs);
  all(RefKind::Enum, program.enums);
  all(RefKind::Error, program.errors);
  all(RefKind::Const, program.consts);
  all(RefKind::Trait, program.traits);
  all(RefKind::Alias, program.aliases);
  for (uint32_t i = 0; i < program.impls.size(); ++i) put(RefKind::Impl, i, program.impls[i].module);
  params_.resize(program.type_params.size());
  for (uint32_t i = 0; i < program.funcs.size(); ++i)
    for (uint32_t k = 0; k < program.funcs[i].type_params.size(); ++k)
      if (ParamPlace& place = params_[+program.funcs[i].type_params[k]]; place.func == kNone) place = {i, k};
  for (size_t m = 0; m < modules; ++m) {
    auto [found, fresh] = modules_.try_emplace(program.names.text(program.modules[m]->path), ModuleId(m));
    if (!fresh) found->second = ModuleId::None;
  }
}

bool Landmarks::place_of(RefKind kind, uint32_t id, Place& place) const {
  const auto& places = places_[static_cast<size_t>(kind)];
  if (id >= places.size() || is_none(places[id].module)) return false;
  place = places[id];
  return true;
}

uint32_t Landmarks::at(RefKind kind, Place place) const {
  const std::vector<uint32_t>& list = lists_[static_cast<size_t>(kind)][+place.module];
  return place.ordinal < list.size() ? list[place.ordinal] : kNone;
}

ModuleId Landmarks::module(std::string_view path) const {
  auto found = modules_.find(path);
  return found == modules_.end() ? ModuleId::None : found->second;
}

uint64_t Landmarks::shape(ModuleId module) const {
  uint64_t hash = 0;
  for (const auto& lists : lists_) hash = mix_bits(hash * 31 + lists[+module].size() + 1);
  return hash & 0xffffffffffu;
}

// ---- writing

void RecordWriter::ref(RefKind kind, uint32_t id) {
  Landmarks::Place place;
  if (!marks_.place_of(kind, id, place)) {
    good = false;
    return;
  }
  uint32_t& known = module_numbers_[+place.module];
  if (known == FlatMap::None) {
    if (marks_.module(marks_.program().names.text(marks_.program().modules[+place.module]->path)) != place.module)
      good = false;
    known = static_cast<uint32_t>(modules_.size());
    modules_.push_back(place.module);
  }
  number(known);
  number(place.ordinal);
}

void RecordWriter::param(TypeParamId id) {
  Landmarks::ParamPlace place = marks_.param(id);
  if (place.func == kNone) {
    good = false;
    return;
  }
  ref(RefKind::Func, place.func);
  number(place.index);
}

void RecordWriter::type(TypeId id) { number(type_number(id)); }

uint32_t RecordWriter::type_number(TypeId id) {
  if (uint32_t known = type_numbers_.find(+id); known != FlatMap::None) return known;
  const Types& types = marks_.program().types;
  const TypeRow row = types[id];
  if (row.has_infer || row.size > 1000) {
    good = false;
    return 0;
  }
  uint32_t inner = 0;
  std::vector<uint32_t> args;
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel: inner = type_number(TypeId(row.a)); break;
    case TypeKind::Tuple:
    case TypeKind::Struct:
    case TypeKind::Enum:
    case TypeKind::Dyn: break;
    case TypeKind::Func:
      if (row.a & kFuncFallible) good = false;
      break;
    case TypeKind::Param: break;
    default:
      if (row.kind > TypeKind::String) good = false;
      break;
  }
  for (uint32_t i = 0; i < row.arg_count; ++i) args.push_back(type_number(types.args(id)[i]));
  if (!good) return 0;
  size_t from = out.size();
  number(static_cast<uint64_t>(row.kind));
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel: number(inner); break;
    case TypeKind::Struct: ref(RefKind::Struct, row.a); break;
    case TypeKind::Enum: ref(RefKind::Enum, row.a); break;
    case TypeKind::Dyn: ref(RefKind::Trait, row.a); break;
    case TypeKind::Param: param(TypeParamId(row.a)); break;
    default: number(row.a); break;
  }
  number(row.b);
  number(args.size());
  for (uint32_t a : args) number(a);
  type_bytes_ += out.view(from);
  out.cut(from);
  type_numbers_[+id] = types_;
  return types_++;
}

void RecordWriter::tables() {
  const Program& p = marks_.program();
  number(modules_.size());
  for (ModuleId m : modules_) {
    text(p.names.text(p.modules[+m]->path));
    number(marks_.shape(m));
  }
  number(types_);
  out.raw(type_bytes_.data(), type_bytes_.size());
}

// ---- reading

uint64_t RecordReader::number() {
  uint64_t n = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    uint8_t byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    n |= uint64_t(byte & 127) << shift;
    if (byte < 128) return n;
  }
  good = false;
  return 0;
}

std::string_view RecordReader::bytes(size_t size) {
  if (size > rest_.size()) {
    good = false;
    return {};
  }
  std::string_view found = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return found;
}

size_t RecordReader::count() {
  uint64_t n = number();
  if (n > rest_.size()) {
    good = false;
    return 0;
  }
  return n;
}

uint32_t RecordReader::ref(RefKind kind) {
  uint64_t module = number(), ordinal = number();
  if (module < modules_.size() && is_some(modules_[module]) && ordinal < kNone)
    if (uint32_t id = marks_.at(kind, {modules_[module], static_cast<uint32_t>(ordinal)}); id != kNone) return id;
  good = false;
  return 0;
}

TypeParamId RecordReader::param() {
  uint32_t func = ref(RefKind::Func);
  uint64_t index = number();
  if (good && index < marks_.program().funcs[func].type_params.size())
    return marks_.program().funcs[func].type_params[index];
  good = false;
  return TypeParamId(0);
}

TypeId RecordReader::type(Types&) {
  uint64_t n = number();
  if (n < types_.size() && is_some(types_[n])) return types_[n];
  good = false;
  return Types::Error;
}

static bool right_arguments(const Program& p, TypeKind kind, uint32_t a, size_t count) {
  switch (kind) {
    case TypeKind::Func: return count > 0;
    case TypeKind::Struct: return count == p.structs[a].type_params.size();
    case TypeKind::Enum: return count == p.enums[a].type_params.size();
    case TypeKind::Tuple: return true;
    default: return count == 0;
  }
}

// A module or type that is there no more is None: only the records that name it are of no use.
bool RecordReader::tables(Program& program) {
  for (size_t n = count(); n > 0 && good; --n) {
    ModuleId m = marks_.module(text());
    if (number() != (is_some(m) ? marks_.shape(m) : 0)) m = ModuleId::None;
    modules_.push_back(m);
  }
  Types& types = program.types;
  for (size_t n = count(); n > 0 && good; --n) {
    TypeKind kind = static_cast<TypeKind>(number());
    bool known = kind <= TypeKind::Channel;
    uint32_t a = 0;
    auto inner = [&] {
      TypeId t = type(types);
      known &= good;
      return t;
    };
    // What cannot be resolved makes this type unknown, not the whole table.
    bool before = good;
    switch (kind) {
      case TypeKind::Array:
      case TypeKind::Fixed:
      case TypeKind::Optional:
      case TypeKind::TypeOf:
      case TypeKind::Channel: a = +inner(); break;
      case TypeKind::Struct: a = ref(RefKind::Struct); break;
      case TypeKind::Enum: a = ref(RefKind::Enum); break;
      case TypeKind::Dyn: a = ref(RefKind::Trait); break;
      case TypeKind::Param: a = +param(); break;
      default: a = number32(); break;
    }
    known &= good;
    uint32_t b = number32();
    std::vector<TypeId> args;
    for (size_t k = count(); k > 0; --k) args.push_back(inner());
    good = before;
    if (kind <= TypeKind::String) types_.push_back(TypeId(static_cast<uint32_t>(kind)));
    else if (!known || !right_arguments(program, kind, a, args.size())) types_.push_back(TypeId::None);
    else types_.push_back(types.intern(kind, a, b, args));
  }
  return good;
}

}  // namespace janus
