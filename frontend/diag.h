// diag.h: mistakes of the user, as data. Rendering is elsewhere (diag_render.h), so the core never prints.
// Depends on source.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/source.h"

namespace janus {

// diag.def lists DIAG(code, Name, "wording with {0} {1}"): E errors, W lints, D documentation.
enum class Diag : uint16_t {
#define DIAG(code, Name, text) Name,
#include "frontend/diag.def"
#undef DIAG
};
enum class Severity : uint8_t { Error, Warning, Note };

struct DiagInfo {
  const char* code;  // "E2007"
  const char* name;  // "CallOfNonFunction"
  const char* text;
  int args;          // how many {n} the wording takes
  Severity severity() const { return code[0] == 'E' ? Severity::Error : Severity::Warning; }
};
const DiagInfo& diag_info(Diag kind);

constexpr int count_diag_args(const char* text) {
  int most = 0;
  for (const char* p = text; *p; ++p)
    if (p[0] == '{' && p[1] >= '0' && p[1] <= '9' && p[2] == '}' && p[1] - '0' + 1 > most) most = p[1] - '0' + 1;
  return most;
}
template <Diag D>
constexpr int diag_arg_count() {
  constexpr int counts[] = {
#define DIAG(code, Name, text) count_diag_args(text),
#include "frontend/diag.def"
#undef DIAG
  };
  return counts[static_cast<int>(D)];
}

// rustc's four levels: `check --fix` applies only MachineApplicable.
enum class Applicability : uint8_t { MachineApplicable, MaybeIncorrect, HasPlaceholders, Unspecified };

struct DiagLabel {
  Span span;
  std::string text;
};
struct DiagFix {
  Span span;
  std::string replacement;
  std::string text;
  Applicability level;
};

struct Diagnostic {
  Diag kind;
  Span span;                      // the main place
  std::string message;            // one line: what is wrong, lower case, no full stop, code in backticks
  std::string label;              // said under the main underline; may be empty
  std::vector<DiagLabel> labels;  // secondary places
  std::vector<std::string> notes; // why
  std::vector<std::string> helps; // a way out
  std::vector<DiagFix> fixes;
  bool first = false;             // others may follow from it, in other files too: shown before them

  // Builders: diags.report<Diag::X>(span, a).label("here").at(other, "declared here").note("…").help("…").fix(…)
  Diagnostic& with_label(std::string text) {
    label = std::move(text);
    return *this;
  }
  Diagnostic& at(Span s, std::string text) {
    labels.push_back({s, std::move(text)});
    return *this;
  }
  Diagnostic& note(std::string text) {
    notes.push_back(std::move(text));
    return *this;
  }
  Diagnostic& help(std::string text) {
    helps.push_back(std::move(text));
    return *this;
  }
  // An edit of several parts: the later parts have no text of their own, and belong to the one before.
  Diagnostic& fix(Span s, std::string replacement, std::string text,
                  Applicability level = Applicability::MachineApplicable) {
    if (text.empty() && !fixes.empty()) level = fixes.back().level;
    fixes.push_back({s, std::move(replacement), std::move(text), level});
    return *this;
  }
};

class Diagnostics {
 public:
  // The number of arguments is checked against the wording at compile time. Arguments are strings or integers.
  template <Diag D, class... Args>
  Diagnostic& report(Span span, const Args&... args) {
    static_assert(sizeof...(Args) == diag_arg_count<D>(), "wrong number of arguments for this diagnostic's wording");
    std::string texts[] = {to_text(args)..., std::string()};
    return add(D, span, texts, sizeof...(Args));
  }
  bool has_errors() const { return errors_ > 0; }
  size_t error_count() const { return errors_; }
  const std::vector<Diagnostic*>& all() const {
    return all_;
  }  // in the order reported; sort() by place before showing
  void sort();                          // by place, stable; drops exact duplicates
  void remove_if(const std::function<bool(const Diagnostic&)>& unwanted);
  void take_back(Diag kind, std::vector<Span> places);   // what other reports have explained since
  ~Diagnostics() {
    for (Diagnostic* d : all_) delete d;
  }

 private:
  static std::string to_text(std::string_view text) { return std::string(text); }
  static std::string to_text(const char* text) { return text; }
  template <std::integral T>
  static std::string to_text(T n) {
    return std::to_string(n);
  }
  Diagnostic& add(Diag kind, Span span, const std::string* args, size_t count);
  std::vector<Diagnostic*> all_;
  size_t errors_ = 0;
};

// Damerau–Levenshtein, for "did you mean"; returns the nearest candidate within a third of the length, or empty.
std::string_view nearest_name(std::string_view wanted, const std::vector<std::string_view>& candidates);

}  // namespace janus
