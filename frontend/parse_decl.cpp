// parse_decl.cpp: files and declarations.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// file := [profile] {item}
NodeId Parser::file() {
  std::string_view path = source_.path;
  script_ |= path.ends_with(".jans");
  NodeId chosen = NodeId::None;
  std::vector<NodeId> statements;   // of a script, outside its functions
  uint32_t from = mark();
  while (!at(TokenKind::EndOfFile)) {
    if (at(TokenKind::Newline)) { ++pos_; continue; }
    uint32_t first = pos_;
    height_ = 0;
    brackets_ = outer_brackets_ = else_bodies_ = 0;
    if (at_word(Word::Profile) && next_kind() == TokenKind::Colon) {
      NodeId made = profile();
      if (is_some(chosen) || mark() != from) report<Diag::MisplacedProfile>(token_span(first));
      else chosen = made;
    } else {
      NodeId made = item(script_);
      if (is_some(made)) {
        if (script_ && !doctest_ && !is_item(node(made).kind)) statements.push_back(made);
        else keep(made);
      }
    }
    if (panic_) {
      if (hopeless_) break;
      recover_item(first);
    }
    if (pos_ == first) ++pos_;
  }
  if (!statements.empty()) {
    // What stands outside functions runs as `main`.
    uint32_t token = tree_.first_token(statements.front()), inner = mark();
    for (NodeId statement : statements) keep(statement);
    NodeId block = add(NodeKind::Block, token, flush(inner), kNone, error_flag(token));
    keep(add(NodeKind::FuncDecl, token, +names_.intern("main"), record(kNone, kNone, kNone, kNone, +block), kShort | error_flag(token)));
  }
  return add(NodeKind::File, 0, flush(from), +chosen);
}

bool Parser::is_item(NodeKind kind) {
  switch (kind) {
    case NodeKind::Import: case NodeKind::ConstDecl: case NodeKind::VarDecl: case NodeKind::TypeAlias: case NodeKind::StructDecl: case NodeKind::EnumDecl: case NodeKind::ErrorDecl:
    case NodeKind::CapabilityDecl: case NodeKind::TraitDecl: case NodeKind::ImplDecl: case NodeKind::FuncDecl: case NodeKind::TestDecl: case NodeKind::Profile: return true;
    default: return false;
  }
}

// profile := `profile` `:` name
NodeId Parser::profile() {
  uint32_t token = pos_;
  pos_ += 2;
  if (!at_any_word() || starts_line(pos_)) {
    unexpected("the name of a profile, like `core`");
    return error_node();
  }
  if (at_word(Word::Script)) script_ = true;
  sovereign_ = text(pos_) == "sovereign";
  ++pos_;
  NodeId made = add(NodeKind::Profile, token + 2, values_[token + 2]);
  if (!starts_line(pos_) && !at(TokenKind::Newline)) unexpected("the end of the line");
  return made;
}

// To the next declaration that begins a line.
void Parser::recover_item(uint32_t from) {
  panic_ = false;
  panic_brackets_ = 0;
  while (!at(TokenKind::EndOfFile)) {
    if (starts_line(pos_) && pos_ > from && column(pos_) <= line_column(from) && (at_declaration() || (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_]))))) return;
    if (script_ && starts_line(pos_) && pos_ > from && column(pos_) <= top_column_) return;
    ++pos_;
  }
}

// At the top of a file: a declaration, or what should not be there.
NodeId Parser::item(bool script) {
  uint32_t first = pos_;
  suspect_ = dedent_ = kNone;
  if (at_declaration() || (at(TokenKind::KwFunc) || at(TokenKind::KwVar) || at(TokenKind::KwAsync)) ) {
    if (at(TokenKind::KwVar) && script) {}
    else if (at(TokenKind::KwFunc) && next_kind() == TokenKind::LParen) {
      ++pos_;
      unexpected("the name of the function");
      return error_node();
    } else if (!at(TokenKind::KwVar)) {
      early_end_ = kNone;
      NodeId made = declaration(true);
      if (!panic_) end_item();
      return made;
    }
  }
  if (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_])) && foreign_declaration()) return panic_ ? error_node() : foreign_made_;
  if (at(TokenKind::Ident) && !script && c_function()) return NodeId::None;
  if (at(TokenKind::KwVar) && !script && module_var()) {
    NodeId made = const_decl(0);
    node(made).kind = NodeKind::VarDecl;
    if (!panic_) end_item();
    return made;
  }
  if (at(TokenKind::KwLet) && !script && !reported_outside_ && lone_let()) {
    report<Diag::OutsideFunction>(token_span(first)).help("a value that all functions of the file may use is declared with `const`").fix(token_span(first), "const", "write `const`");
    NodeId made = const_decl(0);
    if (!panic_) end_item();
    return made;
  }
  if (at(TokenKind::KwEnd) || at(TokenKind::RBrace) || at(TokenKind::RParen) || at(TokenKind::RBracket) || at(TokenKind::KwElse)) {
    if (stray_reported_ == kNone) {
      Diagnostic& d = report<Diag::StrayEnd>(token_span(first), text(first));
      if (at(TokenKind::KwEnd)) {
        if (early_end_ != kNone) d.at(token_span(early_end_), "the function ended here already");
        else d.help("every block has one `end`: this one is too many");
        d.fix(token_span(first), "", "remove it", Applicability::MaybeIncorrect);
      }
      if (at(TokenKind::KwElse)) stray_reported_ = first;
    }
    error_token_ = first;
    ++pos_;
    reported_outside_ = false;
    stray_reported_ = kNone;
    return NodeId::None;
  }
  if (at(TokenKind::Error)) {
    unexpected("a declaration");
    return error_node();
  }
  // A statement. In a script that is fine; elsewhere the first one is reported and the rest is read quietly.
  if (script) {
    NodeId made = statement();
    if (panic_) recover_statement(first);
    else end_statement(made, first);
    return doctest_ ? expectation(made) : made;
  }
  statement_outside();
  return NodeId::None;
}

bool Parser::module_var() const { return next_kind() == TokenKind::Ident; }

