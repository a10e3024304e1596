// parse_decl.cpp: imports, constants, structs, enums, errors, traits, impls.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// declaration := [`pub`] [`async`] (import | const | type | struct | enum | error | capability | trait | impl | func |
// extern | test)
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
  if (!panic_ && top && pos_ > 0 && kind_at(pos_ - 1) == TokenKind::KwEnd && starts_line(pos_ - 1) &&
      column(pos_ - 1) > decl_column_)
    early_end_ = pos_ - 1;
  decl_column_ = saved_column;
  in_decl_ = saved_in;
  return made;
}

NodeId Parser::declaration_of(uint8_t flags) {
  if (at_word(Word::Opaque) && next_kind() == TokenKind::KwStruct) {
    ++pos_;
    return struct_decl(flags | kOpaque);
  }
  switch (kind()) {
    case TokenKind::KwImport: return import(flags);
    case TokenKind::KwConst: return const_decl(flags);
    case TokenKind::KwVar: {
      NodeId made = const_decl(flags);
      node(made).kind = NodeKind::VarDecl;
      return made;
    }
    case TokenKind::KwLet:
      report<Diag::ForeignWord>(token_span(pos_), "let", "const").fix(token_span(pos_), "const", "write `const`");
      return const_decl(flags);
    case TokenKind::KwStruct: return struct_decl(flags);
    case TokenKind::KwEnum: return enum_decl(flags);
    case TokenKind::KwTrait: return trait_decl(flags);
    case TokenKind::KwImpl: return impl_decl();
    case TokenKind::KwFunc: return func_decl(flags, 0, false);
    case TokenKind::KwAsync:
      ++pos_;
      if (is_word(pos_, Word::ForeignFn) || is_word(pos_, Word::ForeignFun) || is_word(pos_, Word::ForeignFunction) ||
          is_word(pos_, Word::ForeignDef)) {
        foreign(pos_, "func");
      } else if (!at(TokenKind::KwFunc)) {
        unexpected("`func` after `async`");
        return error_node();
      }
      return func_decl(flags | kAsync, 0, false);
    case TokenKind::KwExtern: {
      ++pos_;
      uint16_t abi = 1;
      if (at(TokenKind::StrLit)) {
        std::string_view name = names_.text(NameId(values_[pos_]));
        if (name == "intrinsic") abi = 2;
        else if (name != "C") report<Diag::UnexpectedToken>(token_span(pos_), "`\"C\"`", found());
        ++pos_;
      } else if (at(TokenKind::KwFunc) || at_word(Word::Blocking)) {
        report<Diag::UnexpectedToken>(token_span(pos_), "`\"C\"` after `extern`", found())
            .fix({token_span(pos_).lo, token_span(pos_).lo}, "\"C\" ", "say that it is a function of C");
      } else {
        unexpected("`\"C\"` after `extern`");
        return error_node();
      }
      if (at_word(Word::Blocking)) {
        flags |= kBlocking;
        ++pos_;
      }
      if (!at(TokenKind::KwFunc)) {
        unexpected("`func`");
        return error_node();
      }
      return func_decl(flags, abi, false);
    }
    case TokenKind::Ident:
      if (at_word(Word::Type)) return type_alias(flags);
      if (at_word(Word::Error)) return error_decl(flags);
      if (at_word(Word::Capability)) return capability_decl(flags);
      if (at_word(Word::Test) && (next_kind() == TokenKind::StrLit || next_kind() == TokenKind::KwDo))
        return test_decl();
      if (is_foreign(NameId(values_[pos_])) && foreign_declaration())
        return is_some(foreign_made_) ? foreign_made_ : error_node();
      if (misspelt_declaration()) return declaration_of(flags);
      [[fallthrough]];
    default: unexpected("a declaration like `func` or `struct`"); return error_node();
  }
}

