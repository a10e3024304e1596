// source.cpp: the texts of a compilation, and the interner of names.
// Depends on source.h, words.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/source.h"

#include <algorithm>
#include <cstring>

#include "frontend/words.h"

namespace janus {

// ---- SourceMap

FileId SourceMap::add(std::string path, std::string text, bool is_std) {
  auto file = std::make_unique<SourceFile>();
  // Positions are 32 bits for all files together. What does not fit is refused here and reported by the lexer.
  bool fits = text.size() <= kMaxSourceBytes && text.size() < 0xfffffff0u - next_base_;
  file->path = std::move(path);
  file->is_std = is_std;
  file->too_large = !fits;
  if (fits) file->text = std::move(text);
  file->base = next_base_;
  next_base_ += static_cast<uint32_t>(file->text.size()) + 1;   // + 1: the place after the last byte is the file's too
  files_.push_back(std::move(file));
  return FileId(static_cast<uint32_t>(files_.size() - 1));
}

FileId SourceMap::find(uint32_t pos) const {
  auto after = std::upper_bound(files_.begin(), files_.end(), pos,
                                [](uint32_t p, const std::unique_ptr<SourceFile>& f) { return p < f->base; });
  if (after == files_.begin()) return FileId::None;
  return FileId(static_cast<uint32_t>(after - files_.begin() - 1));
}

// Line starts are a cache, made when the first diagnostic asks: a clean run never pays for them.
static const std::vector<uint32_t>& line_starts(const SourceFile& file) {
  auto& starts = const_cast<SourceFile&>(file).line_starts;
  if (starts.empty()) {
    starts.push_back(0);
    const char* begin = file.text.data();
    const char* end = begin + file.text.size();
    for (const char* p = begin; (p = static_cast<const char*>(std::memchr(p, '\n', end - p)));)
      starts.push_back(static_cast<uint32_t>(++p - begin));
  }
  return starts;
}

LineCol SourceMap::line_col(uint32_t pos) const {
  FileId id = find(pos);
  if (is_none(id)) return {};
  const SourceFile& f = file(id);
  uint32_t offset = std::min(pos - f.base, static_cast<uint32_t>(f.text.size()));
  const auto& starts = line_starts(f);
  auto after = std::upper_bound(starts.begin(), starts.end(), offset);
  return {static_cast<uint32_t>(after - starts.begin()), offset - *(after - 1) + 1};
}

std::string_view SourceMap::line_text(FileId id, uint32_t line) const {
  const SourceFile& f = file(id);
  const auto& starts = line_starts(f);
  if (line == 0 || line > starts.size()) return {};
  size_t begin = starts[line - 1];
  size_t end = line < starts.size() ? starts[line] - 1 : f.text.size();
  if (end > begin && f.text[end - 1] == '\r') --end;
  return std::string_view(f.text).substr(begin, end - begin);
}

std::string_view SourceMap::text(Span span) const {
  FileId id = span.is_none() ? FileId::None : find(span.lo);
  if (is_none(id)) return {};
  const SourceFile& f = file(id);
  size_t lo = std::min<size_t>(span.lo - f.base, f.text.size());
  size_t hi = std::min<size_t>(std::max(span.hi, span.lo) - f.base, f.text.size());
  return std::string_view(f.text).substr(lo, hi - lo);
}

// ---- Names

// Open addressing with linear probing; a slot holds half of the hash, so that a miss rarely touches the text.
struct Names::Impl {
  struct Slot {
    uint32_t hash;
    uint32_t id_plus_1;
  };
  std::vector<Slot> slots = std::vector<Slot>(4096);
  std::vector<std::unique_ptr<char[]>> chunks;
  char* free = nullptr;
  size_t room = 0;