// What stands behind a declaration on its line.
void Parser::end_item() {
  if (starts_line(pos_) || at(TokenKind::Newline) || at(TokenKind::EndOfFile)) return;
  if (at(TokenKind::KwEnd) || at(TokenKind::RBrace)) return;  // said by item()
  if (at_declaration()) {
    report<Diag::TwoStatements>(token_span(pos_)).help("begin a new line here");
    return;
  }
  unexpected("the end of the line");
}

// A `let` between declarations was meant as a `const`; among other statements it belongs to a forgotten function.
bool Parser::lone_let() const {
  for (uint32_t t = pos_ + 1; t < last_ && t < pos_ + 300; ++t) {
    if (!starts_line(t) || column(t) > column(pos_)) continue;
    switch (kinds_[t]) {
      case TokenKind::KwLet: continue;
      case TokenKind::Ident: return is_word(t, Word::Test) || is_word(t, Word::Type) || is_word(t, Word::Error);
      case TokenKind::KwIf: case TokenKind::KwFor: case TokenKind::KwWhile: case TokenKind::KwMatch: case TokenKind::KwReturn: return false;
      default: return true;
    }
  }
  return true;
}

// Statements at the top of a file: one report for all that follow each other.
void Parser::statement_outside() {
  uint32_t first = pos_;
  if (!reported_outside_) {
    bool starts = kTraits[static_cast<uint8_t>(kind())].starts_value || at(TokenKind::KwLet) || at(TokenKind::KwVar);
    if (!starts) {
      unexpected("a declaration like `func main() do`");
      return;
    }
    if (early_end_ != kNone) {
      report<Diag::StrayEnd>(token_span(early_end_), "end")
          .with_label("the function ends here, though this line stands inside it")
          .at(token_span(first), "so this stands outside")
          .fix(token_span(early_end_), "", "remove it", Applicability::MaybeIncorrect);
      stray_reported_ = first;  // the `end` that is left over is part of the same mistake
    } else {
      report<Diag::OutsideFunction>(token_span(first)).note("lines outside functions belong to scripts: the profile `:script`, or a file named `….jans`").help("a program begins in `func main() do … end`: put the lines between the two");
    }
    reported_outside_ = true;
  }
  error_token_ = first;
  // Quietly: mistakes inside are likely to come from the same misunderstanding.
  panic_ = false;
  int reports = std::exchange(reports_, 1 << 20);
  bool saved_in_decl = std::exchange(in_decl_, true);
  uint32_t saved_column = std::exchange(decl_column_, line_column(first));
  NodeId made = statement();
  if (panic_) recover_statement(first);
  else end_statement(made, first);
  in_decl_ = saved_in_decl;
  decl_column_ = saved_column;
  reports_ = reports;
  if (pos_ == first) ++pos_;
}

// int main() { … }: a function as C and Java write it
bool Parser::c_function() {
  if (next_kind() != TokenKind::Ident || kind_at(pos_ + 2) != TokenKind::LParen || starts_line(pos_ + 1)) return false;
  uint32_t t = pos_ + 2, depth = 0;
  for (; t < last_ && t < pos_ + 200; ++t) {
    if (kinds_[t] == TokenKind::LParen) ++depth;
    if (kinds_[t] == TokenKind::RParen && --depth == 0) break;
    if (starts_line(t) && t > pos_ + 40) return false;
  }
  if (kind_at(t + 1) != TokenKind::LBrace && kind_at(t + 1) != TokenKind::KwDo) return false;
  report<Diag::ForeignWord>(between(pos_, pos_ + 1), text_between(pos_, pos_ + 1), "func " + std::string(text(pos_ + 1))).help("the type of the result comes last: `func add(a: i64, b: i64) -> i64 do`");
  error_token_ = pos_;
  ++pos_;
  // Name and parameters are read over; the body is ordinary.
  decl_column_ = line_column(pos_ - 1);
  in_decl_ = true;
  uint32_t header = pos_ - 1;
  pos_ = t + 1;
  block(header, "the head of the function");
  in_decl_ = false;
  return true;
}

// Words with which other languages begin declarations. True when something was read.
bool Parser::foreign_declaration() {
  uint32_t token = pos_;
  foreign_made_ = NodeId::None;
  TokenKind next = next_kind();
  bool name_next = next == TokenKind::Ident && !starts_line(pos_ + 1);
  switch (static_cast<Word>(values_[token])) {
    case Word::ForeignFn: case Word::ForeignFun: case Word::ForeignFunction: case Word::ForeignDef: case Word::ForeignProc: case Word::ForeignSub:
      if (!name_next) return false;
      foreign(token, "func");
      early_end_ = kNone;
      decl_column_ = line_column(token);
      in_decl_ = true;
      suspect_ = dedent_ = split_else_ = kNone;
      foreign_made_ = func_decl(0, 0, false);
      in_decl_ = false;
      return true;
    case Word::ForeignPublic: case Word::ForeignPrivate: case Word::ForeignStatic: case Word::ForeignFinal: case Word::ForeignExport:
      if (starts_line(pos_ + 1)) return false;
      if (values_[token] == static_cast<uint32_t>(Word::ForeignPublic) || values_[token] == static_cast<uint32_t>(Word::ForeignExport)) foreign(token, "pub");
      else report<Diag::NotNeeded>(token_span(token), text(token)).note("what has no `pub` is private to its file").fix({token_span(token).lo, token_span(token + 1).lo}, "", "remove it");
      ++pos_;
      if (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_]))) return foreign_declaration();
      return true;  // what follows is read as usual
    case Word::ForeignClass: case Word::ForeignRecord: {
      if (!name_next) return false;
      report<Diag::ForeignWord>(token_span(token), text(token), "struct").note("data stands in a `struct`, its functions in an `impl`: values have no parent class").help("write `struct " + std::string(text(token + 1)) + " { … }` and `impl " + std::string(text(token + 1)) + " do … end`");
      error_token_ = token;
      skip_declaration(token);
      return true;
    }
    case Word::ForeignInterface: case Word::ForeignProtocol:
      if (!name_next) return false;
      foreign(token, "trait");
      error_token_ = token;
      if (skip_to_opening() && at(TokenKind::KwDo)) {
        pos_ = token;
        foreign_made_ = trait_decl(0);
      } else {
        skip_declaration(token);
      }
      return true;
    case Word::ForeignUse: case Word::ForeignUsing: case Word::ForeignInclude: case Word::ForeignRequire: case Word::ForeignFrom: {
      if (starts_line(pos_ + 1) || (next != TokenKind::Ident && next != TokenKind::StrLit && next != TokenKind::Less)) return false;
      bool from = values_[token] == static_cast<uint32_t>(Word::ForeignFrom);
      Diagnostic& d = report<Diag::ForeignWord>(token_span(token), text(token), "import");
      if (from) d.help("`from a import b` is written `import a.{b}`");
      else d.help("a module is named by its path, as in `import std.fs`").fix(token_span(token), "import", "write `import`", Applicability::MaybeIncorrect);
      pos_ = end_of_line();
      return true;
    }
    case Word::ForeignPackage: case Word::ForeignModule: case Word::ForeignNamespace: case Word::ForeignMod:
      if (!name_next) return false;
      report<Diag::NotNeeded>(token_span(token), text(token)).note("a file is a module, and its path is its name").help("remove this line");
      pos_ = end_of_line();
      return true;
    case Word::ForeignVal:
      if (!name_next) return false;
      foreign(token, "const");
      foreign_made_ = const_decl(0);
      if (!panic_) end_item();
      return true;
    default: return false;
  }
}

