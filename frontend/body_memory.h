// body_memory.h: what an earlier check found out about bodies, so that a body is not checked again while all it could
// see is as it was. Depends on program.h. SPDX-License-Identifier: Apache-2.0
//
// A record is what a body leaves in the tables of the program: who it calls, which effects it has, what it can fail
// with, what its sink wrote down. It holds as long as the text of its function and the surroundings of its file are the
// same: all tokens outside of bodies in its file and in every file that it imports, directly or not (check_memory.cpp).
// What follows from many bodies together (errors, effects, bounds, content ids) is always worked out anew, from the
// records and from what was checked.
//
// Numbers of declarations differ from run to run; a record names them by module, kind and place among those of that
// kind.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frontend/byte_writer.h"
#include "frontend/flat_map.h"
#include "frontend/program.h"

namespace janus {

// By path of the module. Filled by who keeps records between runs, and read by them afterwards.
struct BodyMemory {
  std::unordered_map<std::string, std::string> before;
  std::unordered_map<std::string, std::string> after;   // of every module; those that did not change are left out
  std::string key;   // of janus, std and options: what else decides what a body means
  size_t bodies = 0, known = 0;   // functions with a body; those that were not checked again
  bool stale = false;   // what was put back turned out not to hold: check again without records
};

// What the records of a module begin with.
struct RecordHead {
  struct Hash {
    uint64_t low = 0, high = 0;
    friend bool operator==(const Hash&, const Hash&) = default;
  };
  Hash text, outside, surroundings;   // of the file; of its tokens outside of bodies; with those of what it imports
  std::vector<BodyRange> bodies;   // of functions with a record, in the order of the file
};
RecordHead::Hash hash_of_record(std::string_view bytes);
std::string with_head(const RecordHead& head, std::string_view records);
bool take_head(std::string_view& record, RecordHead& head);   // false: damaged, or of another janus

// Bodies of a file with this text that have a record, and so need not be parsed. Their file gave no diagnostics.
std::vector<BodyRange> known_bodies(const BodyMemory& memory, std::string_view module, std::string_view text);

enum class RefKind : uint8_t { Func, Struct, Enum, Error, Const, Trait, Alias, Impl, Count };

// Where every declaration stands: its module, and its place there among those of its kind.
class Landmarks {
 public:
  explicit Landmarks(const Program& program);
  struct Place {
    ModuleId module;
    uint32_t ordinal;
  };
  bool place_of(RefKind kind, uint32_t id, Place& place) const;
  uint32_t at(RefKind kind, Place place) const;   // an id, or 0xffffffff
  ModuleId module(std::string_view path) const;   // None: there is none, or several
  uint64_t shape(ModuleId module) const;   // how many of each kind
  struct ParamPlace {
    uint32_t func = 0xffffffffu, index = 0;
  };
  ParamPlace param(TypeParamId id) const {
    return +id < params_.size() ? params_[+id] : ParamPlace{};
  }   // of a function
  const Program& program() const { return p_; }

 private:
  const Program& p_;
  std::vector<Place> places_[static_cast<size_t>(RefKind::Count)];
  std::vector<std::vector<uint32_t>> lists_[static_cast<size_t>(RefKind::Count)];   // by module
  std::unordered_map<std::string_view, ModuleId> modules_;
  std::vector<ParamPlace> params_;
};

// Bytes of one module's records. `good` ends when something has no name that lasts: the record is then not kept.
class RecordWriter {
 public:
  RecordWriter(const Landmarks& marks, ByteWriter& to) : out(to), marks_(marks) {}
  bool good = true;
  ByteWriter& out;   // one for all modules: their records are written in turn
  void number(uint64_t n) { out.num(n); }
  void difference(int64_t n) { number(static_cast<uint64_t>(n) << 1 ^ static_cast<uint64_t>(n >> 63)); }
  void bytes(const void* data, size_t size) { out.raw(data, size); }
  void text(std::string_view t) { out.text(t); }
  void ref(RefKind kind, uint32_t id);
  void type(TypeId id);
  void param(TypeParamId id);
  void tables();   // of modules and types: to stand before the records

 private:
  const Landmarks& marks_;
  FlatMap module_numbers_, type_numbers_;
  std::vector<ModuleId> modules_;
  uint32_t types_ = 0;
  std::string type_bytes_;
  uint32_t type_number(TypeId id);
};

// Reads them, from a database that may hold anything: `good` ends at the first thing that cannot be.
class RecordReader {
 public:
  RecordReader(const Landmarks& marks, std::string_view bytes) : marks_(marks), rest_(bytes) {}
  bool good = true;
  uint64_t number();
  uint32_t number32() { return static_cast<uint32_t>(number()); }
  int64_t difference() {
    uint64_t n = number();
    return static_cast<int64_t>(n >> 1) ^ -static_cast<int64_t>(n & 1);
  }
  std::string_view bytes(size_t size);
  std::string_view text() { return bytes(number()); }
  size_t count();   // of things that take a byte each at least
  uint32_t ref(RefKind kind);
  TypeId type(Types& types);
  TypeParamId param();
  bool tables(Program& program);
  void continue_with(std::string_view bytes) { rest_ = bytes; }
  std::string_view rest() const { return rest_; }

 private:
  const Landmarks& marks_;
  std::string_view rest_;
  std::vector<ModuleId> modules_;
  std::vector<TypeId> types_;
};

}   // namespace janus
