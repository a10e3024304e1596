// parse_foreign_decl.cpp: declarations as other languages write them, understood where that is possible and read over
// where it is not. Depends on parse_internal.h. SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// Declarations that are read over: what takes their place needs a person.
struct ForeignDecl {
  Word word;
  std::string_view janus;
  std::string_view note;
  std::string_view help;  // `{}` is the declared name
};
static constexpr std::string_view kStructNote =
    "data stands in a `struct`, its functions in an `impl`: values have no parent class";
static constexpr std::string_view kStructHelp = "write `struct {} { … }` and `impl {} do … end`";
static constexpr ForeignDecl kForeignDecls[] = {
    {Word::ForeignClass, "struct", kStructNote, kStructHelp},
    {Word::ForeignRecord, "struct", kStructNote, kStructHelp},
    {Word::ForeignData, "struct", "one kind of data is a `struct`, a choice between several is an `enum`",
     "write `struct {} { … }`, or `enum {} { A, B(i64) }`"},
    {Word::ForeignObject, "struct",
     "functions that need no value stand alone in their file, and the file is the module", kStructHelp},
    {Word::ForeignUnion, "enum", "the variants of an `enum` may carry values, and `match` tells which one is there",
     "write `enum {} { Number(i64), Text(String) }`"},
    {Word::ForeignExtension, "impl", "any type may get methods of your own", "write `impl {} do … end`"},
    {Word::ForeignNewtype, "struct", "`type` gives a type another name; a type of its own is a `struct`",
     "write `struct {} { value: … }`"},
};

// Words with which other languages begin declarations. True when something was read.
bool Parser::foreign_declaration() {
  uint32_t token = pos_;
  foreign_made_ = NodeId::None;
  TokenKind next = next_kind();
  bool name_next = next == TokenKind::Ident && !starts_line(pos_ + 1);
  switch (static_cast<Word>(values_[token])) {
    case Word::ForeignFn:
    case Word::ForeignFun:
    case Word::ForeignFunction:
    case Word::ForeignDef:
    case Word::ForeignDefp:
    case Word::ForeignProc:
    case Word::ForeignSub:
      if (!name_next) return false;
      foreign(token, "func");
      early_end_ = kNone;
      decl_column_ = line_column(token);
      in_decl_ = true;
      suspect_ = dedent_ = split_else_ = kNone;
      foreign_made_ = func_decl(0, 0, false);
      in_decl_ = false;
      return true;
    case Word::ForeignPublic:
    case Word::ForeignPrivate:
    case Word::ForeignStatic:
    case Word::ForeignFinal:
    case Word::ForeignExport:
      if (starts_line(pos_ + 1)) return false;
      if (values_[token] == static_cast<uint32_t>(Word::ForeignPublic) ||
          values_[token] == static_cast<uint32_t>(Word::ForeignExport))
        foreign(token, "pub");
      else
        report<Diag::NotNeeded>(token_span(token), text(token))
            .note("what has no `pub` is private to its file")
            .fix({token_span(token).lo, token_span(token + 1).lo}, "", "remove it");
      ++pos_;
      if (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_]))) return foreign_declaration();
      return true;  // what follows is read as usual
    case Word::ForeignInterface:
    case Word::ForeignProtocol:
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
    case Word::ForeignUse:
    case Word::ForeignUsing:
    case Word::ForeignInclude:
    case Word::ForeignRequire:
    case Word::ForeignFrom: {
      if (starts_line(pos_ + 1) || (next != TokenKind::Ident && next != TokenKind::StrLit && next != TokenKind::Less))
        return false;
      bool from = values_[token] == static_cast<uint32_t>(Word::ForeignFrom);
      Diagnostic& d = report<Diag::ForeignWord>(token_span(token), text(token), "import");
      if (from) d.help("`from a import b` is written `import a.{b}`");
      else
        d.help("a module is named by its path, as in `import std.fs`")
            .fix(token_span(token), "import", "write `import`", Applicability::MaybeIncorrect);
      pos_ = end_of_line();
      return true;
    }
    case Word::ForeignPackage:
    case Word::ForeignModule:
    case Word::ForeignDefmodule:
    case Word::ForeignNamespace:
    case Word::ForeignMod: {
      if (!name_next) return false;
      Diagnostic& d =
          report<Diag::NotNeeded>(token_span(token), text(token)).note("a file is a module, and its path is its name");
      pos_ = end_of_line();
      TokenKind last = kind_at(pos_ - 1);
      if (last == TokenKind::KwDo || last == TokenKind::LBrace) {   // a block around declarations
        d.fix(between(token, pos_ - 1), "", "remove it, and its end");
        modules_.push_back(&d != ignored_.get() ? &d : nullptr);
      } else {
        d.help("remove this line");
      }
      return true;
    }
    case Word::ForeignVal:
    case Word::ForeignTypealias: {
      if (!name_next) return false;
      bool is_val = is_word(token, Word::ForeignVal);
      foreign(token, is_val ? "const" : "type");
      foreign_made_ = is_val ? const_decl(0) : type_alias(0);
      if (!panic_) end_item();
      return true;
    }
    default: return name_next && foreign_shape(token);
  }
}

// A declaration of kForeignDecls.
bool Parser::foreign_shape(uint32_t token) {
  for (const ForeignDecl& d : kForeignDecls) {
    if (values_[token] != static_cast<uint32_t>(d.word)) continue;
    // `data class P`, `record struct P`: the name is the last word
    uint32_t name = token + 1;
    while (kind_at(name + 1) == TokenKind::Ident && !starts_line(name + 1) && !is_upper(name)) ++name;
    std::string help(d.help);
    for (size_t at; (at = help.find("{}")) != std::string::npos;) help.replace(at, 2, text(name));
    report<Diag::ForeignWord>(token_span(token), text(token), d.janus).note(std::string(d.note)).help(help);
    error_token_ = token;
    skip_declaration(token);
    return true;
  }
  return false;
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

}  // namespace janus