// import := `import` path [`.` `{` name {`,` name} `}` | `as` name]
NodeId Parser::import(uint32_t flags) {
  uint32_t token = pos_++;
  uint32_t from = mark();
  NodeId rest = NodeId::None;
  if (!at_any_word() || starts_line(pos_)) {
    unexpected(
        "the path of a module, like `std.fs`",
        "a module is named without quotes: `import std.fs`; names out of it stand behind: `import std.fs.{read}`");
    return error_node();
  }
  while (true) {
    if (!at_any_word()) {
      unexpected("a name");
      break;
    }
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
      report<Diag::UnexpectedToken>(token_span(pos_), "a name", "`*`")
          .help(
              "import the module, as in `import std.fs`, and write `fs.name`; or name what you use: `import a.{b, c}`");
      ++pos_;
      break;
    }
    if (at(TokenKind::LBrace)) {
      uint32_t opener = pos_++;
      uint32_t inner = mark();
      Place place(*this, true, false, false);
      Bracket bracket(*this);
      while (!at(TokenKind::RBrace) && !panic_) {
        if (!at_any_word()) {
          unexpected("a name");
          break;
        }
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
    report<Diag::ForeignWord>(between(name - 1, name), "type " + std::string(text(name)) + " struct",
                              "struct " + std::string(text(name)));
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
    report<Diag::UnexpectedToken>(token_span(pos_), "`{`", found_text(pos_))
        .note(std::string(what) + " stands in `{ … }`; `do … end` is for code")
        .fix(token_span(pos_), touches(pos_) ? " {" : "{", "write `{`, and `}` in place of its `end`",
             Applicability::MaybeIncorrect);
    ++pos_;
    data_with_end_ = true;
    return true;
  }
  switch (kinds_[header]) {
    case TokenKind::KwStruct:
      unexpected("`{`", at(TokenKind::Colon) || (at_name() && text(pos_) == "extends")
                            ? "a struct has no parent: what several have in common is a `trait`, or a field of each"
                            : "a struct is written `struct Point { x: i64, y: i64 }`");
      break;
    case TokenKind::KwEnum:
      unexpected("`{`", "an enum is written `enum Shape { Circle(f64), Square(f64), Empty }`");
      break;
    default: unexpected("`{`", "an error lists what can go wrong: `error ShopError { SoldOut, Closed(String) }`");
  }
  // What stands behind a word or a sign too many, or where the brace was forgotten, is read all the same.
  broken_head_ = true;
  if (hopeless_ || at_declaration()) return false;
  uint32_t brace = pos_, most = std::min(last_, pos_ + 4);
  while (brace < most && kinds_[brace] != TokenKind::LBrace && kinds_[brace] != TokenKind::LParen &&
         !starts_line(brace + 1))
    ++brace;
  bool element = at_name() && next_kind() != TokenKind::Ident &&
                 (next_kind() == TokenKind::Colon || kinds_[header] != TokenKind::KwStruct);
  if (kinds_[brace] == TokenKind::LBrace && brace > pos_) {
    broken_head_ = brace > pos_ + 1;
    pos_ = brace + 1;
  } else if (!element) {
    if (starts_line(pos_) || next_kind() != TokenKind::Ident) return false;
    ++pos_;
  }
  panic_ = false;
  return true;
}

bool Parser::close_braces(uint32_t opener, bool with_end) {
  if (with_end) {
    if (!panic_ && (at(TokenKind::KwEnd) || at(TokenKind::RBrace))) ++pos_;
    return true;
  }
  if (broken_head_) return eat(TokenKind::RBrace), true;
  return expect_close(TokenKind::RBrace, opener);
}

// struct := `struct` name [type params] `{` {field `,`} `}`
NodeId Parser::struct_decl(uint8_t flags) {
  uint32_t header = pos_++;
  uint32_t name = pos_;
  bool outer_broken = std::exchange(broken_head_, false);
  NameId id = name_in_head("the name of the struct", name);
  uint32_t generics = type_params();
  data_with_end_ = false;
  bool has_methods = false;   // they were read over: nobody is told that they do not exist
  uint32_t opener = pos_;
  uint32_t from = mark();
  if (!panic_ && (starts_line(pos_) || at(TokenKind::Newline)) && !at(TokenKind::LBrace)) {  // struct Empty
    report<Diag::UnexpectedToken>(after(pos_ - 1), "`{`", found())
        .fix(after(pos_ - 1), " {}", "a struct without fields is written `struct " + std::string(text(name)) + " {}`");
  } else if (open_braces(header, "data")) {
    bool with_end = data_with_end_;
    Place place(*this, false, false, false);
    Bracket bracket(*this);
    ++outer_brackets_;
    while (!at(TokenKind::RBrace) && !(with_end && at(TokenKind::KwEnd)) && !at(TokenKind::EndOfFile) && !panic_) {
      uint32_t first = pos_;
      if (at(TokenKind::KwFunc) || (at(TokenKind::KwPub) && next_kind() == TokenKind::KwFunc) ||
          (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_])) && next_kind() == TokenKind::Ident &&
           kind_at(pos_ + 2) == TokenKind::LParen)) {
        if (starts_line(pos_) && at_outer_declaration()) break;
        report<Diag::UnexpectedToken>(token_span(pos_), "a field", found_text(pos_))
            .note("the functions of a type stand outside its braces")
            .help("write them in `impl " + std::string(text(name)) + " do … end`");
        error_token_ = pos_;
        while (at(TokenKind::KwPub)) ++pos_;
        has_methods = true;
        func_decl(0, 0, false);
        if (panic_) break;
        eat(TokenKind::Comma);
        continue;
      }
      NodeId made = field(true);
      if (panic_) {
        skip_element(first);
        keep(made);
        if (data_is_over(opener)) break;
        continue;
      }
      keep(made);
      fields_ = true;
      bool more = comma_or_close(TokenKind::RBrace, opener);
      fields_ = false;
      if (more || (with_end && at(TokenKind::KwEnd))) continue;
      if (!element_goes_wrong(opener)) break;
    }
    close_braces(opener, with_end);
    --outer_brackets_;
  }
  flags |= broken_flag();
  if (has_methods) flags |= kBrokenHead;
  broken_head_ = outer_broken;
  return add(NodeKind::StructDecl, name, +id, record(generics, flush(from)), flags | error_flag(header));
}

