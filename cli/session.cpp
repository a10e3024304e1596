// session.cpp: showing what was found.
// Depends on session.h, frontend/check.h, frontend/diag_render.h, frontend/diag_json.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <cstdlib>

#include "frontend/check.h"
#include "frontend/diag_json.h"
#include "frontend/diag_render.h"

namespace janus {

static RenderOptions render_options(const Context& context) {
  RenderOptions options;
  options.color = context.console.color_err();
  if (const Args::Given* given = context.args.find(Opt::MaxErrors))
    options.max_errors = static_cast<size_t>(atol(given->value.c_str()));
  return options;
}

static std::string json_lines(const SourceMap& sources, const Diagnostics& diags) {
  std::string text;
  for (const Diagnostic* diag : diags.all()) text += diag_to_json(sources, *diag) + "\n";
  return text;
}

void report(Context& context, const SourceMap& sources, const Diagnostics& diags) {
  if (context.args.has(Opt::Sarif)) return;  // cmd_check writes the whole log at its end
  if (context.console.is_json()) context.console.out(json_lines(sources, diags));
  else context.console.err(render_diags(sources, diags, render_options(context)));
}

Exit exit_of(const Diagnostics& diags) {
  for (const Diagnostic* diag : diags.all())
    if (diag->kind == Diag::UnreadableFile) return kEnvironment;
  return only_refusals(diags) ? kRefused : kFailed;
}

Rendered render_all(const SourceMap& sources, const Diagnostics& diags) {
  RenderOptions options;
  Rendered result;
  if (diags.all().empty()) return result;
  result.plain = render_diags(sources, diags, options);
  options.color = true;
  result.color = render_diags(sources, diags, options);
  result.json = json_lines(sources, diags);
  return result;
}

void show(Context& context, const Rendered& rendered) {
  Console& console = context.console;
  if (console.is_json()) console.out(rendered.json);
  else console.err(console.color_err() ? rendered.color : rendered.plain);
}

bool check_common_options(Context& context) {
  if (const Args::Given* given = context.args.find(Opt::MaxErrors)) {
    if (given->value.empty() || given->value.find_first_not_of("0123456789") != std::string::npos) {
      context.console.fail(kUsage, "`--max-errors` takes a number, not `" + given->value + "`");
      return false;
    }
  }
  return true;
}

}  // namespace janus
