// parse_internal.h: the parser, one class over several files, one file a part of the grammar.
// Depends on parse.h, lex.h, words.h.
// SPDX-License-Identifier: Apache-2.0
//
// Recursive descent with one token of look-ahead (a few more where words are special only in places). Nodes are added
// when their last token has been read, so children stand before parents. After a mistake `panic_` is set: everything
// returns, quietly, to the nearest place that can go on (a statement, a block's header, a declaration), which calls
// one of the recover_ functions. Where the mistake is a habit from another language, the parser says what Janus
// writes and goes on as if that stood there, without panic.
#pragma once
#include <algorithm>
#include <memory>
#include <utility>

#include "frontend/give_back.h"
#include "frontend/lex.h"
#include "frontend/parse.h"
#include "frontend/words.h"

namespace janus {

constexpr uint32_t kNone = 0xffffffffu;

// What begins, ends or joins what; filled once in parse.cpp.
struct TokenTraits {
  uint8_t binary = 0;         // precedence of a binary operator, 0: none
  bool assigns = false;       // = += …
  bool starts_value = false;  // may begin an expression
  bool starts_type = false;
  bool continues_line = false;  // at the begin of a line it goes on with the statement above (ruling 17)
};
extern const TokenTraits (&kTraits)[256];

enum Precedence : uint8_t {
  kPrecNone,
  kPrecCoalesce,
  kPrecOr,
  kPrecAnd,
  kPrecCompare,
  kPrecRange,
  kPrecBitOr,
  kPrecBitXor,
  kPrecBitAnd,
  kPrecShift,
  kPrecSum,
  kPrecProduct
};

bool ends_value(TokenKind kind);                             // no value can stand before its end: `)` `do` …
std::string_view janus_type(std::string_view foreign);      // int → i64; the name itself when it is not known

// How a block was opened, and so how it ends.
enum class Opening : uint8_t { Do, Brace, Indent };

class Parser {
 public:
  Parser(const SourceFile& source, Tree tree, Names& names, Diagnostics& diags, bool script = false,
         std::span<const BodyRange> skip = {});
  Tree run();
  Tree run_skipped(uint32_t first);
  Tree run_doctest(NameId name);

 private:
  // ---- tokens (parse.cpp)
  TokenKind kind() const { return kinds_[pos_]; }
  TokenKind kind_at(uint32_t token) const { return token <= last_ ? kinds_[token] : TokenKind::EndOfFile; }
  TokenKind next_kind() const { return kind_at(pos_ + 1); }
  bool at(TokenKind k) const { return kinds_[pos_] == k; }
  bool at_word(Word w) const { return at(TokenKind::Ident) && values_[pos_] == static_cast<uint32_t>(w); }
  bool is_word(uint32_t token, Word w) const {
    return kind_at(token) == TokenKind::Ident && values_[token] == static_cast<uint32_t>(w);
  }
  bool starts_line(uint32_t token) const { return token >= last_ || (shapes_[token] & Tokens::kStartsLine); }
  bool new_line() const { return !nl_off_ && starts_line(pos_); }  // a statement may end here
  bool touches(uint32_t token) const {
    return token > 0 && token <= last_ && tree_.tokens.end(token - 1) == begins_[token];
  }
  bool eat(TokenKind k) { return at(k) ? (++pos_, true) : false; }
  bool at_name() const { return at(TokenKind::Ident); }
  static bool is_keyword(TokenKind k) { return k >= TokenKind::KwAnd && k <= TokenKind::KwYield; }
  bool at_any_word() const { return at_name() || is_keyword(kind()); }
  bool is_any_word(uint32_t token) const { return kind_at(token) == TokenKind::Ident || is_keyword(kind_at(token)); }
  bool is_upper(uint32_t token) const;  // the name begins with an upper-case letter
  std::string_view text(uint32_t token) const;
  std::string_view text_between(uint32_t lo, uint32_t hi) const;  // of tokens lo … hi
  uint32_t column(uint32_t token) const;        // of a token that starts a line
  uint32_t line_column(uint32_t token) const;   // of the first token of its line
  Span token_span(uint32_t token) const { return tree_.token_span(token); }
  Span after(uint32_t token) const {
    uint32_t e = tree_.base + tree_.tokens.end(token);
    return {e, e};
  }
  Span between(uint32_t lo, uint32_t hi) const { return {token_span(lo).lo, token_span(hi).hi}; }