// field := [`pub`] name `:` type [`=` expr]
NodeId Parser::field(bool) {
  uint8_t flags = eat(TokenKind::KwPub) ? kPub : 0;
  if (at(TokenKind::KwLet) || at(TokenKind::KwVar) || at(TokenKind::KwConst)) {
    report<Diag::UnexpectedToken>(token_span(pos_), "the name of a field", found_text(pos_))
        .note("whether a field may change depends on the variable that holds the struct")
        .fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, "", "remove it");
    ++pos_;
  }
  uint32_t name = pos_;
  NodeId declared_type = NodeId::None, value = NodeId::None;
  if (at_name() || (is_keyword(kind()) && next_kind() == TokenKind::Colon)) {
    ++pos_;
  } else {
    unexpected_word("the name of a field");
    return error_node();
  }
  if (std::exchange(pos_, name), sign_for_colon()) {
    pos_ = name + 1;
    report<Diag::UnexpectedToken>(token_span(pos_), "`:`", found());
    error_token_ = pos_++;
    declared_type = type();
  } else if (pos_ = name + 1;
             at_type() && !starts_line(pos_) && !at(TokenKind::LParen) && !at(TokenKind::Bang)) {  // int x, x int
    uint32_t other = pos_;
    bool type_first = at_name() && !is_upper(other) && next_kind() != TokenKind::LBracket && !known_type(other) &&
                      (is_upper(name) || known_type(name));
    if (type_first) {
      ++pos_;
      report<Diag::TypeBeforeName>(between(name, other))
          .fix(between(name, other), std::string(text(other)) + ": " + std::string(text(name)),
               "write `" + std::string(text(other)) + ": " + std::string(text(name)) + "`");
      name = other;
      return add(NodeKind::FieldDecl, name, values_[name], record(+error_node(), kNone), flags);
    }
    declared_type = type();
    if (!panic_)
      report<Diag::TypeBeforeName>(between(name, pos_ - 1))
          .fix(after(name), ":",
               "write `" + std::string(text(name)) + ": " + std::string(text_between(other, pos_ - 1)) + "`");
  } else if (expect(TokenKind::Colon, "`:` and the type of the field")) {
    declared_type = type();
  }
  if (!panic_ && eat(TokenKind::Eq)) value = expr();
  return add(NodeKind::FieldDecl, name, values_[name], record(+declared_type, +value), flags);
}

