// diag_render.cpp: one diagnostic as lines of text.
// Depends on diag_render.h, text_width.h.
// SPDX-License-Identifier: Apache-2.0
//
// Work goes from the place to the paper: marks (what to underline, in bytes) are grouped by file and line; a source
// line becomes cells of a terminal, so that columns are counted as they are seen; every row below it is a list of
// pieces at columns. Only the last step knows colours. A span over several lines is drawn as a bracket in the gutter:
//
//    2 |       let n = match color {
//      |  _____________^
//    3 | |         Red => 1,
//    4 | |     }
//      | |_____^ `Green` is missing
#include "frontend/diag_render.h"

#include <algorithm>
#include <map>
#include <utility>

#include "frontend/text_width.h"

namespace janus {
namespace {

enum class Style : uint8_t { Plain, Bold, Frame, Error, Warning, Second, Note, Help, Added, Removed };

const char* escape_of(Style style) {
  switch (style) {
    case Style::Plain: return "";
    case Style::Bold: return "\033[1m";
    case Style::Frame: return "\033[34m";
    case Style::Error: return "\033[1;31m";
    case Style::Warning: return "\033[1;33m";
    case Style::Second: return "\033[36m";
    case Style::Note: return "\033[1;36m";
    case Style::Help: return "\033[1;32m";
    case Style::Added: return "\033[32m";
    case Style::Removed: return "\033[31m";
  }
  return "";
}

// The text so far. Colours are switched only where text is written, never across a line's end.
struct Paper {
  bool color;
  std::string text;

  void put(Style style, std::string_view s) {
    if (s.empty()) return;
    bool dyed = color && style != Style::Plain;
    if (dyed) text += escape_of(style);
    text += s;
    if (dyed) text += "\033[0m";
  }
  void end_line() {
    while (!text.empty() && text.back() == ' ') text.pop_back();
    text += '\n';
  }
};

// ---- a source line as cells

struct Cell {
  uint32_t column;
  uint32_t begin, end;
};  // begin, end: bytes of ShownLine::text

struct ShownLine {
  std::string text;                // tabs as spaces, unprintable characters as U+FFFD
  std::vector<uint32_t> columns;   // of each byte of the source line, and of its end
  std::vector<Cell> cells;
  uint32_t first = 0;              // column at which the shown window begins

  uint32_t column_of(uint32_t byte) const { return columns[std::min<size_t>(byte, columns.size() - 1)]; }
};

constexpr uint32_t kTab = 4;

ShownLine show_line(std::string_view source) {
  ShownLine line;
  uint32_t column = 0;
  for (size_t i = 0; i < source.size();) {
    Utf8Char c = decode_utf8(source, i);
    uint32_t begin = static_cast<uint32_t>(line.text.size()), width;
    if (c.code == '\t') {
      width = kTab - column % kTab;
      line.text.append(width, ' ');
    } else if (!c.valid || is_unprintable(c.code)) {
      width = 1;
      line.text += "\xEF\xBF\xBD";
    } else {
      width = char_width(c.code);
      line.text += source.substr(i, c.size);
    }
    for (uint32_t k = 0; k < c.size; ++k) line.columns.push_back(column);
    line.cells.push_back({column, begin, static_cast<uint32_t>(line.text.size())});
    column += width;
    i += c.size;
  }
  line.columns.push_back(column);
  return line;
}

// Cuts a line of more than `most` columns to a window around the columns [lo, hi).
void cut_line(ShownLine& line, uint32_t most, uint32_t lo, uint32_t hi) {
  uint32_t width = line.columns.back();
  if (width <= most) return;
  uint32_t before = hi - lo < most / 2 ? (most - (hi - lo)) / 2 : most / 4;
  uint32_t from = lo > before ? lo - before : 0, to = std::min(width, from + most);
  std::string text = from > 0 ? "…" : "";
  uint32_t shift = from > 0 ? from - 1 : 0;
  for (const Cell& cell : line.cells) {
    if (cell.column < from) continue;
    if (cell.column >= to) break;
    // A wide character or a tab may straddle the cut.
    if (text.size() == 3 && from > 0 && cell.column > from) text.append(cell.column - from, ' ');
    text += std::string_view(line.text).substr(cell.begin, cell.end - cell.begin);
  }
  if (to < width) text += "…";
  for (uint32_t& column : line.columns) column = std::clamp(column, from, to) - shift;
  line.text = std::move(text);
  line.first = from;
}

// ---- marks

struct Mark {
  uint32_t line_lo, line_hi;  // from 1
  uint32_t byte_lo, byte_hi;  // in their lines, from 0; one line: byte_hi > byte_lo after columns are known
  std::string_view text;
  bool primary;
  int depth = -1;             // of a bracket in the gutter: 0 is the outermost
  bool is_multi() const { return line_lo != line_hi; }
};

struct Piece {
  uint32_t column;
  std::string text;
  Style style;
};

struct Renderer {
  const SourceMap& sources;
  const Diagnostic& diag;
  const RenderOptions& options;
  Paper paper;
  Style loud;         // of the main underline
  size_t number = 1;  // width of line numbers