// Over a declaration that is not understood: its braces, or its lines further right.
void Parser::skip_declaration(uint32_t from) {
  uint32_t left = line_column(from);
  pos_ = from;
  while (!starts_line(pos_ + 1) && !at(TokenKind::LBrace) && !at(TokenKind::EndOfFile)) ++pos_;
  if (at(TokenKind::LBrace)) return skip_brackets();
  ++pos_;
  while (!at(TokenKind::EndOfFile) && !(starts_line(pos_) && column(pos_) <= left)) ++pos_;
  if (at(TokenKind::KwEnd)) ++pos_;
}

// declaration := [`pub`] [`async`] (import | const | type | struct | enum | error | capability | trait | impl | func | extern | test)
NodeId Parser::declaration(bool top) {
  uint32_t first = pos_;
  uint32_t saved_column = decl_column_;
  bool saved_in = in_decl_;
  decl_column_ = line_column(first);
  in_decl_ = true;
  suspect_ = dedent_ = split_else_ = kNone;
  if (top) reported_outside_ = false, stray_reported_ = kNone;
  uint8_t flags = eat(TokenKind::KwPub) ? kPub : 0;
  NodeId made = declaration_of(flags);
  if (!panic_ && top && pos_ > 0 && kind_at(pos_ - 1) == TokenKind::KwEnd && starts_line(pos_ - 1) && column(pos_ - 1) > decl_column_) early_end_ = pos_ - 1;
  decl_column_ = saved_column;
  in_decl_ = saved_in;
  return made;
}

NodeId Parser::declaration_of(uint8_t flags) {
  switch (kind()) {
    case TokenKind::KwImport: return import(flags);
    case TokenKind::KwConst: return const_decl(flags);
    case TokenKind::KwVar: { NodeId made = const_decl(flags); node(made).kind = NodeKind::VarDecl; return made; }
    case TokenKind::KwLet: report<Diag::ForeignWord>(token_span(pos_), "let", "const").fix(token_span(pos_), "const", "write `const`"); return const_decl(flags);
    case TokenKind::KwStruct: return struct_decl(flags);
    case TokenKind::KwEnum: return enum_decl(flags);
    case TokenKind::KwTrait: return trait_decl(flags);
    case TokenKind::KwImpl: return impl_decl();
    case TokenKind::KwFunc: return func_decl(flags, 0, false);
    case TokenKind::KwAsync:
      ++pos_;
      if (!at(TokenKind::KwFunc)) { unexpected("`func` after `async`"); return error_node(); }
      return func_decl(flags | kAsync, 0, false);
    case TokenKind::KwExtern: {
      ++pos_;
      uint16_t abi = 1;
      if (at(TokenKind::StrLit)) {
        std::string_view name = names_.text(NameId(values_[pos_]));
        if (name == "intrinsic") abi = 2;
        else if (name != "C") report<Diag::UnexpectedToken>(token_span(pos_), "`\"C\"`", found());
        ++pos_;
      } else {
        unexpected("`\"C\"` after `extern`");
        return error_node();
      }
      if (at_word(Word::Blocking)) { flags |= kBlocking; ++pos_; }
      if (!at(TokenKind::KwFunc)) { unexpected("`func`"); return error_node(); }
      return func_decl(flags, abi, false);
    }
    case TokenKind::Ident:
      if (at_word(Word::Type)) return type_alias(flags);
      if (at_word(Word::Error)) return error_decl(flags);
      if (at_word(Word::Capability)) return capability_decl(flags);
      if (at_word(Word::Test) && (next_kind() == TokenKind::StrLit || next_kind() == TokenKind::KwDo)) return test_decl();
      if (is_foreign(NameId(values_[pos_])) && foreign_declaration()) return is_some(foreign_made_) ? foreign_made_ : error_node();
      [[fallthrough]];
    default:
      unexpected("a declaration like `func` or `struct`");
      return error_node();
  }
}