bool Parser::known_type(uint32_t token) const {
  std::string_view t = text(token);
  for (std::string_view known :
       {"int", "long", "short", "byte", "float", "double", "boolean", "bool", "str", "char", "string",   "i8",
        "i16", "i32",  "i64",   "u8",   "u16",   "u32",    "u64",     "f32",  "f64", "auto", "unsigned", "void"})
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
    if (at_word(Word::Case) && next_kind() == TokenKind::Ident &&
        !starts_line(pos_ + 1)) {  // case circle(f64) of Swift
      report<Diag::NotNeeded>(token_span(pos_), "case")
          .fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, "", "remove it");
      ++pos_;
    }
    if (!at_name()) {
      unexpected_word("the name of a variant");
    } else {
      uint32_t name = pos_++;
      uint16_t payload = 0;
      uint32_t list = kNone;
      bool named = at(TokenKind::LParen) && pos_ + 2 < last_ && next_kind() == TokenKind::Ident &&
                   kinds_[pos_ + 2] == TokenKind::Colon;
      if (named) {   // Circle(radius: f64): read as if the brackets were braces
        uint32_t paren = pos_++;
        payload = 2;
        uint32_t inner = mark();
        {
          Bracket inner_bracket(*this);
          while (!at(TokenKind::RParen) && !panic_) {
            keep(field(false));
            if (!comma_or_close(TokenKind::RParen, paren)) break;
          }
        }
        if (at(TokenKind::RParen)) {
          Span all = {token_span(paren).lo, token_span(pos_).hi};
          std::string fields(text_between(paren + 1, pos_ - 1));
          report<Diag::UnexpectedToken>(between(paren + 1, paren + 2), "a type",
                                        "`" + std::string(text_between(paren + 1, paren + 2)) + "`")
              .note("a payload with names stands in braces; in `( … )` there are types only")
              .fix(all, " { " + fields + " }", "write braces");
          error_token_ = paren;
        }
        expect_close(TokenKind::RParen, paren);
        list = flush(inner);
      } else if (at(TokenKind::LParen) && !starts_line(pos_)) {
        uint32_t paren = pos_++;
        payload = 1;
        uint32_t inner = mark();
        Place inside(*this, true, false, false);
        Bracket inner_bracket(*this);
        while (!at(TokenKind::RParen) && !panic_) {
          if (at_name() && next_kind() == TokenKind::Colon) {  // Circle(radius: f64)
            report<Diag::UnexpectedToken>(between(pos_, pos_ + 1), "a type",
                                          "`" + std::string(text_between(pos_, pos_ + 1)) + "`")
                .help("names stand in braces: `" + std::string(text(name)) + " { " + std::string(text(pos_)) +
                      ": … }`");
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
        report<Diag::UnexpectedToken>(token_span(pos_), "`,`", "`=`")
            .note("a variant has no number")
            .help("write a function that gives the number of each variant with `match`");
        error_token_ = pos_++;
        expr();
      }
    }
    if (panic_) {
      skip_element(first);
      if (data_is_over(opener)) break;
      continue;
    }
    if (at(TokenKind::Pipe)) {  // A | B
      if (!broken_head_)   // else it was read after `=`, which has been said
        report<Diag::UnexpectedToken>(token_span(pos_), "`,`", "`|`")
            .fix(touches(pos_) ? token_span(pos_) : Span{after(pos_ - 1).lo, token_span(pos_).hi}, ",", "write `,`");
      ++pos_;
      continue;
    }
    if (comma_or_close(TokenKind::RBrace, opener) || (with_end && at(TokenKind::KwEnd))) continue;
    if (!element_goes_wrong(opener)) break;
  }
  --outer_brackets_;
  return flush(from);
}