  Style style_of(const Mark& mark) const { return mark.primary ? loud : Style::Second; }

  void frame(std::string_view after_bar) {
    paper.put(Style::Plain, std::string(number + 1, ' '));
    paper.put(Style::Frame, after_bar);
  }

  Mark mark_of(Span span, std::string_view text, bool primary) const {
    LineCol lo = sources.line_col(span.lo), hi = sources.line_col(std::max(span.lo, span.hi));
    Mark mark{lo.line, hi.line, lo.col - 1, hi.col - 1, text, primary};
    // A span that ends at the start of a line ends, for the eye, with the line before.
    if (mark.is_multi() && mark.byte_hi == 0) {
      --mark.line_hi;
      mark.byte_hi = static_cast<uint32_t>(sources.line_text(sources.find(span.lo), mark.line_hi).size());
    }
    return mark;
  }

  // ---- one file's part

  void render_file(FileId file, std::vector<Mark> marks) {
    std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) {
      return a.line_lo != b.line_lo   ? a.line_lo < b.line_lo
             : a.byte_lo != b.byte_lo ? a.byte_lo < b.byte_lo
                                      : a.primary > b.primary;
    });
    int depths = 0;
    std::vector<uint32_t> free_from;  // per depth: the line after its last bracket
    for (Mark& mark : marks) {
      if (!mark.is_multi()) continue;
      int depth = 0;
      while (depth < depths && free_from[depth] >= mark.line_lo) ++depth;
      if (depth == depths) free_from.push_back(0), ++depths;
      free_from[depth] = mark.line_hi;
      mark.depth = depth;
    }

    std::map<uint32_t, bool> lines;  // line -> has marks; ordered
    for (const Mark& mark : marks) {
      lines[mark.line_lo] = true;
      lines[mark.line_hi] = true;
      if (mark.is_multi()) {
        lines.emplace(mark.line_lo + 1, false);
        for (uint32_t l = mark.line_lo + 1; mark.line_hi - mark.line_lo <= 6 && l < mark.line_hi; ++l)
          lines.emplace(l, false);
      }
    }
    frame("|");
    paper.end_line();
    uint32_t before = 0;
    for (auto at = lines.begin(); at != lines.end(); ++at) {
      uint32_t line = at->first;
      if (before && line == before + 2)
        render_line(file, before + 1, marks, depths);  // one line costs no more than its ellipsis
      else if (before && line > before + 2) {
        paper.put(Style::Frame, "...");
        std::string gap = gutter(marks, depths, before, true);
        if (gap.find('|') != std::string::npos) paper.put(loud, std::string(number, ' ') + gap);
        paper.end_line();
      }
      render_line(file, line, marks, depths);
      before = line;
    }
  }

  // The brackets that pass by a row of `line`; `below`: the row stands under the source line.
  std::string gutter(const std::vector<Mark>& marks, int depths, uint32_t line, bool below) const {
    if (depths == 0) return "";
    std::string text(depths + 1, ' ');
    for (const Mark& mark : marks) {
      if (mark.depth < 0) continue;
      bool in = below ? line >= mark.line_lo && line < mark.line_hi : line > mark.line_lo && line <= mark.line_hi;
      if (in) text[mark.depth] = '|';
    }
    return text;
  }