// import := `import` path [`.` `{` name {`,` name} `}` | `as` name]
NodeId Parser::import(uint32_t flags) {
  uint32_t token = pos_++;
  if (at(TokenKind::StrLit) || at(TokenKind::StrBegin)) {
    unexpected("the path of a module, like `std.fs`");
    return error_node();
  }
  uint32_t from = mark();
  NodeId rest = NodeId::None;
  if (!at_any_word() || starts_line(pos_)) {
    unexpected("the path of a module, like `std.fs`");
    return error_node();
  }
  while (true) {
    if (!at_any_word()) { unexpected("a name"); break; }
    ++pos_;
    keep(add(NodeKind::ImportName, pos_ - 1, values_[pos_ - 1]));
    bool colons = at(TokenKind::Colon) && next_kind() == TokenKind::Colon;
    if ((at(TokenKind::Slash) || colons) && !starts_line(pos_)) {
      Span sign = between(pos_, pos_ + (colons ? 1 : 0));
      report<Diag::ForeignWord>(sign, text_between(pos_, pos_ + (colons ? 1 : 0)), ".").fix(sign, ".", "write `.`");
      pos_ += colons ? 2 : 1;
    } else if (!eat(TokenKind::Dot)) {
      break;
    }
    if (at(TokenKind::Star)) {
      report<Diag::UnexpectedToken>(token_span(pos_), "a name", "`*`").help("import the module, as in `import std.fs`, and write `fs.name`; or name what you use: `import a.{b, c}`");
      ++pos_;
      break;
    }
    if (at(TokenKind::LBrace)) {
      uint32_t opener = pos_++;
      uint32_t inner = mark();
      Place place(*this, true, false, false);
      Bracket bracket(*this);
      while (!at(TokenKind::RBrace) && !panic_) {
        if (!at_any_word()) { unexpected("a name"); break; }
        ++pos_;
        keep(add(NodeKind::ImportName, pos_ - 1, values_[pos_ - 1]));
        if (!comma_or_close(TokenKind::RBrace, opener)) break;
      }
      expect_close(TokenKind::RBrace, opener);
      uint32_t list = flush(inner);
      rest = add(NodeKind::ImportNames, opener, list);
      break;
    }
  }
  uint32_t path_list = flush(from);
  if (!panic_ && is_none(rest) && at(TokenKind::KwAs)) {
    ++pos_;
    uint32_t name = pos_;
    expect_name("a name after `as`");
    if (!panic_) rest = add(NodeKind::ImportAs, name, values_[name]);
  }
  return add(NodeKind::Import, token, path_list, +rest, static_cast<uint8_t>(flags));
}

// const := `const` name [`:` type] `=` expr
NodeId Parser::const_decl(uint8_t flags) {
  ++pos_;
  if (at(TokenKind::KwMut)) ++pos_;
  uint32_t name = pos_;
  NameId id = expect_name("a name");
  NodeId declared_type = NodeId::None, value = NodeId::None;
  if (!panic_ && eat(TokenKind::Colon)) declared_type = type();
  if (expect(TokenKind::Eq, "`=` and a value")) value = expr();
  return add(NodeKind::ConstDecl, name, +id, record(+declared_type, +value), flags);
}

// alias := `type` name [type params] `=` type
NodeId Parser::type_alias(uint8_t flags) {
  ++pos_;
  uint32_t name = pos_;
  NameId id = expect_name("the name of the type");
  uint32_t generics = type_params();
  NodeId target = NodeId::None;
  if (at(TokenKind::KwStruct) || at(TokenKind::LBrace)) {  // type X struct { … } of Go
    report<Diag::ForeignWord>(between(name - 1, name), "type " + std::string(text(name)) + " struct", "struct " + std::string(text(name)));
    error_token_ = name;
    skip_declaration(name - 1);
    return add(NodeKind::Error, name);
  }
  if (expect(TokenKind::Eq, "`=` and a type")) target = type();
  return add(NodeKind::TypeAlias, name, +id, record(generics, +target), flags);
}

bool Parser::open_braces(uint32_t header, const char* what) {
  if (panic_) return false;
  if (eat(TokenKind::LBrace)) return true;
  if (at(TokenKind::KwDo) || (at(TokenKind::Colon) && starts_line(pos_ + 1))) {  // struct X do … end
    report<Diag::UnexpectedToken>(token_span(pos_), "`{`", found_text(pos_)).note(std::string(what) + " stands in `{ … }`; `do … end` is for code").fix(token_span(pos_), touches(pos_) ? " {" : "{", "write `{`, and `}` in place of its `end`", Applicability::MaybeIncorrect);
    ++pos_;
    data_with_end_ = true;
    return true;
  }
  (void)header;
  unexpected("`{`");
  return false;
}

bool Parser::close_braces(uint32_t opener, bool with_end) {
  if (with_end) {
    if (!panic_ && (at(TokenKind::KwEnd) || at(TokenKind::RBrace))) ++pos_;
    return true;
  }
  return expect_close(TokenKind::RBrace, opener);
}

// struct := `struct` name [type params] `{` {field `,`} `}`
NodeId Parser::struct_decl(uint8_t flags) {
  uint32_t header = pos_++;
  uint32_t name = pos_;
  NameId id = expect_name("the name of the struct");
  uint32_t generics = type_params();
  data_with_end_ = false;
  uint32_t opener = pos_;
  uint32_t from = mark();
  if (!panic_ && (starts_line(pos_) || at(TokenKind::Newline)) && !at(TokenKind::LBrace)) {  // struct Empty
    report<Diag::UnexpectedToken>(after(pos_ - 1), "`{`", found()).fix(after(pos_ - 1), " {}", "a struct without fields is written `struct " + std::string(text(name)) + " {}`");
  } else if (open_braces(header, "data")) {
    bool with_end = data_with_end_;
    Place place(*this, false, false, false);
    Bracket bracket(*this);
    ++outer_brackets_;
    while (!at(TokenKind::RBrace) && !(with_end && at(TokenKind::KwEnd)) && !at(TokenKind::EndOfFile) && !panic_) {
      uint32_t first = pos_;
      if (at(TokenKind::KwFunc) || (at(TokenKind::KwPub) && next_kind() == TokenKind::KwFunc) || (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_])) && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::LParen)) {
        if (starts_line(pos_) && at_outer_declaration()) break;
        report<Diag::UnexpectedToken>(token_span(pos_), "a field", found()).note("the functions of a type stand outside its braces").help("write them in `impl " + std::string(text(name)) + " do … end`");
        error_token_ = pos_;
        while (at(TokenKind::KwPub)) ++pos_;
        func_decl(0, 0, false);
        if (panic_) break;
        eat(TokenKind::Comma);
        continue;
      }
      NodeId made = field(true);
      if (panic_) {
        recover_arm(first);
        keep(made);
        if (pos_ == first) ++pos_;
        continue;
      }
      keep(made);
      if (!comma_or_close(TokenKind::RBrace, opener) && !(with_end && at(TokenKind::KwEnd))) break;
    }
    close_braces(opener, with_end);
    --outer_brackets_;
  }
  return add(NodeKind::StructDecl, name, +id, record(generics, flush(from)), flags | error_flag(header));
}

