// build.cpp: a checked program to an executable, an object or a text, with the object cache between.
// Depends on lower.h, codegen.h, link.h, cache.h, output.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/build.h"

#include <cstdlib>
#include <thread>

#include "backend/cache.h"
#include "backend/codegen.h"
#include "backend/link.h"
#include "backend/lower.h"
#include "backend/output.h"

namespace janus {
namespace {

// The objects of all units: from the cache where it has them, the rest compiled and kept.
bool make_objects(const CodegenPlan& plan, const BuildOptions& options, const EmitOptions& emit,
                  std::vector<std::string>& objects, BuildReport& report,
                  const std::function<void(const char*)>& phase) {
  size_t n = plan.units.size();
  objects.resize(n);
  std::vector<Key> keys(n);
  std::vector<uint32_t> missing;
  bool cached = !options.cache_dir.empty();
  for (uint32_t i = 0; i < n; ++i) {
    if (cached) {
      Key unit = unit_key(plan, plan.units[i]);
      std::string_view bytes(reinterpret_cast<const char*>(unit.data()), unit.size());
      keys[i] = make_key({"object", bytes});
      if (cache_get(options.cache_dir, keys[i], objects[i])) {
        ++report.objects_cached;
        continue;
      }
    }
    missing.push_back(i);
  }
  if (missing.empty()) return true;
  EmitResult made = emit_units(plan, missing, emit, phase);
  if (!made.ok) {
    report.why = made.why;
    return false;
  }
  for (size_t k = 0; k < missing.size(); ++k) {
    objects[missing[k]] = std::move(made.parts[k]);
    if (cached) cache_put(options.cache_dir, keys[missing[k]], objects[missing[k]]);
  }
  report.objects_compiled = missing.size();
  if (cached) cache_trim(options.cache_dir);
  return true;
}

}  // namespace

BuildReport build(Program& program, const BuildOptions& options, const std::function<void(const char*)>& phase) {
  auto begins = [&](const char* name) {
    if (phase) phase(name);
  };
  BuildReport report;

  begins("lower");
  Layouts layouts(program);
  LowerOptions lowering;
  lowering.release = options.release;
  lowering.tests = options.tests;
  lowering.coverage = options.coverage;
  lowering.coverage_std = options.coverage_std;
  lowering.budget_tasks = options.budget_tasks;
  lowering.budget_channels = options.budget_channels;
  JModule module = lower(program, layouts, lowering);
  module.fair = module.tasks && (options.fair || module.profile == "cluster");
  mark_nofail(module);
#ifndef NDEBUG
  if (const char* path = std::getenv("JANUS_DUMP_JIR")) {   // for work on janus itself
    std::string ignored;
    write_output(path, dump_jir(module), false, ignored);
  }
  verify_jir(module);
#endif
  report.functions = module.funcs.size();

  EmitOptions emit;
  emit.release = options.release;
  emit.kind = options.emit == EmitKind::Executable ? EmitKind::Object : options.emit;
  emit.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  CodegenPlan plan(module, program, layouts);
  make_plan(plan, options.release, options.emit != EmitKind::Executable);

  if (options.emit == EmitKind::LlvmIr || options.emit == EmitKind::Asm) {
    EmitResult text = emit_units(plan, {0}, emit, phase);
    report.why = text.why;
    report.ok = text.ok && write_output(options.output, text.parts[0], false, report.why);
    return report;
  }
  std::vector<std::string> objects;
  if (!make_objects(plan, options, emit, objects, report, phase)) return report;
  if (options.emit == EmitKind::Object) {
    report.ok = write_output(options.output, objects[0], false, report.why);
    return report;
  }
  begins("link");
  std::string image;
  std::vector<std::string_view> views(objects.begin(), objects.end());
  report.ok = link_bytes(views, options.link, options.release, module.tasks, image, report.why) &&
              write_output(options.output, image, true, report.why);
  report.from_cache = report.ok && report.objects_compiled == 0;
  return report;
}

}  // namespace janus