  // ---- nodes (parse.cpp)
  NodeId add(NodeKind kind, uint32_t token, uint32_t a = kNone, uint32_t b = kNone, uint8_t flags = 0,
             uint16_t aux = 0) {
    tree_.nodes.push_back({kind, flags, aux, token, a, b});
    tree_.lasts.push_back(pos_ > 0 ? pos_ - 1 : 0);
    return NodeId(static_cast<uint32_t>(tree_.nodes.size() - 1));
  }
  NodeId error_node() { return add(NodeKind::Error, pos_); }
  Node& node(NodeId id) { return tree_.nodes[+id]; }
  uint32_t mark() const { return static_cast<uint32_t>(scratch_.size()); }
  void keep(NodeId id) { scratch_.push_back(+id); }
  uint32_t flush(uint32_t from);  // what was kept since `from`, as a list in extra
  template <class... T>
  uint32_t record(T... values) {
    uint32_t at = static_cast<uint32_t>(tree_.extra.size());
    (tree_.extra.push_back(static_cast<uint32_t>(values)), ...);
    return at;
  }
  uint8_t error_flag(uint32_t from) const { return error_token_ != kNone && error_token_ >= from ? kHasError : 0; }

  // ---- mistakes (recover.cpp)
  template <Diag D, class... Args>
  Diagnostic& report(Span span, const Args&... args) {
    if (!may_report()) {
      // One for all of them: a part that reads on while it holds a report must not see it go.
      if (!ignored_) ignored_ = std::make_unique<Diagnostic>();
      return *ignored_ = Diagnostic{D, {}, {}, {}, {}, {}, {}, {}};
    }
    return diags_.report<D>(span, args...);
  }
  bool may_report();
  void unclosed(TokenKind close, uint32_t opener);
  void unexpected(const char* wanted, const char* help = nullptr);  // "expected …, found …", and panic
  void unexpected_word(const char* wanted) {   // where a line may begin: the word itself is meant, not the line before
    bool nl = std::exchange(nl_off_, true);
    unexpected(wanted);
    nl_off_ = nl;
  }
  std::string found() const;
  std::string found_text(uint32_t token) const;
  Span found_span() const;
  bool expect(TokenKind k, const char* wanted) { return eat(k) || (unexpected(wanted), false); }
  bool expect_close(TokenKind close, uint32_t opener);
  uint32_t comment_with(TokenKind close) const;
  bool comma_or_close(TokenKind close, uint32_t opener, bool ends_line_is_close = true);
  NameId expect_name(const char* what);
  void string_prefix(uint32_t token);
  uint32_t text_end(uint32_t token, uint32_t most) const;
  bool quote_in_text(uint32_t first);
  void foreign(uint32_t token, std::string_view janus, bool safe = true);   // says what Janus writes for this word
  void foreign(Span span, std::string_view other, std::string_view janus);
  void too_deep();
  void too_many_parts(uint32_t token);
  void grow(uint32_t token) {
    if (++height_ > kMaxHeight) too_many_parts(token);
  }
  void recover_statement(uint32_t from);
  void skip_brackets();
  bool skip_to_opening();   // to `do` or `{` on this line
  uint32_t end_of_line(uint32_t most = kNone) const;   // the first token of the next line, at most so far away
  bool at_declaration() const;   // as it stands at the begin of a line
  bool at_outer_declaration() const;
  void missing_end(uint32_t header);
  std::string describe_header(uint32_t header) const;
  void braces(uint32_t open);
  void close_brace_fix(uint32_t close);