// field := [`pub`] name `:` type [`=` expr]
NodeId Parser::field(bool) {
  uint8_t flags = eat(TokenKind::KwPub) ? kPub : 0;
  if (at(TokenKind::KwLet) || at(TokenKind::KwVar) || at(TokenKind::KwConst)) {
    report<Diag::UnexpectedToken>(token_span(pos_), "the name of a field", found()).note("whether a field may change depends on the variable that holds the struct").fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, "", "remove it");
    ++pos_;
  }
  uint32_t name = pos_;
  NodeId declared_type = NodeId::None, value = NodeId::None;
  if (at_name() || (is_keyword(kind()) && next_kind() == TokenKind::Colon)) {
    ++pos_;
  } else {
    unexpected("the name of a field");
    return error_node();
  }
  if (at_type() && !starts_line(pos_) && !at(TokenKind::LParen) && !at(TokenKind::Bang)) {  // int x, x int
    uint32_t other = pos_;
    bool type_first = at_name() && !is_upper(other) && next_kind() != TokenKind::LBracket && !known_type(other) && (is_upper(name) || known_type(name));
    if (type_first) {
      ++pos_;
      report<Diag::TypeBeforeName>(between(name, other)).fix(between(name, other), std::string(text(other)) + ": " + std::string(text(name)), "write `" + std::string(text(other)) + ": " + std::string(text(name)) + "`");
      name = other;
      return add(NodeKind::FieldDecl, name, values_[name], record(+error_node(), kNone), flags);
    }
    declared_type = type();
    if (!panic_) report<Diag::TypeBeforeName>(between(name, pos_ - 1)).fix(after(name), ":", "write `" + std::string(text(name)) + ": " + std::string(text_between(other, pos_ - 1)) + "`");
  } else if (expect(TokenKind::Colon, "`:` and the type of the field")) {
    declared_type = type();
  }
  if (!panic_ && eat(TokenKind::Eq)) value = expr();
  return add(NodeKind::FieldDecl, name, values_[name], record(+declared_type, +value), flags);
}

bool Parser::known_type(uint32_t token) const {
  std::string_view t = text(token);
  for (std::string_view known : {"int", "long", "short", "byte", "float", "double", "boolean", "bool", "str", "char", "string", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "auto", "unsigned", "void"})
    if (t == known) return true;
  return false;
}

// variants := { name [`(` types `)` | `{` fields `}`] `,` }
uint32_t Parser::variants(uint32_t opener, bool with_end) {
  uint32_t from = mark();
  Place place(*this, false, false, false);
  Bracket bracket(*this);
  ++outer_brackets_;
  while (!at(TokenKind::RBrace) && !(with_end && at(TokenKind::KwEnd)) && !at(TokenKind::EndOfFile) && !panic_) {
    uint32_t first = pos_;
    if (at_word(Word::Case) && next_kind() == TokenKind::Ident && !starts_line(pos_ + 1)) {  // case circle(f64) of Swift
      report<Diag::NotNeeded>(token_span(pos_), "case").fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, "", "remove it");
      ++pos_;
    }
    if (!at_name()) {
      unexpected("the name of a variant");
    } else {
      uint32_t name = pos_++;
      uint16_t payload = 0;
      uint32_t list = kNone;
      if (at(TokenKind::LParen) && !starts_line(pos_)) {
        uint32_t paren = pos_++;
        payload = 1;
        uint32_t inner = mark();
        Place inside(*this, true, false, false);
        Bracket inner_bracket(*this);
        while (!at(TokenKind::RParen) && !panic_) {
          if (at_name() && next_kind() == TokenKind::Colon) {  // Circle(radius: f64)
            report<Diag::UnexpectedToken>(between(pos_, pos_ + 1), "a type", "`" + std::string(text_between(pos_, pos_ + 1)) + "`").help("names stand in braces: `" + std::string(text(name)) + " { " + std::string(text(pos_)) + ": … }`");
            error_token_ = pos_;
            pos_ += 2;
          }
          keep(type());
          if (!comma_or_close(TokenKind::RParen, paren)) break;
        }
        expect_close(TokenKind::RParen, paren);
        list = flush(inner);
      } else if (at(TokenKind::LBrace)) {
        uint32_t brace = pos_++;
        payload = 2;
        uint32_t inner = mark();
        Bracket inner_bracket(*this);
        while (!at(TokenKind::RBrace) && !panic_) {
          keep(field(false));
          if (!comma_or_close(TokenKind::RBrace, brace)) break;
        }
        expect_close(TokenKind::RBrace, brace);
        list = flush(inner);
      }
      keep(add(NodeKind::VariantDecl, name, values_[name], list, 0, payload));
      if (!panic_ && at(TokenKind::Eq)) {
        report<Diag::UnexpectedToken>(token_span(pos_), "`,`", "`=`").note("a variant has no number").help("write a function that gives the number of each variant with `match`");
        error_token_ = pos_++;
        expr();
      }
    }
    if (panic_) {
      recover_arm(first);
      if (pos_ == first) ++pos_;
      continue;
    }
    if (at(TokenKind::Pipe)) {  // A | B
      report<Diag::UnexpectedToken>(token_span(pos_), "`,`", "`|`").fix(touches(pos_) ? token_span(pos_) : Span{after(pos_ - 1).lo, token_span(pos_).hi}, ",", "write `,`");
      ++pos_;
      continue;
    }
    if (!comma_or_close(TokenKind::RBrace, opener) && !(with_end && at(TokenKind::KwEnd))) break;
  }
  --outer_brackets_;
  return flush(from);
}

