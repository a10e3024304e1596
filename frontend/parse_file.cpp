// parse_file.cpp: a file and its items, scripts, and declarations of other languages.
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
    if (at(TokenKind::Newline)) {
      ++pos_;
      continue;
    }
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
      lose_names(first, pos_);
    }
    if (pos_ == first) ++pos_;
  }
  if (!statements.empty()) {
    // What stands outside functions runs as `main`.
    uint32_t token = tree_.first_token(statements.front()), inner = mark();
    for (NodeId statement : statements) keep(statement);
    NodeId block = add(NodeKind::Block, token, flush(inner), kNone, error_flag(token));
    keep(add(NodeKind::FuncDecl, token, +names_.intern("main"), record(kNone, kNone, kNone, kNone, +block),
             kShort | error_flag(token)));
  }
  return add(NodeKind::File, 0, flush(from), +chosen);
}

bool Parser::is_item(NodeKind kind) {
  switch (kind) {
    case NodeKind::Import:
    case NodeKind::ConstDecl:
    case NodeKind::VarDecl:
    case NodeKind::TypeAlias:
    case NodeKind::StructDecl:
    case NodeKind::EnumDecl:
    case NodeKind::ErrorDecl:
    case NodeKind::CapabilityDecl:
    case NodeKind::TraitDecl:
    case NodeKind::ImplDecl:
    case NodeKind::FuncDecl:
    case NodeKind::TestDecl:
    case NodeKind::Profile: return true;
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
  script_ = at_word(Word::Script);   // whatever the file is called, and whatever the package says
  profile_ = text(pos_);
  sovereign_ = profile_ == "sovereign";
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
    if (starts_line(pos_) && pos_ > from && column(pos_) <= line_column(from) &&
        (at_declaration() || (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_])))))
      return;
    if (script_ && starts_line(pos_) && pos_ > from && column(pos_) <= top_column_) return;
    ++pos_;
  }
}

// At the top of a file: a declaration, or what should not be there.
NodeId Parser::item(bool script) {
  uint32_t first = pos_;
  suspect_ = dedent_ = kNone;
  if (at_name() && misspelt_declaration()) return item(script);
  if (at_declaration() || (at(TokenKind::KwFunc) || at(TokenKind::KwVar) || at(TokenKind::KwAsync))) {
    if (at(TokenKind::KwVar) && script) {
    } else if (!at(TokenKind::KwVar)) {
      early_end_ = kNone;
      NodeId made = declaration(true);
      if (!panic_) end_item();
      return made;
    }
  }
  if (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_])) && foreign_declaration())
    return panic_ ? error_node() : foreign_made_;
  if (at_word(Word::Error) && next_kind() == TokenKind::LBrace && !script) {   // its name is missing
    NodeId made = declaration(true);
    if (!panic_) end_item();
    return made;
  }
  if (at(TokenKind::Ident) && profile_declaration()) return NodeId::None;
  if (at(TokenKind::Ident) && !script && c_function()) return NodeId::None;
  if (!script && !reported_outside_ && func_without_word()) {
    NodeId made = func_decl(0, 0, false, true);
    if (!panic_) end_item();
    return made;
  }
  if (at(TokenKind::KwVar) && !script && module_var()) {
    NodeId made = const_decl(0);
    node(made).kind = NodeKind::VarDecl;
    if (!panic_) end_item();
    return made;
  }
  if (at(TokenKind::KwLet) && !script && !reported_outside_ && lone_let()) {
    report<Diag::OutsideFunction>(token_span(first))
        .help("a value that all functions of the file may use is declared with `const`")
        .fix(token_span(first), "const", "write `const`");
    NodeId made = const_decl(0);
    if (!panic_) end_item();
    return made;
  }
  if ((at(TokenKind::KwEnd) || at(TokenKind::RBrace)) && !modules_.empty()) {
    if (modules_.back()) modules_.back()->fix(token_span(first), "", "");
    modules_.pop_back();
    ++pos_;
    return NodeId::None;
  }
  if (at(TokenKind::KwEnd) || at(TokenKind::RBrace) || at(TokenKind::RParen) || at(TokenKind::RBracket) ||
      at(TokenKind::KwElse)) {
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
    // What calls or fails is no const.
    if (kinds_[t] == TokenKind::Question && kinds_[t - 1] == TokenKind::RParen) return false;
    if (kinds_[t] == TokenKind::LParen && kinds_[t - 1] == TokenKind::Ident && kinds_[t - 2] != TokenKind::Dot)
      return false;
    if (!starts_line(t) || column(t) > column(pos_)) continue;
    switch (kinds_[t]) {
      case TokenKind::KwLet: continue;
      case TokenKind::Ident: return is_word(t, Word::Test) || is_word(t, Word::Type) || is_word(t, Word::Error);
      case TokenKind::KwIf:
      case TokenKind::KwFor:
      case TokenKind::KwWhile:
      case TokenKind::KwMatch:
      case TokenKind::KwReturn: return false;
      default: return true;
    }
  }
  return true;
}

