// check_caps.cpp: what a program needs against what it was granted.
// Depends on check.h, effects.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check.h"
#include "frontend/effects.h"

namespace janus {
namespace {

constexpr size_t kShownSteps = 12;   // of a chain of calls; a longer one is cut in its middle

std::string why_not(const CheckOptions& options, uint64_t bit) {
  if (options.grants.denied & bit) return "`--deny` takes away";
  if (options.grants.by_manifest) return "janus.toml does not grant";
  return "`--allow` does not name";
}

void report_missing(Program& p, const CheckOptions& options, uint32_t row, const std::vector<EffectStep>& chain,
                    const std::string& begin) {
  uint64_t bit = capability_effect(row);
  std::string name(p.names.text(p.capabilities[row].name));
  auto func_name = [&](FuncId f) { return is_none(f) ? begin : "`" + p.symbol(f) + "`"; };
  auto is_own = [&](FuncId f) { return is_none(f) || !p.modules[+p.decls[+p.funcs[+f].decl].module]->is_std; };
  // The program's own steps; where it enters the standard library is the place to show.
  size_t own = 0;
  while (own < chain.size() && is_own(chain[own].func)) ++own;
  if (own == 0) return;
  const EffectStep& last = chain[own - 1];
  Diagnostic& d = p.diags.report<Diag::NotGranted>(last.span, name, why_not(options, bit));
  bool foreign = own == chain.size();
  if (foreign) d.with_label(func_name(last.func) + " is code of another language");
  else d.with_label(func_name(last.func) + " calls `" + p.symbol(chain[own].func) + "`, which needs it");
  std::vector<size_t> calls;   // a step into a closure of the function itself is none
  for (size_t i = 0; i + 1 < own; ++i)
    if (chain[i].func != chain[i + 1].func) calls.push_back(i);
  for (size_t k = 0; k < calls.size(); ++k) {
    if (calls.size() > kShownSteps && k == kShownSteps / 2) {
      size_t left_out = calls.size() - kShownSteps;
      d.note(std::to_string(left_out) + " more calls lie between");
      k += left_out - 1;
      continue;
    }
    const EffectStep& step = chain[calls[k]];
    bool dyn = is_some(step.func) && is_some(p.funcs[+step.func].trait) &&
               is_none(p.funcs[+step.func].impl);   // of this value
    d.at(step.span, std::to_string(k + 1) + ": " + func_name(step.func) + (dyn ? " may be " : " calls ") +
                        func_name(chain[calls[k] + 1].func));
  }
  d.note("`" + name + "` allows to " + std::string(capability_purpose(row)));
  if (options.grants.denied & bit) d.help("leave it out of `--deny`, or do without what needs it");
  else if (options.grants.by_manifest)
    d.help("add `\"" + name + "\"` to `capabilities` in janus.toml, or run it once with `--allow " + name + "`");
  else d.help("add it: `--allow " + name + "`");
}

}  // namespace

void check_grants(Program& program, const CheckOptions& options) {
  if (program.diags.has_errors() || (~options.grants.granted & kAllBuiltinCapabilities) == 0) return;
  auto check = [&](uint64_t effects, auto&& chain, const std::string& begin) {
    uint64_t missing = effects & ~options.grants.granted & kAllBuiltinCapabilities;
    for (uint32_t row = 0; row < kBuiltinCapabilities; ++row)
      if (missing & capability_effect(row)) report_missing(program, options, row, chain(capability_effect(row)), begin);
  };
  if (options.tests) {
    // The manifest speaks of the program; tests read their fixtures and start their servers. Flags speak of everything.
    if (!options.grants.by_flag) return;
    for (size_t i = 0; i < program.tests.size(); ++i) {
      TestId test = static_cast<TestId>(i);
      check(
          effects_of_test(program, test), [&](uint64_t bit) { return effect_chain_of_test(program, test, bit); },
          "the test \"" + std::string(program.names.text(program.tests[i].name)) + "\"");
    }
    return;
  }
  if (is_none(program.main_func)) return;
  check(
      program.funcs[+program.main_func].effects,
      [&](uint64_t bit) { return effect_chain(program, program.main_func, bit); }, "");
}

bool only_refusals(const Diagnostics& diags) {
  bool any = false;
  for (const Diagnostic* d : diags.all()) {
    if (diag_info(d->kind).severity() != Severity::Error) continue;
    if (d->kind != Diag::NotGranted) return false;
    any = true;
  }
  return any;
}

}   // namespace janus