// enum := `enum` name [type params] `{` variants `}`
NodeId Parser::enum_decl(uint8_t flags) {
  uint32_t header = pos_++;
  uint32_t name = pos_;
  NameId id = expect_name("the name of the enum");
  uint32_t generics = type_params();
  data_with_end_ = false;
  uint32_t opener = pos_, list = kNone;
  if (open_braces(header, "data")) {
    bool with_end = data_with_end_;
    list = variants(opener, with_end);
    Bracket bracket(*this);
    close_braces(opener, with_end);
  }
  return add(NodeKind::EnumDecl, name, +id, record(generics, list), flags | error_flag(header));
}

// error := `error` name `{` variants `}`
NodeId Parser::error_decl(uint8_t flags) {
  uint32_t header = pos_++;
  uint32_t name = pos_;
  NameId id = expect_name("the name of the error type");
  data_with_end_ = false;
  uint32_t opener = pos_, list = kNone;
  if (open_braces(header, "data")) {
    bool with_end = data_with_end_;
    list = variants(opener, with_end);
    Bracket bracket(*this);
    close_braces(opener, with_end);
  }
  return add(NodeKind::ErrorDecl, name, +id, list, flags | error_flag(header));
}

NodeId Parser::capability_decl(uint8_t flags) {
  ++pos_;
  uint32_t name = pos_;
  NameId id = expect_name("the name of the capability");
  return add(NodeKind::CapabilityDecl, name, +id, kNone, flags);
}

// trait := `trait` name [type params] [where] `do` {func} `end`
NodeId Parser::trait_decl(uint8_t flags) {
  uint32_t header = pos_++;
  uint32_t name = pos_;
  NameId id = expect_name("the name of the trait");
  uint32_t generics = type_params();
  uint32_t where = where_clauses();
  uint32_t list = methods(header, true);
  return add(NodeKind::TraitDecl, name, +id, record(generics, list, where), flags | error_flag(header));
}

// impl := `impl` [type params] type [`for` type] [where] `do` {func} `end`
NodeId Parser::impl_decl() {
  uint32_t header = pos_++;
  uint32_t generics = at(TokenKind::LBracket) ? type_params() : kNone;
  NodeId trait = NodeId::None;
  NodeId self = type();
  if (!panic_ && eat(TokenKind::KwFor)) {
    trait = self;
    self = type();
  }
  uint32_t where = where_clauses();
  uint32_t list = methods(header, false);
  return add(NodeKind::ImplDecl, header, +trait, record(generics, +self, list, where), error_flag(header));
}

// methods := `do` { [`pub`] [`async`] func } `end`
uint32_t Parser::methods(uint32_t header, bool in_trait) {
  Opening opening = open_block(header, in_trait ? "the head of the trait" : "the head of the `impl`");
  uint32_t from = mark();
  uint32_t own_column = decl_column_;
  uint32_t saved_outer = outer_brackets_;
  if (opening == Opening::Brace) ++outer_brackets_;
  while (true) {
    if (hopeless_) break;
    if (eat(TokenKind::Newline) || eat(TokenKind::Comma)) continue;
    if (at(TokenKind::EndOfFile) || at(TokenKind::KwEnd)) break;
    if (opening == Opening::Brace && at(TokenKind::RBrace)) break;
    if (opening == Opening::Indent && starts_line(pos_) && column(pos_) <= line_column(header)) break;
    uint32_t first = pos_;
    // Something that cannot be a method ends the list: the `end` is missing.
    if (starts_line(pos_) && column(pos_) <= own_column && at_declaration() && !at(TokenKind::KwFunc) && !at(TokenKind::KwAsync) && !(at(TokenKind::KwPub) && (next_kind() == TokenKind::KwFunc || next_kind() == TokenKind::KwAsync))) break;
    uint8_t flags = eat(TokenKind::KwPub) ? kPub : 0;
    if (eat(TokenKind::KwAsync)) flags |= kAsync;
    decl_column_ = starts_line(first) ? column(first) : own_column;
    uint16_t abi = 0;
    if (at(TokenKind::KwExtern) && next_kind() == TokenKind::StrLit && kind_at(pos_ + 2) == TokenKind::KwFunc) {  // the standard library's own methods
      abi = names_.text(NameId(values_[pos_ + 1])) == "intrinsic" ? 2 : 1;
      pos_ += 2;
    }
    if (at(TokenKind::KwFunc)) {
      suspect_ = dedent_ = split_else_ = kNone;
      keep(func_decl(flags, abi, in_trait));
    } else if (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_])) && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::LParen) {
      foreign(pos_, "func");
      keep(func_decl(flags, abi, in_trait));
    } else {
      unexpected("`func` or `end`");
    }
    if (!panic_ && !starts_line(pos_) && !at(TokenKind::Newline) && !at(TokenKind::KwEnd) && !at(TokenKind::RBrace) && !at(TokenKind::EndOfFile)) unexpected("the end of the line");
    if (panic_) recover_method(first, own_column);
    if (pos_ == first) ++pos_;
  }
  decl_column_ = own_column;
  outer_brackets_ = saved_outer;
  close_block(opening, header);
  return flush(from);
}

void Parser::recover_method(uint32_t from, uint32_t own_column) {
  if (hopeless_) return;
  panic_ = false;
  panic_brackets_ = 0;
  while (!at(TokenKind::EndOfFile)) {
    if (starts_line(pos_) && pos_ > from) {
      if (at_declaration() || (at(TokenKind::KwEnd) && column(pos_) <= own_column)) return;
    }
    ++pos_;
  }
}