  void render_line(FileId file, uint32_t line, const std::vector<Mark>& marks, int depths) {
    std::string_view source = sources.line_text(file, line);
    ShownLine shown = show_line(source);
    std::vector<Mark> here;
    for (const Mark& mark : marks)
      if (!mark.is_multi() && mark.line_lo == line) here.push_back(mark);

    if (shown.columns.back() > options.max_columns) {
      uint32_t lo = UINT32_MAX, hi = 0;
      auto want = [&](uint32_t from, uint32_t to) { lo = std::min(lo, from), hi = std::max(hi, to); };
      for (const Mark& mark : here)
        if (mark.primary || lo == UINT32_MAX) want(shown.column_of(mark.byte_lo), shown.column_of(mark.byte_hi));
      for (const Mark& mark : marks) {
        if (!mark.is_multi()) continue;
        if (mark.line_lo == line && lo == UINT32_MAX)
          want(shown.column_of(mark.byte_lo), shown.column_of(mark.byte_lo) + 1);
        if (mark.line_hi == line && lo == UINT32_MAX)
          want(shown.column_of(mark.byte_hi), shown.column_of(mark.byte_hi) + 1);
      }
      if (lo == UINT32_MAX) lo = hi = 0;
      cut_line(shown, options.max_columns, lo, hi);
    }

    std::string digits = std::to_string(line);
    paper.put(Style::Frame, std::string(number - digits.size(), ' ') + digits + " |");
    std::string passing = gutter(marks, depths, line, false);
    // A bracket that opens at the first word of its line needs no row of its own.
    size_t blank = source.find_first_not_of(" \t");
    std::vector<const Mark*> opens, closes;
    for (const Mark& mark : marks) {
      if (!mark.is_multi()) continue;
      if (mark.line_lo == line) {
        if (mark.byte_lo <= blank && here.empty()) passing[mark.depth] = '/';
        else opens.push_back(&mark);
      }
      if (mark.line_hi == line) closes.push_back(&mark);
    }
    if (!passing.empty())
      paper.put(Style::Plain, " "), paper.put(loud, passing.substr(0, depths)), paper.put(Style::Plain, " ");
    else paper.put(Style::Plain, " ");
    paper.put(Style::Plain, shown.text);
    paper.end_line();

    // Rows under the line keep the brackets that are open there: those passing, and those that opened with `/`.
    std::string under(depths ? depths + 1 : 0, ' ');
    for (const Mark& mark : marks) {
      if (mark.depth < 0) continue;
      bool opened_here = mark.line_lo == line && std::find(opens.begin(), opens.end(), &mark) == opens.end();
      bool passes = line > mark.line_lo && line <= mark.line_hi;
      if (opened_here || passes) under[mark.depth] = '|';
    }
    if (!here.empty()) render_marks(shown, here, under);
    for (const Mark* mark : opens) {
      bracket(under, mark->depth, shown.column_of(mark->byte_lo), style_of(*mark), "", ' ');
      under[mark->depth] = '|';
    }
    for (const Mark* mark : closes) {
      uint32_t column = shown.column_of(mark->byte_hi > 0 ? mark->byte_hi - 1 : 0);
      bracket(under, mark->depth, column, style_of(*mark), mark->text, '|');
      under[mark->depth] = ' ';
    }
  }

  // `|_____^ label` or ` _____^`: from the gutter to a column of the line.
  void bracket(std::string under, int depth, uint32_t column, Style style, std::string_view label, char start) {
    frame("|");
    under[depth] = start;
    for (size_t i = depth + 1; i < under.size(); ++i) under[i] = '_';
    std::string row = under + std::string(column, '_') + (style == loud ? "^" : "-");
    if (!label.empty()) row += ' ';
    paper.put(Style::Plain, " ");
    paper.put(style, row + one_line(label));
    paper.end_line();
  }