// enum := `enum` name [type params] `{` variants `}`
NodeId Parser::enum_decl(uint8_t flags) {
  uint32_t header = pos_++;
  uint32_t name = pos_;
  bool outer_broken = std::exchange(broken_head_, false);
  NameId id = name_in_head("the name of the enum", name);
  uint32_t generics = type_params();
  data_with_end_ = false;
  uint32_t opener = pos_, list = kNone;
  if (open_braces(header, "data")) {
    bool with_end = data_with_end_;
    list = variants(opener, with_end);
    Bracket bracket(*this);
    close_braces(opener, with_end);
  }
  flags |= broken_flag();
  broken_head_ = outer_broken;
  return add(NodeKind::EnumDecl, name, +id, record(generics, list), flags | error_flag(header));
}

// error := `error` name `{` variants `}`
NodeId Parser::error_decl(uint8_t flags) {
  uint32_t header = pos_++;
  uint32_t name = pos_;
  bool outer_broken = std::exchange(broken_head_, false);
  NameId id = name_in_head("the name of the error type", name);
  if (at(TokenKind::LParen) && !starts_line(pos_) && !panic_) {   // error Broken(String)
    uint32_t close = pos_;
    while (kinds_[close] != TokenKind::RParen && kinds_[close] != TokenKind::EndOfFile && !starts_line(close + 1))
      ++close;
    if (kinds_[close] == TokenKind::RParen) {
      std::string parts(close > pos_ + 1 ? text_between(pos_ + 1, close - 1) : "");
      report<Diag::UnexpectedToken>(token_span(pos_), "`{`", "`(`")
          .note("an error type lists what can go wrong: its variants")
          .fix({token_span(pos_).lo, token_span(close).hi},
               " { Failed" + (parts.empty() ? "" : "(" + parts + ")") + " }", "give it a variant",
               Applicability::MaybeIncorrect);
      error_token_ = pos_;
      pos_ = close + 1;
      broken_head_ = outer_broken;
      return add(NodeKind::ErrorDecl, name, +id, kNone, flags | error_flag(header));
    }
  }
  data_with_end_ = false;
  uint32_t opener = pos_, list = kNone;
  if (open_braces(header, "data")) {
    bool with_end = data_with_end_;
    list = variants(opener, with_end);
    Bracket bracket(*this);
    close_braces(opener, with_end);
  }
  flags |= broken_flag();
  broken_head_ = outer_broken;
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
  bool outer_broken = std::exchange(broken_head_, false);
  NameId id = name_in_head("the name of the trait", name);
  uint32_t generics = type_params();
  if (!panic_ && at(TokenKind::Colon) && !starts_line(pos_ + 1) && next_kind() == TokenKind::Ident) {   // trait B: A do
    uint32_t colon = pos_;
    if (skip_to_opening())
      report<Diag::UnexpectedToken>(token_span(colon), "`do`", "`:`")
          .note("a trait does not build on another one: a type has an `impl` for each")
          .help("name both where both are needed: `where T: A + B`")
          .fix(between(colon, pos_ - 1), "", "remove it");
    else unexpected("`do`");
  }
  uint32_t where = where_clauses();
  if (panic_) broken_head_ = true;
  flags |= broken_flag();
  broken_head_ = outer_broken;
  uint32_t list = methods(header, true);
  return add(NodeKind::TraitDecl, name, +id, record(generics, list, where), flags | error_flag(header));
}

// impl := `impl` [type params] type [`for` type] [where] `do` {func} `end`
NodeId Parser::impl_decl() {
  uint32_t header = pos_++;
  // `impl []i64` and `impl [3]i64` begin with their type.
  bool of_type = next_kind() == TokenKind::RBracket || next_kind() == TokenKind::IntLit;
  bool outer_broken = std::exchange(broken_head_, false);
  uint32_t generics = at(TokenKind::LBracket) && !of_type ? type_params() : kNone;
  NodeId trait = NodeId::None;
  NodeId self = type();
  impl_of();
  if (!panic_ && eat(TokenKind::KwFor)) {
    trait = self;
    self = type();
  } else if (!panic_ && at_name() && !starts_line(pos_) && next_kind() == TokenKind::KwDo) {   // impl Shown User do
    report<Diag::UnexpectedToken>(token_span(pos_), "`for` or `do`", found_text(pos_))
        .fix(after(pos_ - 1), " for", "add `for`", Applicability::MaybeIncorrect);
    error_token_ = pos_;
    trait = self;
    self = type();
  }
  uint32_t where = where_clauses();
  if (panic_ || (!at(TokenKind::KwDo) && !starts_line(pos_) && body_ahead() != pos_)) broken_head_ = true;
  uint8_t broken = broken_flag();
  broken_head_ = outer_broken;
  uint32_t list = methods(header, false);
  return add(NodeKind::ImplDecl, header, +trait, record(generics, +self, list, where), error_flag(header) | broken);
}

