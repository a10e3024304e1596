// check_fuzz.cpp: any bytes through the whole frontend: no crash, no hang, and diagnostics that can be shown.
// Depends on frontend/compilation.h, diag_render.h, diag_json.h; memory_files.h, mutate.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/compilation.h"
#include "frontend/diag_json.h"
#include "frontend/diag_render.h"
#include "tests/fuzz/memory_files.h"
#include "tests/fuzz/mutate.h"

using namespace janus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::OneFile files;
  files.text.assign(reinterpret_cast<const char*>(data), size);
  // What the bytes do not say is chosen by their number, so that every way is met.
  LoadOptions load;
  load.root = files.path;
  load.profile = size % 3 == 0 ? Profile::Service : Profile::Core;
  CheckOptions check;
  check.keep_bodies = size % 2 == 0;
  check.tests = size % 4 < 2;
  Compilation run;
  run.check(files, load, check);
  for (const Diagnostic* d : run.diags.all()) {
    require(d->span.lo <= d->span.hi, "the place of a diagnostic has an order");
    require(!d->message.empty(), "a diagnostic says something");
    for (const DiagFix& fix : d->fixes) require(fix.span.lo <= fix.span.hi, "an edit has an order");
  }
  render_diags(run.sources, run.diags, {});
  if (size < 1000)
    for (const Diagnostic* d : run.diags.all()) diag_to_json(run.sources, *d);
  return 0;
}