// `actor Counter do … end`: what other profiles declare, or will.
bool Parser::profile_declaration() {
  struct Row {
    std::string_view word, profile;
    const char* why;
    const char* instead;
  };
  static constexpr Row kRows[] = {
      {"actor", "cluster",
       "an actor keeps its state for itself and answers messages, from other machines too; `:cluster` has them",
       "a task that receives from a channel does the same within one program"},
      {"grain", "cluster", "a grain is an actor that the cluster wakes up where there is room; `:cluster` has them",
       "a task that receives from a channel does the same within one program"},
      {"kernel", "compute", "a kernel runs for many elements at once; `:compute` has them",
       "write a function, and call it for each element"},
  };
  uint32_t first = pos_;
  if (next_kind() != TokenKind::Ident || starts_line(pos_ + 1)) return false;
  for (const Row& row : kRows) {
    if (text(pos_) != row.word) continue;
    if (profile_ == row.profile)
      report<Diag::NotAvailableYet>(token_span(first), row.word)
          .note(std::string("`:") + std::string(row.profile) +
                "` will have it; this version of Janus does not know it yet")
          .help(row.instead);
    else
      report<Diag::NotInProfile>(token_span(first), row.word, profile_.empty() ? "service" : profile_)
          .note(row.why)
          .help(row.instead);
    error_token_ = first;
    for (++pos_; !at(TokenKind::EndOfFile) && !(starts_line(pos_) && column(pos_) <= column(first)); ++pos_) {}
    if (at(TokenKind::KwEnd)) ++pos_;
    return true;
  }
  return false;
}

// Statements at the top of a file: one report for all that follow each other.
void Parser::statement_outside() {
  uint32_t first = pos_;
  if (!reported_outside_) {
    bool starts = kTraits[static_cast<uint8_t>(kind())].starts_value || at(TokenKind::KwLet) || at(TokenKind::KwVar);
    if (!starts) {
      unexpected_word("a declaration like `func main() do`");
      return;
    }
    if (early_end_ != kNone) {
      report<Diag::StrayEnd>(token_span(early_end_), "end")
          .with_label("the function ends here, though this line stands inside it")
          .at(token_span(first), "so this stands outside")
          .fix(token_span(early_end_), "", "remove it", Applicability::MaybeIncorrect);
      stray_reported_ = first;  // the `end` that is left over is part of the same mistake
    } else {
      report<Diag::OutsideFunction>(token_span(first))
          .note(
              source_.path.ends_with(".jans")
                  ? "lines outside functions belong to scripts; this file is one by its name, but not by its `profile`"
                  : "lines outside functions belong to scripts: the profile `:script`, or a file named `….jans`")
          .help("a program begins in `func main() do … end`: put the lines between the two");
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
  lose_names(first, pos_);
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
  report<Diag::ForeignWord>(between(pos_, pos_ + 1), text_between(pos_, pos_ + 1),
                            "func " + std::string(text(pos_ + 1)))
      .help("the type of the result comes last: `func add(a: i64, b: i64) -> i64 do`");
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

}  // namespace janus