// methods := `do` { [`pub`] [`async`] func } `end`
uint32_t Parser::methods(uint32_t header, bool in_trait) {
  Opening opening = open_block(header, in_trait ? "the head of the trait" : "the head of the `impl`");
  uint32_t from = mark();
  uint32_t own_column = decl_column_;
  uint32_t saved_outer = outer_brackets_;
  clauses_ = last_func_ = NameId::None;
  if (opening == Opening::Brace) ++outer_brackets_;
  while (true) {
    if (hopeless_) break;
    if (eat(TokenKind::Newline) || eat(TokenKind::Comma)) continue;
    if (at(TokenKind::EndOfFile) || at(TokenKind::KwEnd)) break;
    if (opening == Opening::Brace && at(TokenKind::RBrace)) break;
    if (opening == Opening::Indent && starts_line(pos_) && column(pos_) <= line_column(header)) break;
    uint32_t first = pos_;
    // Something that cannot be a method ends the list: the `end` is missing.
    if (starts_line(pos_) && column(pos_) <= own_column && at_declaration() && !at(TokenKind::KwFunc) &&
        !at(TokenKind::KwAsync) &&
        !(at(TokenKind::KwPub) && (next_kind() == TokenKind::KwFunc || next_kind() == TokenKind::KwAsync)))
      break;
    uint8_t flags = eat(TokenKind::KwPub) ? kPub : 0;
    if (eat(TokenKind::KwAsync)) flags |= kAsync;
    if (at_name() && (misspelt_declaration() || misspelt_end(false)) && at(TokenKind::KwEnd)) continue;
    decl_column_ = starts_line(first) ? column(first) : own_column;
    uint16_t abi = 0;
    if (at(TokenKind::KwExtern) && next_kind() == TokenKind::StrLit &&
        kind_at(pos_ + 2) == TokenKind::KwFunc) {   // the standard library's own methods
      abi = names_.text(NameId(values_[pos_ + 1])) == "intrinsic" ? 2 : 1;
      pos_ += 2;
    }
    if (at(TokenKind::KwFunc)) {
      suspect_ = dedent_ = split_else_ = kNone;
      keep(func_decl(flags, abi, in_trait));
    } else if (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_])) && next_kind() == TokenKind::Ident &&
               kind_at(pos_ + 2) == TokenKind::LParen) {
      foreign(pos_, "func");
      keep(func_decl(flags, abi, in_trait));
    } else if (func_without_word()) {
      keep(func_decl(flags, abi, in_trait, true));
    } else if (at_word(Word::Type) && next_kind() == TokenKind::Ident && !starts_line(pos_ + 1)) {   // type Item
      report<Diag::UnexpectedToken>(token_span(pos_), "`func` or `end`", "`type`")
          .note("a trait and its `impl` hold functions only: there are no associated types")
          .help("make the type a parameter of the function: `func name[T](self, x: T)`");
      pos_ = end_of_line();
    } else {
      unexpected_word("`func` or `end`");
    }
    if (!panic_ && !starts_line(pos_) && !at(TokenKind::Newline) && !at(TokenKind::KwEnd) && !at(TokenKind::RBrace) &&
        !at(TokenKind::EndOfFile)) {
      if (at(TokenKind::KwFunc) || at(TokenKind::KwPub) || at(TokenKind::KwAsync))
        report<Diag::TwoStatements>(token_span(pos_)).help("begin a new line here");
      else unexpected("the end of the line");
    }
    if (panic_) {
      recover_method(first, own_column);
      lose_names(first, pos_);
    }
    if (pos_ == first) ++pos_;
  }
  decl_column_ = own_column;
  outer_brackets_ = saved_outer;
  clauses_ = last_func_ = NameId::None;
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

}   // namespace janus
