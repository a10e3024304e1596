// doc_text.h: the text of a doc comment: its marks taken off, and split into summary, body, tags, links and code
// blocks. Depends on source.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "frontend/source.h"

namespace janus {

constexpr size_t kMaxDocBytes = 256 * 1024;   // of one comment or guide; what is beyond is left out, with a diagnostic

// The comment without `///` and one space, line by line, with the way back to the source.
struct DocText {
  std::string text;
  std::vector<uint32_t> starts;   // offset of each line in `text`
  std::vector<uint32_t> sources;   // global position of each line's first byte
  bool cut = false;   // longer than kMaxDocBytes
  uint32_t position(uint32_t offset) const;   // global position of a byte of `text`
  Span span(uint32_t lo, uint32_t hi) const;   // within one line
  uint32_t line_of(uint32_t offset) const;   // index into starts
  std::string_view line(uint32_t index) const;   // without its newline
};
DocText strip_doc_comment(std::string_view file_text, uint32_t begin, uint32_t end, uint32_t base);
DocText whole_page(std::string_view text, uint32_t base);   // a guide: every line as it stands

enum class DocTagKind : uint8_t {
  Param,
  Returns,
  Error,
  Capability,
  Since,
  Deprecated,
  See,
  Safety,
  Complexity,
  Example,
  Unknown
};
const char* doc_tag_word(DocTagKind kind);   // "param"
DocTagKind find_doc_tag(std::string_view word);

struct DocTag {
  DocTagKind kind = DocTagKind::Unknown;
  std::string word;   // as written
  std::string name;   // of the parameter, error, capability; the title of an example
  std::string text;   // Markdown
  Span span, name_span;   // `@param n`, `n`
};
// `[name]`, [`name`], [text](name): what may be a declaration, a guide or an address.
// soft: a plain code span, `name`: a link when it is the name of something, and nothing wrong when it is not.
struct DocLink {
  std::string target, shown;
  Span span;
  bool code = false, inline_link = false, soft = false;
};
struct DocFence {
  std::string info;
  uint32_t lo = 0, hi = 0; /* of the code, in DocText::text */
  Span span;
  bool closed = true;
};
struct DocHeading {
  int level;
  std::string text;
  Span span;
};
// Something that is wrong in any doc comment, whatever it documents.
struct DocFlaw {
  enum Kind : uint8_t { UnclosedFence, RawHtml, UnsafeLink } kind;
  Span span;
  std::string text;
};

struct ParsedDoc {
  std::string summary;   // the first paragraph, its lines joined
  std::string body;   // Markdown of what follows, without tags
  std::vector<DocTag> tags;
  std::vector<DocLink> links;
  std::vector<DocFence> fences;
  std::vector<DocHeading> headings;
  std::vector<DocFlaw> flaws;
};
ParsedDoc parse_doc(const DocText& doc);
ParsedDoc parse_guide(const DocText& page);   // without tags; summary: the first paragraph after the title

// What a link may not do: run scripts or read files. An address without a scheme is fine.
bool is_safe_url(std::string_view url);
bool has_scheme(std::string_view url);
bool is_picture(std::string_view url);   // by its ending, and beside the page: no address elsewhere
// `list.map`, `Array.push()`, `x`: what could name a declaration.
bool is_name_path(std::string_view text);
std::string slug(std::string_view heading);   // "Two words!" -> "two-words"

}   // namespace janus