  // Underlines of one line, then the labels: the rightmost beside its underline, the others hung below, right to left.
  void render_marks(const ShownLine& shown, const std::vector<Mark>& marks, const std::string& under) {
    struct Placed {
      uint32_t lo, hi;
      const Mark* mark;
    };
    std::vector<Placed> placed;
    for (const Mark& mark : marks) {
      uint32_t lo = shown.column_of(mark.byte_lo), hi = shown.column_of(mark.byte_hi);
      placed.push_back({lo, std::max(hi, lo + 1), &mark});
    }
    uint32_t width = 0;
    for (const Placed& p : placed) width = std::max(width, p.hi);
    std::string line(width, ' ');
    std::vector<Style> styles(width, Style::Plain);
    auto paint = [&](const Placed& p) {
      for (uint32_t c = p.lo; c < p.hi; ++c) line[c] = p.mark->primary ? '^' : '-', styles[c] = style_of(*p.mark);
    };
    for (const Placed& p : placed)
      if (!p.mark->primary) paint(p);
    for (const Placed& p : placed)
      if (p.mark->primary) paint(p);

    // Hung labels stand in order of their columns; of two at one column the first given comes first.
    std::vector<Placed> hung;
    for (const Placed& p : placed)
      if (!p.mark->text.empty()) hung.push_back(p);
    std::sort(hung.begin(), hung.end(),
              [](const Placed& a, const Placed& b) { return a.lo != b.lo ? a.lo < b.lo : a.mark < b.mark; });
    std::vector<Piece> pieces;
    for (uint32_t c = 0; c < width;) {
      uint32_t end = c;
      while (end < width && styles[end] == styles[c]) ++end;
      if (styles[c] != Style::Plain) pieces.push_back({c, line.substr(c, end - c), styles[c]});
      c = end;
    }
    if (!hung.empty() && hung.back().hi == width && (hung.size() == 1 || hung[hung.size() - 2].lo < hung.back().lo)) {
      pieces.push_back({width + 1, one_line(hung.back().mark->text), style_of(*hung.back().mark)});
      hung.pop_back();
    }
    row(under, pieces);
    if (hung.empty()) return;
    auto bars = [&](size_t count, uint32_t before) {
      std::vector<Piece> result;
      for (size_t i = 0; i < count; ++i)
        if (hung[i].lo < before && (result.empty() || result.back().column != hung[i].lo))
          result.push_back({hung[i].lo, "|", style_of(*hung[i].mark)});
      return result;
    };
    row(under, bars(hung.size(), UINT32_MAX));
    for (size_t i = hung.size(); i-- > 0;) {
      std::vector<Piece> next = bars(i, hung[i].lo);
      next.push_back({hung[i].lo, one_line(hung[i].mark->text), style_of(*hung[i].mark)});
      row(under, next);
    }
  }

  void row(const std::string& under, const std::vector<Piece>& pieces) {
    frame("|");
    paper.put(Style::Plain, " ");
    if (!under.empty()) paper.put(loud, under);
    uint32_t column = 0;
    for (const Piece& piece : pieces) {
      if (piece.column > column) paper.put(Style::Plain, std::string(piece.column - column, ' '));
      paper.put(piece.style, piece.text);
      column = piece.column + text_width(piece.text);
    }
    paper.end_line();
  }

  // Texts of labels and messages may quote what the user wrote: no control character of it reaches the terminal.
  static std::string one_line(std::string_view text) {
    std::string result;
    for (size_t i = 0; i < text.size();) {
      Utf8Char c = decode_utf8(text, i);
      if (c.code == '\n' || c.code == '\t') result += ' ';
      else if (!c.valid || is_unprintable(c.code)) result += "\xEF\xBF\xBD";
      else result += text.substr(i, c.size);
      i += c.size;
    }
    return result;
  }

  // ---- head, notes, fixes

  void head() {
    const DiagInfo& info = diag_info(diag.kind);
    paper.put(loud, std::string(info.severity() == Severity::Error ? "error" : "warning") + "[" + info.code + "]");
    paper.put(Style::Bold, ": " + one_line(diag.message));
    paper.end_line();
  }

  void arrow(std::string_view arrow, const std::string& path, LineCol at) {
    paper.put(Style::Plain, std::string(number, ' '));
    paper.put(Style::Frame, arrow);
    paper.put(Style::Plain, " " + one_line(path) + ":" + std::to_string(at.line) + ":" + std::to_string(at.col));
    paper.end_line();
  }