  std::string_view keep(std::string_view text) {
    constexpr size_t kChunk = 1 << 16;
    if (text.size() > room) {
      size_t size = std::max(kChunk, text.size());
      chunks.push_back(std::make_unique_for_overwrite<char[]>(size));
      if (text.size() > kChunk / 4) {   // a long text gets its own chunk; the current one stays in use
        std::memcpy(chunks.back().get(), text.data(), text.size());
        return {chunks.back().get(), text.size()};
      }
      free = chunks.back().get();
      room = size;
    }
    char* kept = free;
    std::memcpy(kept, text.data(), text.size());
    free += text.size();
    room -= text.size();
    return {kept, text.size()};
  }
};

static inline uint64_t load8(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}
static inline uint64_t load4(const char* p) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}
static inline uint64_t mix(uint64_t a, uint64_t b) {
  unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Two overlapping loads cover any text of 4 to 16 bytes: most identifiers cost one multiplication.
static inline uint64_t hash_of(std::string_view text) {
  constexpr uint64_t k0 = 0xa0761d6478bd642full, k1 = 0xe7037ed1a0b428dbull;
  const char* p = text.data();
  size_t n = text.size();
  uint64_t a, b, seed = k1 ^ n;
  if (n >= 8) {
    for (; n > 16; n -= 16, p += 16) seed = mix(load8(p) ^ k0, load8(p + 8) ^ seed);
    if (n < 8) {
      p -= 8 - n;
      n = 8;
    }
    a = load8(p), b = load8(p + n - 8);
  } else if (n >= 4) {
    a = load4(p), b = load4(p + n - 4);
  } else if (n > 0) {
    a = static_cast<uint8_t>(p[0]) | static_cast<uint8_t>(p[n / 2]) << 8 | static_cast<uint8_t>(p[n - 1]) << 16, b = 0;
  } else {
    a = b = 0;
  }
  return mix(a ^ k0, b ^ seed);
}

Names::Names() : impl_(std::make_unique<Impl>()) {
  static const char* const kWords[] = {
#define TOKEN(Name, text)
#define KEYWORD(Name, text) text,
#define PUNCT(Name, text)
#include "frontend/token.def"
#undef TOKEN
#undef KEYWORD
#undef PUNCT
#define WORD(Name, text) text,
#include "frontend/word.def"
#undef WORD
  };
  texts_.reserve(1024);
  for (const char* text : kWords) intern(text);
  require(texts_.size() == static_cast<size_t>(Word::Count), "every word of words.h is different");
}
Names::~Names() = default;

NameId Names::intern(std::string_view text) {
  uint64_t hash = hash_of(text);
  auto& slots = impl_->slots;
  size_t mask = slots.size() - 1;
  uint32_t tag = static_cast<uint32_t>(hash >> 32);
  size_t i = hash & mask;
  for (; slots[i].id_plus_1; i = (i + 1) & mask) {
    if (slots[i].hash != tag) continue;
    std::string_view known = texts_[slots[i].id_plus_1 - 1];
    if (known == text) return NameId(slots[i].id_plus_1 - 1);
  }
  texts_.push_back(impl_->keep(text));
  slots[i] = {tag, static_cast<uint32_t>(texts_.size())};
  if (texts_.size() * 2 > slots.size()) {
    std::vector<Impl::Slot> bigger(slots.size() * 2);
    size_t wide = bigger.size() - 1;
    for (uint32_t id = 0; id < texts_.size(); ++id) {
      uint64_t h = hash_of(texts_[id]);
      size_t j = h & wide;
      while (bigger[j].id_plus_1) j = (j + 1) & wide;
      bigger[j] = {static_cast<uint32_t>(h >> 32), id + 1};
    }
    slots = std::move(bigger);
  }
  return NameId(static_cast<uint32_t>(texts_.size() - 1));
}

NameId Names::find(std::string_view text) const {
  uint64_t hash = hash_of(text);
  const auto& slots = impl_->slots;
  size_t mask = slots.size() - 1;
  for (size_t i = hash & mask; slots[i].id_plus_1; i = (i + 1) & mask)
    if (slots[i].hash == static_cast<uint32_t>(hash >> 32) && texts_[slots[i].id_plus_1 - 1] == text)
      return NameId(slots[i].id_plus_1 - 1);
  return NameId::None;
}

}   // namespace janus