  // ---- declarations (parse_decl.cpp)
  NodeId file();
  NodeId expectation(NodeId done);
  NodeId call_of_main(NodeId func);
  NodeId profile();
  NodeId item(bool script);
  static bool is_item(NodeKind kind);
  NodeId declaration(bool top);
  NodeId import(uint32_t pub);
  NodeId const_decl(uint8_t flags);
  NodeId type_alias(uint8_t flags);
  NodeId struct_decl(uint8_t flags);
  NodeId enum_decl(uint8_t flags);
  NodeId error_decl(uint8_t flags);
  NodeId capability_decl(uint8_t flags);
  NodeId trait_decl(uint8_t flags);
  NodeId impl_decl();
  NodeId func_decl(uint8_t flags, uint16_t abi, bool in_trait, bool no_word = false);
  NodeId test_decl();
  NodeId field(bool pub_ok);
  uint32_t variants(uint32_t opener, bool with_end);
  uint32_t methods(uint32_t header, bool in_trait);
  uint32_t type_params();
  uint32_t where_clauses();
  uint32_t bounds();
  uint32_t params(bool may_be_method);
  NodeId param();
  NodeId clause_param();
  bool at_clause_pattern() const;
  void lent_param(uint32_t word);
  void any_number();
  NodeId return_type();
  bool open_braces(uint32_t header, const char* what);
  bool profile_declaration();
  void statement_outside();
  bool lone_let() const;
  bool foreign_declaration();
  bool foreign_shape(uint32_t token);   // what it read, if anything: foreign_made_
  void recover_item(uint32_t from);
  void recover_method(uint32_t from, uint32_t own_column);
  void end_item();
  bool module_var() const;
  bool c_function();
  void skip_declaration(uint32_t from);
  NodeId declaration_of(uint8_t flags);
  bool close_braces(uint32_t opener, bool with_end);
  bool known_type(uint32_t token) const;
  bool body_on_next_line(uint32_t header, bool in_trait) const;
  bool colon_result_ahead() const;

  // ---- heads that are wrong (parse_head.cpp)
  bool opens_body(uint32_t token) const;
  uint32_t body_ahead() const;
  bool body_ahead_behind(uint32_t token);
  bool type_before_do() const;
  bool begins_param(uint32_t token) const;
  bool sign_for_colon() const;
  bool bracket_forgotten() const;
  bool junk_for_colon() const;
  bool func_without_word();
  void impl_of();
  bool ends_list(uint32_t token, TokenKind close) const;
  bool next_in_head(TokenKind close);
  bool data_is_over(uint32_t opener) const;
  void skip_element(uint32_t from);
  bool element_goes_wrong(uint32_t opener);
  bool more_in_head(TokenKind close, uint32_t opener);
  bool open_params();
  bool skip_to_body(uint32_t header, bool& below);
  NameId name_in_head(const char* what, uint32_t& name);
  void lose_names(uint32_t from, uint32_t to);
  uint8_t broken_flag() const { return broken_head_ ? kBrokenHead : 0; }

  // ---- words that are misspelt (parse_word.cpp)
  bool is_declared(uint32_t token);   // the file declares such a name somewhere
  std::string_view word_near(uint32_t token, const std::vector<std::string_view>& words);
  void read_as(uint32_t token, std::string_view word, bool sure);
  bool misspelt_statement();
  bool misspelt_call(uint32_t from);
  bool misspelt_declaration();
  bool misspelt_end(bool else_ok);
  bool misspelt_do();

  // ---- blocks and statements (parse_stmt.cpp)
  NodeId skipped_block();
  bool at_skipped() const { return !skip_.empty() && begins_[pos_] == skip_.front().begin; }
  NodeId block(uint32_t header, const char* header_text);   // opening, statements, end
  NodeId block_of(Opening opening, uint32_t header);   // behind its opening
  void word_behind_end();
  bool at_tail_of_loop() const;
  void tail_of_loop(uint32_t header);
  Opening open_block(uint32_t header, const char* header_text);
  NodeId body(Opening opening, uint32_t header, bool else_ok);   // statements without the end
  void close_block(Opening opening, uint32_t header, Diagnostic* missing_do = nullptr);
  bool at_block_end(Opening opening, uint32_t header, bool else_ok) const;
  bool at_else_word() const;
  NodeId statement();
  NodeId simple_statement();   // expression or assignment
  NodeId let(uint32_t guard = kNone);   // after the foreign word `guard`
  void let_goes_on(uint32_t name, bool has_type);
  bool several_names() const;
  NodeId let_names(uint32_t token, NodeId first_name);
  NodeId after_value(NodeId value, uint32_t from);   // assignment operators
  void end_statement(NodeId& done, uint32_t from);
  bool junk(NodeId& done, uint32_t from);
  bool stray_arms();
  NodeId foreign_statement(bool& handled);
  NodeId nested_declaration();
  NodeId declared(uint32_t name, NodeId value, NodeId type_node);
  static bool is_keyword_statement(TokenKind k);
  uint32_t column_of_first(uint32_t token) const;
  void recover_arm(uint32_t from);
  NodeId condition();
  NodeId statement_in_head(NodeId made, uint32_t first);
  NodeId if_expr();
  NodeId while_expr(NameId label);
  NodeId for_expr(NameId label, bool parallel);
  NodeId c_style_for(uint32_t header, NameId label);
  NodeId counting_for(uint32_t header, NameId label);
  NodeId match_expr();
  NodeId match_arm(Diagnostic* one = nullptr);
  NodeId match_body();

