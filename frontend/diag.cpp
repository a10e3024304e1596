// diag.cpp: the table of diagnostics, and the list a run collects.
// Depends on diag.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/diag.h"

#include <algorithm>

namespace janus {

static const DiagInfo kInfos[] = {
#define DIAG(code, Name, text) {code, #Name, text, count_diag_args(text)},
#include "frontend/diag.def"
#undef DIAG
};

const DiagInfo& diag_info(Diag kind) { return kInfos[static_cast<int>(kind)]; }

static std::string fill(const char* text, const std::string* args, size_t count) {
  std::string out;
  for (const char* p = text; *p; ++p) {
    if (p[0] == '{' && p[1] >= '0' && p[1] <= '9' && p[2] == '}' && static_cast<size_t>(p[1] - '0') < count) {
      out += args[p[1] - '0'];
      p += 2;
    } else {
      out += *p;
    }
  }
  return out;
}

Diagnostic& Diagnostics::add(Diag kind, Span span, const std::string* args, size_t count) {
  auto* d = new Diagnostic{kind, span, fill(diag_info(kind).text, args, count), {}, {}, {}, {}, {}, false};
  all_.push_back(d);
  if (diag_info(kind).severity() == Severity::Error) ++errors_;
  return *d;
}

void Diagnostics::sort() {
  std::vector<std::pair<Diagnostic*, size_t>> ordered;  // with the order of report: equal places keep it
  for (size_t i = 0; i < all_.size(); ++i) ordered.push_back({all_[i], i});
  std::sort(ordered.begin(), ordered.end(), [](const auto& x, const auto& y) {
    const Span &a = x.first->span, &b = y.first->span;
    if (x.first->first != y.first->first) return x.first->first;
    return a.lo != b.lo ? a.lo < b.lo : a.hi != b.hi ? a.hi < b.hi : x.second < y.second;
  });
  // Equal ones may be apart by others of the same place: look back over that place only.
  std::vector<Diagnostic*> kept;
  for (auto [d, index] : ordered) {
    bool repeated = false;
    for (size_t i = kept.size();
         i-- > 0 && kept[i]->span.lo == d->span.lo && kept[i]->span.hi == d->span.hi && !repeated;)
      repeated = kept[i]->kind == d->kind && kept[i]->message == d->message;
    if (!repeated) {
      kept.push_back(d);
      continue;
    }
    if (diag_info(d->kind).severity() == Severity::Error) --errors_;
    delete d;
  }
  all_ = std::move(kept);
}

void Diagnostics::remove_if(const std::function<bool(const Diagnostic&)>& unwanted) {
  std::erase_if(all_, [&](Diagnostic* d) {
    if (!unwanted(*d)) return false;
    if (diag_info(d->kind).severity() == Severity::Error) --errors_;
    delete d;
    return true;
  });
}

void Diagnostics::take_back(Diag kind, std::vector<Span> places) {
  auto before = [](Span a, Span b) { return a.lo != b.lo ? a.lo < b.lo : a.hi < b.hi; };
  std::sort(places.begin(), places.end(), before);
  remove_if([&](const Diagnostic& d) {
    return d.kind == kind && std::binary_search(places.begin(), places.end(), d.span, before);
  });
}

// Optimal string alignment: insert, delete, replace, or swap two neighbours; three rows of the table suffice.
static size_t distance(std::string_view a, std::string_view b, size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > limit) return limit + 1;
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    size_t least = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t cost = a[i - 1] != b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string_view nearest_name(std::string_view wanted, const std::vector<std::string_view>& candidates) {
  if (wanted.empty() || wanted.size() > 64) return {};
  auto plain = [](std::string_view s) {   // isDone, is_done and IS_DONE are one name
    std::string out;
    for (char c : s)
      if (c != '_') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
  };
  std::string wanted_plain = plain(wanted);
  size_t best = std::max<size_t>(1, wanted.size() / 3) + 1;
  std::string_view nearest;
  for (std::string_view candidate : candidates) {
    if (candidate == wanted || candidate.empty() || candidate.size() > 96) continue;
    if (!wanted_plain.empty() && plain(candidate) == wanted_plain) return candidate;   // surely meant
    size_t d = distance(wanted, candidate, best - 1);
    // A name of one or two letters is near to every other one: those must share their first letter.
    if (wanted.size() <= 2 && candidate[0] != wanted[0]) continue;
    if (d < best) best = d, nearest = candidate;
  }
  return nearest;
}

}  // namespace janus