  void remark(std::string_view word, Style style, std::string_view text) {
    std::string indent(number + 5 + word.size(), ' ');
    bool first = true;
    while (true) {
      size_t end = text.find('\n');
      std::string line = one_line(text.substr(0, end));
      if (first) {
        frame("= ");
        paper.put(style, word);
        paper.put(Style::Plain, ": " + line);
      } else {
        paper.put(Style::Plain, indent + line);
      }
      paper.end_line();
      first = false;
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  void numbered(uint32_t line, std::string_view sign, Style sign_style, std::string_view text, Style style) {
    std::string digits = std::to_string(line);
    paper.put(Style::Frame, std::string(number > digits.size() ? number - digits.size() : 0, ' ') + digits + " ");
    paper.put(sign_style, sign);
    paper.put(Style::Plain, " ");
    paper.put(style, text);
    paper.end_line();
  }

  // One suggestion may need several edits: those after the first have no text of their own.
  // Insertions show the new line with the new parts marked; anything else shows the lines before and after.
  void suggest(std::vector<const DiagFix*> edits) {
    FileId id = sources.find(edits[0]->span.lo);
    if (is_none(id)) return;
    paper.put(Style::Help, "help");
    paper.put(Style::Plain, ": " + one_line(edits[0]->text));
    paper.end_line();
    frame("|");
    paper.end_line();
    std::sort(edits.begin(), edits.end(), [](const DiagFix* a, const DiagFix* b) { return a->span.lo < b->span.lo; });
    uint32_t before = 0;
    size_t shown = 0;
    for (size_t from = 0; from < edits.size();) {   // edits that touch the same lines are shown together
      uint32_t line_lo = sources.line_col(edits[from]->span.lo).line, line_hi = end_line(*edits[from]);
      size_t to = from + 1;
      while (to < edits.size() && sources.line_col(edits[to]->span.lo).line <= line_hi)
        line_hi = std::max(line_hi, end_line(*edits[to++]));
      if (++shown > 4) break;
      if (before && line_lo > before + 1) {
        paper.put(Style::Frame, "...");
        paper.end_line();
      }
      suggest_lines(id, line_lo, line_hi,
                    {edits.begin() + static_cast<long>(from), edits.begin() + static_cast<long>(to)});
      before = line_hi;
      from = to;
    }
    if (shown > 4) {
      paper.put(Style::Plain, "... and the same further down");
      paper.end_line();
    }
  }

  uint32_t end_line(const DiagFix& fix) const { return sources.line_col(std::max(fix.span.lo, fix.span.hi)).line; }

  void suggest_lines(FileId id, uint32_t line_lo, uint32_t line_hi, const std::vector<const DiagFix*>& edits) {
    const SourceFile& file = sources.file(id);
    std::string_view first = sources.line_text(id, line_lo), last = sources.line_text(id, line_hi);
    uint32_t at = sources.line_col(edits[0]->span.lo).col - 1;
    uint32_t offset = edits[0]->span.lo - file.base;   // in the file, of byte `at` of the first line
    uint32_t end = static_cast<uint32_t>(last.data() - file.text.data() + last.size());
    std::string text(first.substr(0, std::min<size_t>(at, first.size())));
    struct Range {
      size_t from, to;
    };
    std::vector<Range> inserted;
    bool only_insertions = line_lo == line_hi;
    for (const DiagFix* edit : edits) {
      uint32_t lo = edit->span.lo - file.base, hi = std::max(edit->span.lo, edit->span.hi) - file.base;
      if (lo < offset) continue;   // overlaps the one before
      text.append(file.text, offset, lo - offset);
      inserted.push_back({text.size(), text.size() + edit->replacement.size()});
      text += edit->replacement;
      only_insertions = only_insertions && lo == hi && edit->replacement.find('\n') == std::string::npos;
      offset = hi;
    }
    if (end > offset) text.append(file.text, offset, end - offset);
    std::vector<std::string> after = split(text);

    if (only_insertions) {
      ShownLine shown = show_line(text);
      auto column = [&](size_t byte) { return shown.column_of(static_cast<uint32_t>(byte)); };
      cut_line(shown, options.max_columns, column(inserted[0].from), column(inserted[0].to));
      numbered(line_lo, "|", Style::Frame, shown.text, Style::Plain);
      std::vector<Piece> pieces;
      for (const Range& range : inserted) {
        // The space around a new word is part of the edit, but no use underlined.
        size_t from = range.from, to = range.to;
        while (to - from > 1 && text[from] == ' ') ++from;
        while (to - from > 1 && text[to - 1] == ' ') --to;
        pieces.push_back({column(from), std::string(std::max(1u, column(to) - column(from)), '+'), Style::Added});
      }
      row("", pieces);
      return;
    }
    constexpr uint32_t kMost = 12;   // lines of each side; a longer edit is a rewrite nobody reads here
    auto put_line = [&](uint32_t line, const char* sign, std::string_view source, Style style) {
      ShownLine shown = show_line(source);
      cut_line(shown, options.max_columns, shown.column_of(at), shown.column_of(at) + 1);
      numbered(line, sign, style, shown.text, style);
    };
    for (uint32_t line = line_lo; line <= line_hi && line < line_lo + kMost; ++line)
      put_line(line, "-", sources.line_text(id, line), Style::Removed);
    uint32_t line = line_lo;
    for (const std::string& source : after) {
      if (line >= line_lo + kMost) break;
      if (source.find_first_not_of(" \t") == std::string::npos && after.size() == 1) break;   // the line goes
      put_line(line++, "+", source, Style::Added);
    }
  }

  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> lines;
    size_t from = 0;
    for (size_t at; (at = text.find('\n', from)) != std::string::npos; from = at + 1)
      lines.push_back(text.substr(from, at - from));
    lines.push_back(text.substr(from));
    for (std::string& line : lines)
      if (!line.empty() && line.back() == '\r') line.pop_back();
    return lines;
  }

  std::string render() {
    struct Part {
      FileId file;
      std::vector<Mark> marks;
    };
    std::vector<Part> parts;
    uint32_t last_line = 1;
    auto add = [&](Span span, std::string_view text, bool primary) {
      FileId file = span.is_none() ? FileId::None : sources.find(span.lo);
      if (is_none(file)) return;
      Mark mark = mark_of(span, text, primary);
      last_line = std::max(last_line, mark.line_hi);
      for (Part& part : parts)
        if (part.file == file) return void(part.marks.push_back(mark));
      parts.push_back({file, {mark}});
    };
    add(diag.span, diag.label, true);
    for (const DiagLabel& label : diag.labels) add(label.span, label.text, false);
    for (const DiagFix& fix : diag.fixes)
      if (!fix.span.is_none())
        last_line = std::max(last_line, sources.line_col(std::max(fix.span.lo, fix.span.hi)).line);
    number = std::to_string(last_line).size();

    head();
    bool has_place = !diag.span.is_none() && is_some(sources.find(diag.span.lo));
    for (size_t i = 0; i < parts.size(); ++i) {
      const SourceFile& file = sources.file(parts[i].file);
      bool primary = i == 0 && has_place;
      Span place = diag.span;
      LineCol at =
          primary ? sources.line_col(place.lo) : LineCol{parts[i].marks[0].line_lo, parts[i].marks[0].byte_lo + 1};
      if (i > 0) {
        frame("|");
        paper.end_line();
      }
      arrow(primary ? "-->" : ":::", file.path, at);
      render_file(parts[i].file, std::move(parts[i].marks));
    }
    if (!parts.empty() && (!diag.notes.empty() || !diag.helps.empty() || !diag.fixes.empty())) {
      frame("|");
      paper.end_line();
    }
    for (const std::string& note : diag.notes) remark("note", Style::Note, note);
    for (const std::string& help : diag.helps) remark("help", Style::Help, help);
    std::vector<const DiagFix*> edits;
    for (const DiagFix& fix : diag.fixes) {
      if (fix.span.is_none()) continue;
      if (!fix.text.empty() && !edits.empty()) suggest(std::exchange(edits, {}));
      edits.push_back(&fix);
    }
    if (!edits.empty()) suggest(std::move(edits));
    paper.end_line();
    return std::move(paper.text);
  }
};

std::string counted(size_t n, const char* noun) { return std::to_string(n) + " " + noun + (n == 1 ? "" : "s"); }

}   // namespace