  // ---- expressions (parse_expr.cpp)
  NodeId expr();   // with catch; counts as one level of nesting
  NodeId expr_here();   // the same, where the caller has counted
  NodeId operand_expr(uint8_t least);   // binary operators of at least this precedence
  NodeId unary();
  NodeId postfix();
  NodeId postfix_of(NodeId left, uint32_t from);
  NodeId primary();
  NodeId catch_of(NodeId left);
  NodeId catch_pattern();
  NodeId call(NodeId callee, uint32_t from);
  NodeId argument();
  uint32_t arguments(uint32_t opener, TokenKind close);
  NodeId index(NodeId base);
  NodeId member(NodeId base);
  uint32_t ternary_colon(uint32_t question) const;
  NodeId ternary(NodeId cond);
  NodeId paren();
  NodeId bracket();
  NodeId string();
  NodeId closure_braces(bool trailing = false);   // behind a call
  NodeId closure_func();
  NodeId closure_param();
  NodeId struct_literal(NodeId type);
  NodeId jump(NodeKind kind, bool statement = false);
  NodeId bare_tuple(NodeId first);
  NodeId let_condition();
  NodeId finish_catch(NodeId left, uint32_t token);
  bool at_bare_error() const;
  bool several_targets() const;
  bool trailing_closure_here(NodeId callee) const;
  bool looks_like_type(NodeId id) const;
  bool looks_like_fields() const;
  bool literal_in_head() const;
  NodeId type_of_expr(NodeId id);
  struct Bracketed;
  Bracketed bracketed(uint32_t opener) const;
  NodeId result_type(uint32_t first);
  NodeId map_type(uint32_t token, NodeId key, NodeId value);
  NodeId foreign_bracket_type();
  NodeId foreign_named_type();
  void no_pointers(Span mark, Span cut);
  NodeId range_from(NodeId low);
  void missing_value();
  NodeId name_expr();
  NodeId argument_value();
  NodeId try_block();
  void skip_foreign_block(uint32_t header);
  // How far a look ahead goes: more than a line of people's needs, and not so far that very long lines take quadratic
  // time.
  uint32_t ahead() const { return std::min(last_, pos_ + 300); }
  bool at_case_block() const;
  NodeId case_block();
  bool at_foreign_arm() const;
  NodeId arm_lines(uint32_t arrow, Diagnostic& one);
  bool arrow_closure_ahead() const;
  NodeId arrow_closure(uint32_t token);
  bool unknown_block(uint32_t token);
  NodeId go_make();
  NodeId go_receive();
  NodeId erlang_send();
  bool go_select(Opening opening, uint32_t header);
  NodeId else_block(Diagnostic& d, uint32_t header, std::string word);
  NodeId let_else(uint32_t first, NodeId value);
  bool at_guard() const;
  NodeId guard_statement();
  bool at_type_test() const;
  NodeId type_test(NodeId left, uint32_t from);
  NodeId channel_word();
  // `catch e do`, or a `catch` on a line of its own, in a foreign `try` block: it belongs to the block, not to the
  // call.
  bool at_try_catch() const {
    if (!try_body_) return false;
    if (at_rescue()) return starts_line(pos_) || at_rescue_here();
    return at(TokenKind::KwCatch) &&
           (starts_line(pos_) || (next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::KwDo));
  }
  // What begins the answer of such a block in other languages.
  bool at_rescue() const {
    return at_word(Word::ForeignRescue) || at_word(Word::ForeignEnsure) || at_word(Word::ForeignAfter) ||
           at_word(Word::ForeignExcept) || at_word(Word::ForeignFinally);
  }
  // `rescue e -> 0 end` behind the call, on its line.
  bool at_rescue_here() const {
    return at_word(Word::ForeignRescue) && !starts_line(pos_) && next_kind() == TokenKind::Ident &&
           kind_at(pos_ + 2) == TokenKind::Arrow;
  }
  void rescue_here(uint32_t token, Diagnostic& d);
  void foreign_block(uint32_t header);
  NodeId arrow_function(NodeId left, uint32_t from);
  NodeId foreign_closure(uint32_t token, uint32_t params);
  NodeId rust_closure();
  bool foreign_closure_ahead() const;
  NodeId assign_in_condition(NodeId left);
  NodeId braces_as_data(uint32_t opener);
  void do_block_argument();
  bool comparison_chain(NodeId left, uint32_t first, NodeId middle);
  bool is_range_start() const;
  bool at_spread() const {
    return at(TokenKind::DotDot) && next_kind() == TokenKind::Dot && touches(pos_ + 1);
  }   // ...
  bool at_key() const { return key_depth_ > 0 && key_depth_ == brackets_ + outer_brackets_; }

