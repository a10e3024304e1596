// lex_strange.cpp: bytes that are no ASCII, or have no meaning.
// Depends on lex_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/lex_internal.h"

#include "frontend/unicode.h"

namespace janus {

// UTF-8 and characters that hide something, once for the whole text: later code may decode without checks.
bool Lexer::check_text() {
  const char* p = p_;
  if (end_ - p >= 2 && ((p[0] == '\xff' && p[1] == '\xfe') || (p[0] == '\xfe' && p[1] == '\xff'))) {
    report<Diag::NotUtf8>(p, p + 2)
        .with_label("these two bytes say: UTF-16")
        .help("save the file as UTF-8 in your editor");
    return false;
  }
  while (p < end_) {
    uint64_t eight;
    while (end_ - p >= 8 && (std::memcpy(&eight, p, 8), (eight & 0x8080808080808080ull) == 0)) p += 8;
    if (p == end_) break;
    if (static_cast<uint8_t>(*p) < 0x80) {
      ++p;
      continue;
    }
    int length = utf8_length(p, end_);
    if (length == 0) {
      const char* bad = p++;
      report<Diag::NotUtf8>(bad, p)
          .with_label("this byte belongs to no character")
          .help("save the file as UTF-8 in your editor");
      return false;  // an old encoding has such bytes everywhere: one error is enough
    }
    if (length == 3 && *p == '\xe2' && is_bidi_control(decode(p, length))) {
      report<Diag::HiddenDirection>(p, p + length)
          .note("it makes editors show this line in another order than the one that runs")
          .fix(place(p, p + length), "", "remove the invisible character");
    }
    p += length;
  }
  return true;
}

void Lexer::name_rest() {
  while (p_ < end_) {
    uint8_t part = kTables.name_part[static_cast<uint8_t>(*p_)];
    int length = 1;
    if (part == 0 || (part == 2 && !is_xid_continue(decode(p_, length)))) return;
    p_ += length;
  }
}

void Lexer::high() {
  int length;
  uint32_t c = decode(p_, length);
  const char* lo = p_;
  if (is_xid_start(c)) {
    p_ += length;
    name_rest();
    NameId id = names_.intern({lo, static_cast<size_t>(p_ - lo)});
    push(TokenKind::Ident, lo, p_, +id);
    return;
  }
  p_ += length;
  if (is_bidi_control(c)) return;  // reported by check_text
  const LookAlike* like = find_look_alike(c);
  if (!like) {
    report<Diag::StrangeCharacter>(lo, p_, std::string_view(lo, length));
    return error_token(lo, p_);
  }
  if (like->ascii[0] == '"') return curly_string(lo, c);
  report<Diag::LookAlike>(lo, p_, like->name)
      .fix(place(lo, p_), like->ascii, *like->ascii ? std::string("write `") + like->ascii + "`" : "remove it");
  // Go on as if the ASCII text stood there.
  switch (c) {
    case 0x2013:
    case 0x2014:
    case 0x2212: return push(TokenKind::Minus, lo, p_);
    case 0x00d7: return push(TokenKind::Star, lo, p_);
    case 0x00f7: return push(TokenKind::Slash, lo, p_);
    case 0x2264: return push(TokenKind::LessEq, lo, p_);
    case 0x2265: return push(TokenKind::GreaterEq, lo, p_);
    case 0x2260: return push(TokenKind::BangEq, lo, p_);
    case 0x2192: return push(TokenKind::Arrow, lo, p_);
    case 0x21d2: return push(TokenKind::FatArrow, lo, p_);
    case 0x2026: return push(TokenKind::DotDot, lo, p_);
    case 0x037e:
    case 0xff1b: return push(TokenKind::Newline, lo, p_);
    case 0xff08: return push(TokenKind::LParen, lo, p_);
    case 0xff09: return push(TokenKind::RParen, lo, p_);
    case 0xff0c: return push(TokenKind::Comma, lo, p_);
    case 0xff1a: return push(TokenKind::Colon, lo, p_);
    case 0xff1d: return push(TokenKind::Eq, lo, p_);
    case 0x2018:
    case 0x2019: return error_token(lo, p_);
    default: return;  // a space or nothing
  }
}

// “hello”: one report for the pair, and a string for the parser.
void Lexer::curly_string(const char* lo, uint32_t) {
  const char* text = p_;
  for (const char* q = p_; q < end_ && *q != '\n';) {
    int length;
    uint32_t c = decode(q, length);
    if (c == 0x201d || c == 0x201c || c == 0xbb || c == 0xab || c == '"') {
      p_ = q + length;
      report<Diag::LookAlike>(lo, text, "a typographic quote")
          .fix(place(lo, text), "\"", "write `\"` at both ends")
          .fix(place(q, p_), "\"", "");
      return push(TokenKind::StrLit, lo, p_, +names_.intern({text, static_cast<size_t>(q - text)}));
    }
    q += length;
  }
  report<Diag::LookAlike>(lo, text, "a typographic quote")
      .fix(place(lo, text), "\"", "write `\"`", Applicability::MaybeIncorrect);
  error_token(lo, p_);
}

// ASCII characters without a meaning.
void Lexer::strange() {
  const char* lo = p_++;
  uint8_t c = static_cast<uint8_t>(*lo);
  if (c == '#') {
    bool derive = std::string_view(p_, static_cast<size_t>(end_ - p_)).starts_with("[derive");
    skip_line();
    if (derive)   // of Rust
      report<Diag::StrangeCharacter>(lo, lo + 1, "#")
          .help("leave the line out: values of all types can be copied, compared, put in order, hashed and printed");
    else report<Diag::ForeignComment>(lo, lo + 1, "#").fix(place(lo, lo + 1), "//", "write `//`");
    return;
  }
  if (c == '`') {
    while (p_ < end_ && *p_ != '`' && *p_ != '\n') ++p_;
    if (p_ < end_ && *p_ == '`') ++p_;
    report<Diag::StrangeCharacter>(lo, lo + 1, "U+0060")   // the sign itself marks code in messages
        .with_label("a backtick")
        .help("a string stands between `\"`, and `${ }` puts a value into it");
    return error_token(lo, p_);
  }
  if (c < 0x20 || c == 0x7f) {
    while (p_ < end_ && kTables.cls[static_cast<uint8_t>(*p_)] == kOther &&
           (static_cast<uint8_t>(*p_) < 0x20 || *p_ == 0x7f))
      ++p_;
    static const char kHex[] = "0123456789ABCDEF";
    char text[] = {'U', '+', '0', '0', kHex[c >> 4], kHex[c & 15], 0};
    report<Diag::StrangeCharacter>(lo, p_, text).with_label("an invisible control character");
    return error_token(lo, p_);
  }
  Diagnostic& d = report<Diag::StrangeCharacter>(lo, p_, std::string_view(lo, 1));
  if (c == '@') {
    // @Test of Java and Kotlin, @inline, @available
    bool test = (p_ < end_ && (*p_ == 'T' || *p_ == 't')) && std::string_view(p_ + 1, end_ - p_ - 1).starts_with("est");
    if (test) d.help("a test is a declaration of its own: `test \"what must hold\" do … end`");
    else d.help("notes about a declaration are written above it as `/// @since 1.0`");
  }
  if (c == '$') d.help("a name stands alone, without `$`; only inside a string `${name}` puts in its value");
  if (c == '\\') d.help("a line goes on by itself after an operator or a comma, and inside `( )` and `[ ]`");
  error_token(lo, p_);
}

}  // namespace janus
