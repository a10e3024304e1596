// tree.h: the syntax tree of one file: an array of 16-byte nodes, children by id.
// Depends on source.h, token.def, node.def.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

#include "frontend/source.h"

namespace janus {

enum class TokenKind : uint8_t {
#define TOKEN(Name, text) Name,
#define KEYWORD(Name, text) Kw##Name,
#define PUNCT(Name, text) Name,
#include "frontend/token.def"
#undef TOKEN
#undef KEYWORD
#undef PUNCT
};

// Tokens of one file, as columns. A newline is no token: `starts_line(t)` says that t is the first one of its line,
// and the parser decides whether that ends a statement. The kind Newline stands for `;` only. The last token is
// EndOfFile. A keyword that stands where every word is a name (after `.`) has its text in name(t), as an identifier
// has.
struct Tokens {
  static constexpr uint8_t kStartsLine = 0x80, kLengthMask = 0x7f, kLong = 0x7f;
  std::vector<TokenKind> kinds;
  std::vector<uint32_t> begins;   // byte offset within the file
  std::vector<uint8_t> shapes;    // kStartsLine | length in bytes; kLong: the end stands in long_ends
  std::vector<uint32_t> values;   // Ident, keyword, StrLit, StrText (escapes decoded), InterpFormat: +NameId; CharLit:
                                  // the code point; IntLit, FloatLit: see int_value, float_value
  std::vector<unsigned __int128> ints;   // those of 2^31 and more; too large a literal is reported by the lexer
  std::vector<double> floats;
  struct LongEnd {
    uint32_t token, end;
  };
  std::vector<LongEnd> long_ends;   // ordered by token
  struct Doc {
    uint32_t begin, end;
    uint32_t next_token;
    bool of_file;
  };   // one block of adjacent `///` (or `//!`) lines, marks included; next_token: the first token after
  std::vector<Doc> docs;
  struct Expect {
    uint32_t after;
    NameId text;
    Span span;
  };   // doctests: `// => text` behind token `after`; adjacent lines of them are one
  std::vector<Expect> expects;

  uint32_t size() const { return static_cast<uint32_t>(kinds.size()); }
  uint32_t begin(uint32_t t) const { return begins[t]; }
  uint32_t end(uint32_t t) const {
    uint8_t length = shapes[t] & kLengthMask;
    return length == kLong ? long_end(t) : begins[t] + length;
  }
  bool starts_line(uint32_t t) const { return shapes[t] & kStartsLine; }
  NameId name(uint32_t t) const { return NameId(values[t]); }
  unsigned __int128 int_value(uint32_t t) const {
    return values[t] & 0x80000000u ? ints[values[t] & 0x7fffffffu] : values[t];
  }
  double float_value(uint32_t t) const { return floats[values[t]]; }
  uint32_t long_end(uint32_t t) const;
};

enum class NodeKind : uint8_t {
#define NODE(Name, fields) Name,
#include "frontend/node.def"
#undef NODE
};

// What a and b mean stands beside each kind in node.def.
struct Node {
  NodeKind kind;
  uint8_t flags = 0;   // NodeFlag bits
  uint16_t aux = 0;   // a small number: operator TokenKind, counts …
  uint32_t token = 0;   // where a caret for this node points (index into Tokens)
  uint32_t a = 0xffffffffu;
  uint32_t b = 0xffffffffu;
};
static_assert(sizeof(Node) == 16);

enum NodeFlag : uint8_t {
  kPub = 1,
  kMut = 2,
  kAsync = 4,
  kBlocking = 8,
  kInclusive = 16,
  kBrokenHead = 16 /* of declarations: the head could not be read, and is not asked about */,
  kTrailingSemi = 32,
  kHasError = 64 /* recovery happened inside: stay quiet */,
  kShort = 128,
  kOpaque = 128 /* of structs: their fields are seen in std alone */,
};

// The block of a function: where its `do` and its `end` stand, in bytes of the file.
struct BodyRange {
  uint32_t begin, end;
};

struct Tree {
  FileId file = FileId::None;
  Tokens tokens;
  std::vector<Node> nodes;   // children stand before their parents, but for those of blocks that were skipped first
  std::vector<uint32_t> lasts;   // of each node, its last token
  std::vector<uint32_t> extra;   // lists: extra[i] = count, then that many NodeIds (or values)
  std::vector<NodeId> skipped;   // empty Blocks that parse_skipped fills, in the order of the file
  std::vector<NameId> lost;   // names in what could not be read: perhaps those of declarations
  NodeId root = NodeId::None;   // a File node
  uint32_t base = 0;   // SourceFile::base, so spans need no look-up

  const Node& operator[](NodeId id) const { return nodes[+id]; }
  std::span<const NodeId> list(uint32_t index) const {   // index == 0xffffffff is the empty list
    if (index == 0xffffffffu) return {};
    return {reinterpret_cast<const NodeId*>(&extra[index + 1]), extra[index]};
  }
  // `extra -> [x, y]` in node.def: values at record(index, 0), record(index, 1): no count in front.
  uint32_t record(uint32_t index, uint32_t i) const { return extra[index + i]; }
  NodeId record_node(uint32_t index, uint32_t i) const { return NodeId(extra[index + i]); }
  std::span<const NodeId> record_list(uint32_t index, uint32_t i) const { return list(extra[index + i]); }
  Span token_span(uint32_t token) const { return {base + tokens.begins[token], base + tokens.end(token)}; }
  Span span(NodeId id) const;   // the whole extent of the node (first to last token); computed by walking its edges
  uint32_t first_token(NodeId id) const;
  Span caret(NodeId id) const { return token_span(nodes[+id].token); }
};

// What a and b of a kind hold, for passes that treat all kinds alike: two fields, each `.` nothing, `N` name, `i`
// number, `n` node or None, `L` list of nodes, `[…]` a record in extra of such fields. FuncDecl is "N[LLnLn]".
const char* node_shape(NodeKind kind);
const char* node_kind_name(NodeKind kind);

}   // namespace janus