  // ---- tasks (parse_task.cpp)
  NodeId nursery(uint16_t which);
  NodeId spawn();
  NodeId child();
  NodeId select();
  NodeId select_case();
  uint32_t options();

  // ---- types (parse_type.cpp)
  NodeId type(bool joins = true);
  NodeId whole_type(bool joins);
  NodeId type_union(bool joins);
  NodeId type_atom();
  NodeId type_name();
  NodeId type_func();
  uint32_t type_list(TokenKind close, uint32_t opener);
  uint32_t path();
  bool colons_at(uint32_t token) const;
  bool at_type() const { return kTraits[static_cast<uint8_t>(kind())].starts_type; }

  // ---- patterns (parse_pattern.cpp)
  NodeId pattern();   // with |
  NodeId pattern_atom(const char* wanted = "a pattern");
  NodeId pattern_fields(NodeId path, TokenKind close);
  NodeId pattern_path(NodeId path);
  NodeId pattern_literal();
  NodeId pattern_range(NodeId low, uint32_t from);
  NodeId limit_in_range(uint32_t first, uint32_t sign);
  bool rest_of_tuple(bool& said);

  // Counts nesting and height. Height: how deep the tree below may be at most; chains (a + b + c …) are built without
  // recursion here, yet are deep trees for later passes, so each link counts.
  struct Nest {
    explicit Nest(Parser& parser) : p(parser), height(parser.height_) {
      p.height_ = 0;
      if (++p.depth_ > kMaxNesting) p.too_deep();
    }
    ~Nest() {
      --p.depth_;
      uint32_t inside = p.height_ + 1;
      p.height_ = inside > height ? inside : height;
    }
    Parser& p;
    uint32_t height;
  };
  // Newlines, braces and `let` mean other things in other places.
  struct Place {
    Place(Parser& parser, bool nl_off, bool no_brace, bool in_condition)
        : p(parser), saved{p.nl_off_, p.no_brace_, p.in_condition_} {
      p.nl_off_ = nl_off, p.no_brace_ = no_brace, p.in_condition_ = in_condition;
    }
    ~Place() { p.nl_off_ = saved[0], p.no_brace_ = saved[1], p.in_condition_ = saved[2]; }
    Parser& p;
    bool saved[3];
  };
  // Brackets open since the block began.
  struct Bracket {
    explicit Bracket(Parser& parser) : p(parser) { ++p.brackets_; }
    ~Bracket() { --p.brackets_; }
    Parser& p;
  };
  struct NoBrackets {
    explicit NoBrackets(Parser& parser) : p(parser), saved(p.brackets_) {
      p.outer_brackets_ += p.brackets_;
      p.brackets_ = 0;
    }
    ~NoBrackets() {
      p.brackets_ = saved;
      p.outer_brackets_ -= saved;
    }
    Parser& p;
    uint32_t saved;
  };

