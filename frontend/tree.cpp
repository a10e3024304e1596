// tree.cpp: what the fields of nodes hold, the extent of a node, and trees as text.
// Depends on tree.h, parse.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/tree.h"

#include <algorithm>

#include "frontend/parse.h"

namespace janus {

// One entry a kind, next to its name so that a new line in node.def without a shape does not compile.
static constexpr const char* shape_of(NodeKind kind) {
  using enum NodeKind;
  switch (kind) {
    case File: return "Ln";
    case Profile:
    case ImportName:
    case ImportAs:
    case CapabilityDecl: return "N.";
    case Import: return "Ln";
    case ImportNames: return "L.";
    case ConstDecl:
    case VarDecl: return "N[nn]";
    case TypeAlias: return "N[Ln]";
    case StructDecl:
    case EnumDecl: return "N[LL]";
    case FieldDecl: return "N[nn]";
    case VariantDecl:
    case ErrorDecl: return "NL";
    case TraitDecl: return "N[LLL]";
    case ImplDecl: return "n[LnLL]";
    case FuncDecl: return "N[LLnLn]";
    case TypeParam:
    case WhereClause: return "NL";
    case Param: return "N[nn]";
    case SelfParam: return "..";
    case TestDecl: return "Nn";
    case TypeName: return "LL";
    case TypeArray:
    case TypeOptional:
    case TypeDyn: return "n.";
    case TypeFixed:
    case TypeFallible: return "nn";
    case TypeTuple:
    case TypeUnion: return "L.";
    case TypeFunc: return "Ln";
    case Block: return "L.";
    case Let: return "n[nn]";
    case Assign: return "nn";
    case If: return "n[nn]";
    case LetCond: return "nn";
    case While: return "n[nN]";
    case For: return "[LN][nn]";
    case Match: return "nL";
    case MatchArm: return "n[nn]";
    case Return:
    case Fail:
    case Defer: return "n.";
    case Break: return "Nn";
    case Continue: return "N.";
    case IntLit:
    case FloatLit:
    case CharLit:
    case NullLit: return "..";
    case BoolLit: return "i.";
    case StringLit: return "N.";
    case Interp: return "L.";
    case InterpPart: return "nN";
    case Ident: return "N.";
    case SelfExpr: return "..";
    case ArrayLit:
    case MapLit:
    case TupleLit: return "L.";
    case MapEntry: return "nn";
    case Paren: return "n.";
    case StructLit: return "n[Ln]";
    case FieldInit: return "Nn";
    case Member: return "nN";
    case TupleMember: return "ni";
    case DotName: return "N.";
    case Index:
    case Call: return "nL";
    case Arg: return "Nn";
    case MutArg:
    case Unary: return "n.";
    case Binary:
    case Range:
    case Coalesce: return "nn";
    case Question:
    case Try:
    case BangUnwrap: return "n.";
    case Catch: return "n[nn]";
    case Await: return "n.";
    case Closure: return "L[nn]";
    case PatternParam: return "nn";
    case TypeExpr: return "n.";
    case PatWild: return "..";
    case PatBind:
    case PatDot: return "N.";
    case PatLit: return "n.";
    case PatRange: return "nn";
    case PatName: return "L.";
    case PatVariant:
    case PatStruct: return "nL";
    case PatField: return "Nn";
    case PatTuple:
    case PatOr: return "L.";
    case Nursery: return "n[LN]";
    case Spawn: return "nL";
    case Child: return "n.";
    case Yield: return "..";
    case Select: return "L.";
    case SelectCase: return "[nnn]n";
    case Expect: return "nN";
    case Error: return "..";
  }
  return nullptr;
}

const char* node_shape(NodeKind kind) { return shape_of(kind); }

const char* node_kind_name(NodeKind kind) {
  static const char* const kNames[] = {
#define NODE(Name, fields) #Name,
#include "frontend/node.def"
#undef NODE
  };
  return kNames[static_cast<size_t>(kind)];
}

// Down the left edge: a loop, however long the chain of operators is.
uint32_t Tree::first_token(NodeId id) const {
  while (true) {
    const Node& n = nodes[+id];
    uint32_t t = n.token;
    auto kind_at = [&](uint32_t i) { return tokens.kinds[i]; };
    switch (n.kind) {
      case NodeKind::Binary:
      case NodeKind::Assign:
      case NodeKind::Coalesce:
      case NodeKind::Question:
      case NodeKind::BangUnwrap:
      case NodeKind::Catch:
      case NodeKind::Call:
      case NodeKind::Member:
      case NodeKind::TupleMember:
      case NodeKind::Index:
      case NodeKind::MapEntry:
      case NodeKind::StructLit:
      case NodeKind::PatVariant:
      case NodeKind::PatStruct: id = NodeId(n.a); continue;
      case NodeKind::TypeFallible:
      case NodeKind::Range:
      case NodeKind::PatRange:
        if (n.a == 0xffffffffu) return t;
        id = NodeId(n.a);
        continue;
      case NodeKind::PatName:
      case NodeKind::TypeName:  // a path; its caret is the last name
        return list(n.a).empty() ? t : nodes[+list(n.a)[0]].token;
      case NodeKind::PatDot:
      case NodeKind::DotName: return t > 0 ? t - 1 : 0;
      case NodeKind::FuncDecl:
      case NodeKind::StructDecl:
      case NodeKind::EnumDecl:
      case NodeKind::ErrorDecl:
      case NodeKind::TraitDecl:
      case NodeKind::ConstDecl:
      case NodeKind::VarDecl:
      case NodeKind::TypeAlias:
      case NodeKind::CapabilityDecl:
        if (n.kind == NodeKind::FuncDecl && (n.flags & kShort)) return t;  // the statements of a script
        if (t > 0) --t;  // the word before the name
        if (t > 0 && n.aux != 0 && n.kind == NodeKind::FuncDecl) {  // extern "C" blocking
          while (t > 0 && kind_at(t) != TokenKind::KwExtern) --t;
        }
        if (t > 0 && n.kind == NodeKind::StructDecl && (n.flags & kOpaque)) --t;
        if (t > 0 && kind_at(t - 1) == TokenKind::KwAsync) --t;
        if (t > 0 && kind_at(t - 1) == TokenKind::KwPub) --t;
        return t;
      case NodeKind::FieldDecl:
      case NodeKind::Import: return t > 0 && kind_at(t - 1) == TokenKind::KwPub ? t - 1 : t;
      case NodeKind::Param: return t > 0 && kind_at(t - 1) == TokenKind::KwMut ? t - 1 : t;
      case NodeKind::SelfParam: return t > 0 && kind_at(t - 1) == TokenKind::KwMut ? t - 1 : t;
      case NodeKind::Profile: return t > 1 ? t - 2 : 0;
      case NodeKind::While: return extra[n.b + 1] != 0xffffffffu && t > 1 ? t - 2 : t;
      case NodeKind::For: return extra[n.a + 1] != 0xffffffffu && t > 1 ? t - 2 : t;
      case NodeKind::Closure: return (n.flags & kAsync) && t > 0 ? t - 1 : t;
      default: return t;
    }
  }
}

Span Tree::span(NodeId id) const {
  uint32_t first = first_token(id), last = lasts[+id];
  if (last < first) last = first;
  return {base + tokens.begins[first], base + tokens.end(last)};
}

// ---- dump

// (Kind operator flags field field …): None is `-`, an absent list `[]`. Short trees stand on one line.
class Dumper {
 public:
  Dumper(const Tree& tree, const Names& names) : tree_(tree), names_(names) {}
  std::string node(NodeId id, int depth) {
    if (is_none(id)) return "-";
    const Node& n = tree_[id];
    std::vector<std::string> parts;
    head(n, parts);
    const char* shape = node_shape(n.kind);
    uint32_t slots[2] = {n.a, n.b};
    for (uint32_t slot : slots) {
      if (*shape == '[') {
        uint32_t i = 0;
        for (++shape; *shape != ']'; ++shape, ++i) parts.push_back(field(*shape, tree_.record(slot, i), depth));
        ++shape;
      } else {
        std::string text = field(*shape++, slot, depth);
        if (!text.empty()) parts.push_back(std::move(text));
      }
    }
    return join(parts, depth);
  }

