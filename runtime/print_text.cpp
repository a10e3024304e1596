// print_text.cpp: how characters, strings and bools print: bare, quoted, padded.
// Depends on sink.h and utf8.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/sink.h"
#include "runtime/utf8.h"

namespace janus::rt {
namespace {

// The escape letter of a character inside quotes, 0 when it stands for itself, 'u' for \u{…}.
JANUS_INLINE uint8_t escape_of(uint32_t c, uint8_t quote) {
  if (JANUS_LIKELY(c >= 0x20 && c != '\\' && c != quote && c != 0x7F)) return 0;
  switch (c) {
    case '\n': return 'n';
    case '\t': return 't';
    case '\r': return 'r';
    case 0: return '0';
    case '\\': return '\\';
    default: return c == quote ? quote : 'u';
  }
}

void print_escape(Sink* sink, uint32_t c, uint8_t letter) {
  uint8_t* p = sink_room(sink, 8);
  p[0] = '\\';
  p[1] = letter;
  sink->len += 2;
  if (letter != 'u') return;
  static const char digits[] = "0123456789abcdef";
  p[2] = '{';
  int64_t n = 3;
  if (c >= 16) p[n++] = static_cast<uint8_t>(digits[c >> 4]);   // only control characters come here: two digits do
  p[n++] = static_cast<uint8_t>(digits[c & 15]);
  p[n++] = '}';
  sink->len += n - 2;
}

}  // namespace
}  // namespace janus::rt

extern "C" {

// A `${` inside would start an interpolation if the text were pasted as a literal, so its `$` is escaped.
void janus_print_string_quoted(Sink* sink, String* s) {
  const uint8_t* data = s->data;
  int64_t done = 0;
  *sink_room(sink, 1) = '"';
  sink->len++;
  for (int64_t i = 0; i < s->len; i++) {
    uint8_t letter = escape_of(data[i], '"');
    if (JANUS_UNLIKELY(data[i] == '$' && i + 1 < s->len && data[i + 1] == '{')) letter = '$';
    if (JANUS_LIKELY(letter == 0)) continue;
    janus_print_bytes(sink, data + done, i - done);
    print_escape(sink, data[i], letter);
    done = i + 1;
  }
  janus_print_bytes(sink, data + done, s->len - done);
  *sink_room(sink, 1) = '"';
  sink->len++;
}

void janus_print_char(Sink* sink, uint32_t c) {
  uint8_t* p = sink_room(sink, 4);
  sink->len += utf8_put(p, c);
}

void janus_print_char_quoted(Sink* sink, uint32_t c) {
  *sink_room(sink, 1) = '\'';
  sink->len++;
  const uint8_t letter = escape_of(c, '\'');
  if (letter) print_escape(sink, c, letter);
  else janus_print_char(sink, c);
  *sink_room(sink, 1) = '\'';
  sink->len++;
}

void janus_print_bool(Sink* sink, bool x) {
  janus_print_bytes(sink, reinterpret_cast<const uint8_t*>(x ? "true" : "false"), x ? 4 : 5);
}

// Width and precision count characters; a text is padded with spaces, whatever the flags say of zeros.
void janus_format_string(Sink* sink, String* s, int32_t width, int32_t precision, uint32_t flags) {
  int64_t bytes = s->len;
  if (precision >= 0) bytes = utf8_prefix(s->data, s->len, precision);
  const int64_t pad = width > 0 ? max64(0, width - utf8_count(s->data, bytes)) : 0;
  const int64_t before = flags & kFormatLeft ? 0 : flags & kFormatCentre ? pad / 2 : pad;
  sink_fill(sink, ' ', before);
  janus_print_bytes(sink, s->data, bytes);
  sink_fill(sink, ' ', pad - before);
}

}  // extern "C"