// func := `func` name [type params] `(` params `)` [type] [where] [block]
NodeId Parser::func_decl(uint8_t flags, uint16_t abi, bool in_trait) {
  uint32_t header = pos_++;
  uint32_t name = pos_;
  NameId id = NameId::None;
  if (at_name() && next_kind() == TokenKind::Dot && kind_at(pos_ + 2) == TokenKind::Ident) {  // func Point.len() of Zig and Lua
    report<Diag::UnexpectedToken>(between(pos_, pos_ + 2), "the name of the function", "`" + std::string(text_between(pos_, pos_ + 2)) + "`").help("a function of a type stands in `impl " + std::string(text(pos_)) + " do … end`");
    error_token_ = pos_;
    pos_ += 2;
    name = pos_;
  } else if (at(TokenKind::LParen) && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::Ident) {  // func (p Point) len() of Go
    uint32_t open = pos_;
    std::string type_text(text(pos_ + 2));
    skip_brackets();
    report<Diag::UnexpectedToken>(between(open, pos_ - 1), "the name of the function", "`(`").help("a function of a type stands in `impl " + type_text + " do … end` and begins with the parameter `self`");
    error_token_ = open;
    name = pos_;
  }
  id = expect_name("the name of the function");
  uint32_t generics = type_params();
  uint32_t list = kNone;
  NodeId result = NodeId::None;
  uint32_t where = kNone;
  if (!panic_ && (at(TokenKind::KwDo) || at(TokenKind::LBrace) || starts_line(pos_) || (at(TokenKind::Colon) && starts_line(pos_ + 1)))) {  // func main do
    report<Diag::UnexpectedToken>(after(pos_ - 1), "`(` after the name", found_text(pos_)).fix(after(pos_ - 1), "()", "a function without parameters has `()`");
  } else {
    if (!panic_ && at(TokenKind::Less)) {  // func f<T>(…)
      uint32_t less = pos_;
      while (!at(TokenKind::Greater) && !starts_line(pos_ + 1)) ++pos_;
      Diagnostic& d = report<Diag::AngleBrackets>(token_span(less)).fix(token_span(less), "[", "write `[" + std::string(text_between(less + 1, pos_ - 1)) + "]`");
      if (at(TokenKind::Greater)) d.fix(token_span(pos_), "]", ""), ++pos_;
      error_token_ = less;
    }
    list = params(true);
    result = panic_ ? NodeId::None : return_type();
    where = where_clauses();
  }
  if (panic_ && !skip_to_opening()) return add(NodeKind::FuncDecl, name, +id, record(generics, list, +result, where, kNone), flags | kHasError, abi);
  NodeId inner = NodeId::None;
  bool ends_here = starts_line(pos_) || at(TokenKind::Newline) || at(TokenKind::EndOfFile) || at(TokenKind::KwEnd);
  if (ends_here && !panic_ && (abi != 0 || in_trait) && !body_on_next_line(header, in_trait)) {
    // a requirement of a trait, or a function written elsewhere
  } else if (ends_here && !panic_ && (at(TokenKind::EndOfFile) || at_declaration() || (starts_line(pos_) && column(pos_) < line_column(header)))) {
    report<Diag::MissingBody>(token_span(name), text(name)).help("write `do … end` after it");
    error_token_ = pos_;
  } else if (at(TokenKind::Eq) || at(TokenKind::FatArrow)) {  // func f(x: i64) = x * 2
    uint32_t sign = pos_++;
    uint32_t start = pos_;
    expr();
    if (!panic_) {
      std::string better = "do return " + std::string(text_between(start, pos_ - 1)) + " end";
      report<Diag::ForeignWord>(token_span(sign), text(sign), "do … end").fix(between(sign, pos_ - 1), better, "write `" + better + "`");
    }
    error_token_ = sign;
  } else {
    inner = block(header, "the head of the function");
  }
  return add(NodeKind::FuncDecl, name, +id, record(generics, list, +result, where, +inner), flags | error_flag(header), abi);
}

// A head without `do`, followed by a line that is no head: the `do` was forgotten.
bool Parser::body_on_next_line(uint32_t header, bool in_trait) const {
  if (at(TokenKind::EndOfFile) || at(TokenKind::KwEnd) || at_declaration() || at(TokenKind::Newline) || at(TokenKind::RBrace)) return false;
  if (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_])) && next_kind() == TokenKind::Ident) return false;
  return in_trait && starts_line(pos_) && column(pos_) > line_column(header);
}

// test := `test` text block
NodeId Parser::test_decl() {
  uint32_t token = pos_;
  ++pos_;
  uint32_t name = +names_.intern("");
  if (at(TokenKind::StrLit)) name = values_[pos_++];
  else report<Diag::UnexpectedToken>(after(pos_ - 1), "the name of the test", found_text(pos_)).fix(after(pos_ - 1), " \"what must hold\"", "write what the test shows, as a text", Applicability::HasPlaceholders);
  NodeId inner = block(token, "the name of the test");
  return add(NodeKind::TestDecl, token, name, +inner);
}

// type params := `[` name [`:` bounds] {`,` …} `]`
uint32_t Parser::type_params() {
  if (panic_ || !at(TokenKind::LBracket)) return kNone;
  uint32_t opener = pos_++;
  uint32_t from = mark();
  Place place(*this, true, false, false);
  Bracket bracket(*this);
  while (!at(TokenKind::RBracket) && !panic_) {
    uint32_t name = pos_;
    NameId id = expect_name("the name of a type parameter, like `T`");
    uint32_t list = kNone;
    if (!panic_ && eat(TokenKind::Colon)) list = bounds();
    keep(add(NodeKind::TypeParam, name, +id, list));
    if (!comma_or_close(TokenKind::RBracket, opener)) break;
  }
  expect_close(TokenKind::RBracket, opener);
  return flush(from);
}

// bounds := type { `+` type }
uint32_t Parser::bounds() {
  uint32_t from = mark();
  do keep(type_atom()); while (!panic_ && eat(TokenKind::Plus));
  return flush(from);
}

// where := `where` name `:` bounds { `,` name `:` bounds }
uint32_t Parser::where_clauses() {
  if (panic_ || !at_word(Word::Where)) return kNone;
  uint32_t from = mark();
  ++pos_;
  while (!panic_) {
    uint32_t name = pos_;
    NameId id = expect_name("the name of a type parameter");
    uint32_t list = kNone;
    if (expect(TokenKind::Colon, "`:` and what the type must be able to do")) list = bounds();
    keep(add(NodeKind::WhereClause, name, +id, list));
    if (!eat(TokenKind::Comma)) break;
  }
  return flush(from);
}