  const SourceFile& source_;
  Names& names_;
  Diagnostics& diags_;
  Tree tree_;
  const TokenKind* kinds_ = nullptr;
  const uint32_t* begins_ = nullptr;
  const uint8_t* shapes_ = nullptr;
  const uint32_t* values_ = nullptr;
  uint32_t pos_ = 0;
  uint32_t last_ = 0;   // the EndOfFile token
  std::span<const BodyRange> skip_;   // bodies ahead that the lexer left out
  std::vector<uint32_t> scratch_;
  bool nl_off_ = false;   // inside ( ) and [ ]: newlines do not count
  bool no_brace_ = false;   // a { here opens a block or arms, not a literal
  bool in_condition_ = false;   // `let` is allowed, `=` is a mistake
  bool in_arms_ = false;   // before the `=>` of an arm's value
  bool script_ = false;   // statements may stand at the top
  std::string_view profile_;   // that the file names; empty: none
  bool sovereign_ = false;   // `profile :sovereign` stands at the top
  bool doctest_ = false;
  uint32_t top_column_ = 0;   // where the lines of a doctest begin
  uint32_t next_expect_ = 0;   // in tree_.tokens.expects
  bool panic_ = false;
  bool hopeless_ = false;   // nested too deeply: only unwind
  uint32_t depth_ = 0;
  uint32_t height_ = 0;
  uint32_t brackets_ = 0;
  uint32_t else_bodies_ = 0;   // open bodies that an `else` may end
  bool try_next_ = false, try_body_ = false;   // the next body, this body: a foreign `try` block, which `catch` ends
  uint32_t outer_brackets_ = 0;   // those around the block we are in
  uint32_t key_depth_ = 0;   // all of them, where the key of a map may stand; 0: nowhere
  uint32_t panic_brackets_ = 0;
  uint32_t error_token_ = kNone;   // where the last mistake was
  uint32_t decl_column_ = 0;   // of the declaration we are in
  bool in_decl_ = false;
  uint32_t suspect_ =
      kNone;   // header of a block whose `end` stands too far left: it may be the one that lacks its own
  uint32_t suspect_end_ = kNone;
  uint32_t dedent_ = kNone;   // the first statement that stands no further right than the block it is in …
  uint32_t dedent_header_ = kNone;   // … and that block
  uint32_t loop_tail_ = kNone;   // the `do` of a block that its `while` has ended
  uint32_t split_else_ = kNone;   // an `if` on the line below its `else`
  bool closes_at_pipe_ =
      false;   // in the type of a closure's parameter: `|` ends it, also after the result of a function type
  Diagnostic* missing_do_ = nullptr;   // of the block just opened: gets the edit for its `end`
  uint32_t early_end_ = kNone;   // an `end` further right than the declaration it closes: perhaps one too many
  uint32_t missing_end_at_ = kNone;
  int reports_ = 0;
  Diagnostic* braces_ = nullptr;   // one report for all blocks in braces
  bool broken_head_ = false;   // of the declaration that is being read
  bool fields_ = false;   // in the braces of a struct's declaration
  bool clause_ = false;   // a pattern stands among the parameters being read
  uint32_t clause_name_ = kNone;   // of the function they belong to
  NameId clauses_ = NameId::None, last_func_ = NameId::None;   // the function written in clauses; the last one read
  Diagnostic* arms_report_ = nullptr;   // of the `match` that is read next: gets the edits for all that differs
  std::vector<Diagnostic*> modules_;   // blocks of other languages around declarations: their `end` is left over
  uint32_t slashes_ = kNone;   // a `//` that was said to divide
  bool reported_outside_ = false;
  bool declared_known_ = false;
  std::vector<uint32_t> declared_;   // names, ordered: see is_declared
  NodeId foreign_made_ = NodeId::None;
  bool data_with_end_ = false;   // struct X do … end
  uint32_t stray_reported_ = kNone;
  Diagnostic* comma_report_ = nullptr;   // one report for all commas missing in one list
  uint32_t comma_opener_ = kNone;
  bool angle_half_ = false;   // the first half of a `>>` that closes two lists
  mutable uint32_t column_token_ = kNone, column_ = 0;   // the last answer of column()
  mutable uint32_t line_token_ = kNone, line_first_ = 0;   // and of line_column()
  std::unique_ptr<Diagnostic> ignored_;
};

}   // namespace janus