 private:
  void head(const Node& n, std::vector<std::string>& parts) {
    parts.push_back(node_kind_name(n.kind));
    switch (n.kind) {
      case NodeKind::Binary:
      case NodeKind::Unary:
      case NodeKind::Assign: parts.push_back(spelling(static_cast<TokenKind>(n.aux))); break;
      case NodeKind::IntLit:
      case NodeKind::FloatLit:
      case NodeKind::CharLit: parts.push_back(token_text(n)); break;
      default:
        if (n.aux) parts.push_back("aux:" + std::to_string(n.aux));
    }
    static constexpr struct {
      uint8_t bit;
      const char* name;
    } kFlags[] = {{kPub, "pub"},
                  {kMut, "mut"},
                  {kAsync, "async"},
                  {kBlocking, "blocking"},
                  {kInclusive, "inclusive"},
                  {kTrailingSemi, "semi"},
                  {kHasError, "error"},
                  {kShort, "short"}};
    for (auto& f : kFlags)
      if (n.flags & f.bit) parts.push_back(f.name);
  }
  std::string token_text(const Node& n) {
    if (n.kind == NodeKind::IntLit) {
      unsigned __int128 v = tree_.tokens.int_value(n.token);
      std::string out;
      do out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(v % 10)));
      while (v /= 10);
      return out;
    }
    if (n.kind == NodeKind::CharLit) return "U+" + std::to_string(tree_.tokens.values[n.token]);
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.17g", tree_.tokens.float_value(n.token));
    return buffer;
  }
  std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
      if (c == '\n') out += "\\n";
      else if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
      } else out += c;
    }
    return out + "\"";
  }
  std::string field(char code, uint32_t value, int depth) {
    switch (code) {
      case 'N': {
        if (value == 0xffffffffu) return "-";
        std::string_view text = names_.text(NameId(value));
        bool plain = !text.empty();
        for (char c : text)
          plain &= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c < 0;
        return plain ? std::string(text) : quoted(text);
      }
      case 'i': return std::to_string(value);
      case 'n': return node(NodeId(value), depth + 1);
      case 'L': {
        auto ids = tree_.list(value);
        if (ids.empty()) return "[]";
        std::vector<std::string> parts;
        for (NodeId id : ids) parts.push_back(node(id, depth + 2));
        size_t total = 0;
        bool lines = false;
        for (auto& p : parts) total += p.size() + 1, lines |= p.find('\n') != std::string::npos;
        if (!lines && total < 70) {
          std::string out = "[";
          for (size_t i = 0; i < parts.size(); ++i) out += (i ? " " : "") + parts[i];
          return out + "]";
        }
        std::string out = "[";
        for (auto& p : parts) out += "\n" + std::string(static_cast<size_t>(std::min(depth + 2, 60)) * 2, ' ') + p;
        return out + "]";
      }
      default: return {};
    }
  }
  std::string join(const std::vector<std::string>& parts, int depth) {
    size_t total = 0;
    bool lines = false;
    for (size_t i = 0; i < parts.size(); ++i) {
      total += parts[i].size() + 1;
      // a list at the end may break over lines without breaking this node
      if (parts[i].find('\n') != std::string::npos && !(i + 1 == parts.size() && parts[i][0] == '[')) lines = true;
    }
    bool last_breaks = parts.back().find('\n') != std::string::npos;
    if (last_breaks) total -= parts.back().size();
    std::string out = "(" + parts[0];
    bool broken = lines || total > 90;
    for (size_t i = 1; i < parts.size(); ++i) {
      bool nested = parts[i][0] == '(' || parts[i][0] == '[';
      if (broken && nested) out += "\n" + std::string(static_cast<size_t>(std::min(depth + 1, 60)) * 2, ' ') + parts[i];
      else out += " " + parts[i];
    }
    return out + ")";
  }
  const Tree& tree_;
  const Names& names_;
};

// The parser bounds the height of a tree (kMaxHeight), so recursion is safe here.
std::string dump_tree(const Tree& tree, const Names& names) { return Dumper(tree, names).node(tree.root, 0) + "\n"; }

}  // namespace janus