// params := `(` [ (self | param) {`,` param} ] `)`
uint32_t Parser::params(bool may_be_method) {
  uint32_t opener = pos_;
  if (!expect(TokenKind::LParen, "`(`")) return kNone;
  uint32_t from = mark();
  Place place(*this, true, false, false);
  Bracket bracket(*this);
  while (!at(TokenKind::RParen) && !at(TokenKind::KwDo) && !panic_) {
    uint32_t first = pos_;
    uint32_t t = pos_;
    if (kind_at(t) == TokenKind::Amp) ++t;
    if (kind_at(t) == TokenKind::KwMut || kind_at(t) == TokenKind::KwVar) ++t;
    if (kind_at(t) == TokenKind::KwSelf || (is_word(t, Word::ForeignThis) && (kind_at(t + 1) == TokenKind::Comma || kind_at(t + 1) == TokenKind::RParen))) {
      bool is_mut = t > first && kind_at(t - 1) == TokenKind::KwMut;
      pos_ = t + 1;
      if (kind_at(first) == TokenKind::Amp) foreign(between(first, t), text_between(first, t), is_mut ? "mut self" : "self");
      else if (kind_at(t) != TokenKind::KwSelf) foreign(t, "self");
      bool late = mark() != from;
      if (late && kind_at(t) == TokenKind::KwSelf) report<Diag::SelfPlace>(between(first, t));
      NodeId made = add(NodeKind::SelfParam, t, kNone, kNone, is_mut ? kMut : 0);
      if (eat(TokenKind::Colon)) {
        uint32_t at_type_token = pos_;
        type();
        if (!panic_) report<Diag::UnexpectedToken>(between(at_type_token - 1, pos_ - 1), "`,` or `)`", "`:`").note("`self` has the type that the `impl` names").fix(between(at_type_token - 1, pos_ - 1), "", "remove it");
      }
      if (!late) keep(made);
      else if (node(NodeId(scratch_[from])).kind != NodeKind::SelfParam) scratch_.insert(scratch_.begin() + from, +made);  // as if it stood first
    } else {
      keep(param());
    }
    (void)may_be_method;
    if (!comma_or_close(TokenKind::RParen, opener)) break;
  }
  expect_close(TokenKind::RParen, opener);
  return flush(from);
}

// param := [`mut`] name [`:` type] [`=` expr]
NodeId Parser::param() {
  bool is_mut = false;
  if (at(TokenKind::KwMut)) {
    is_mut = true;
    ++pos_;
  } else if ((at(TokenKind::KwVar) || at(TokenKind::KwLet) || at(TokenKind::KwConst)) && next_kind() == TokenKind::Ident) {
    bool var = at(TokenKind::KwVar);
    report<Diag::UnexpectedToken>(token_span(pos_), "the name of a parameter", found()).note("a parameter does not change; `mut x: T` gives its changes back to the caller, who writes `&x`").fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, var ? "mut " : "", var ? "write `mut`" : "remove it", var ? Applicability::MaybeIncorrect : Applicability::MachineApplicable);
    is_mut = var;
    ++pos_;
  }
  uint32_t name = pos_;
  if (at_name() && !starts_line(pos_ + 1) && next_kind() != TokenKind::LBracket && next_kind() != TokenKind::LParen && kTraits[static_cast<uint8_t>(next_kind())].starts_type && next_kind() != TokenKind::Bang) {
    // int x of C, x int of Go
    uint32_t other = pos_ + 1;
    bool type_first = kind_at(other) == TokenKind::Ident && !is_upper(other) && !known_type(other) && (is_upper(name) || known_type(name));
    if (type_first) {
      pos_ += 2;
      report<Diag::TypeBeforeName>(between(name, other)).fix(between(name, other), std::string(text(other)) + ": " + std::string(text(name)), "write `" + std::string(text(other)) + ": " + std::string(text(name)) + "`");
      return add(NodeKind::Param, other, values_[other], record(+error_node(), kNone), is_mut ? kMut : 0);
    }
    ++pos_;
    NodeId made = type();
    if (!panic_) report<Diag::TypeBeforeName>(between(name, pos_ - 1)).fix(after(name), ":", "write `" + std::string(text(name)) + ": " + std::string(text_between(other, pos_ - 1)) + "`");
    return add(NodeKind::Param, name, values_[name], record(+made, kNone), is_mut ? kMut : 0);
  }
  NameId id = expect_name("the name of a parameter");
  NodeId declared_type = NodeId::None, value = NodeId::None;
  if (!panic_ && eat(TokenKind::Colon)) declared_type = type();
  if (!panic_ && eat(TokenKind::Eq)) value = expr();
  return add(NodeKind::Param, name, +id, record(+declared_type, +value), is_mut ? kMut : 0);
}

// result := [`->`] type        on the line of the head
NodeId Parser::return_type() {
  if (panic_) return NodeId::None;
  if (eat(TokenKind::Arrow)) return type(!closes_at_pipe_);
  if (new_line()) return NodeId::None;
  if (at(TokenKind::Colon) && !starts_line(pos_ + 1) && kTraits[static_cast<uint8_t>(next_kind())].starts_type && colon_result_ahead()) {  // f(): T
    uint32_t colon = pos_++;
    report<Diag::ForeignWord>(token_span(colon), ":", "->").note("the type of the result stands after `->`").fix(token_span(colon), touches(colon) ? " ->" : "->", "write `->`");
    return type();
  }
  bool begins = at_type() && !at_word(Word::Where) && !at_word(Word::ForeignThen) && !at(TokenKind::Amp) && !at(TokenKind::Star);
  if (at(TokenKind::LParen) && nl_off_) begins = false;
  return begins ? type(!closes_at_pipe_) : NodeId::None;
}

// After `func f()` a colon begins a result type; in `["f": func() …` it would not. A head goes on to `do` or `{`.
bool Parser::colon_result_ahead() const {
  for (uint32_t t = pos_ + 1; t < last_ && t < pos_ + 30; ++t) {
    if (kinds_[t] == TokenKind::KwDo || kinds_[t] == TokenKind::LBrace) return true;
    if (starts_line(t)) return true;
    if (kinds_[t] == TokenKind::Comma || kinds_[t] == TokenKind::RParen) return false;
  }
  return false;
}

}  // namespace janus