std::string render_diag(const SourceMap& sources, const Diagnostic& diag, const RenderOptions& options) {
  Style loud = diag_info(diag.kind).severity() == Severity::Error ? Style::Error : Style::Warning;
  Renderer renderer{sources, diag, options, {options.color, {}}, loud};
  return renderer.render();
}

std::string render_diags(const SourceMap& sources, const Diagnostics& diags, const RenderOptions& options) {
  std::string text;
  size_t errors = 0, warnings = 0, hidden_errors = 0, hidden_warnings = 0;
  std::string first_code;
  for (const Diagnostic* diag : diags.all()) {
    bool is_error = diag_info(diag->kind).severity() == Severity::Error;
    size_t& seen = is_error ? errors : warnings;
    ++seen;
    if (options.max_errors && seen > options.max_errors) {
      ++(is_error ? hidden_errors : hidden_warnings);
      continue;
    }
    if (is_error && first_code.empty()) first_code = diag_info(diag->kind).code;
    text += render_diag(sources, *diag, options);
  }
  if (!errors && !warnings) return text;
  Paper paper{options.color, {}};
  if (hidden_errors || hidden_warnings) {
    std::string more = hidden_errors ? counted(hidden_errors, "more error") : "";
    if (hidden_warnings) more += (more.empty() ? "" : " and ") + counted(hidden_warnings, "more warning");
    paper.put(Style::Plain, "... " + more + " not shown (--max-errors 0 shows all)\n");
  }
  if (errors) paper.put(Style::Error, counted(errors, "error"));
  if (errors && warnings) paper.put(Style::Plain, ", ");
  if (warnings) paper.put(Style::Warning, counted(warnings, "warning"));
  if (!first_code.empty()) paper.put(Style::Plain, "; `janus explain " + first_code + "` says more");
  paper.end_line();
  return text + paper.text;
}

}   // namespace janus
