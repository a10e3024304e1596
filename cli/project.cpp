// project.cpp: what a path on the command line means.
// Depends on project.h, session.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/project.h"

#include <cstdlib>

#include "cli/cache.h"
#include "cli/session.h"
#include "frontend/content_hash.h"
#include "frontend/effects.h"

namespace janus {
namespace {

const char* const kManifest = "janus.toml";

bool is_source_name(const std::string& path) { return path.ends_with(".jan") || path.ends_with(".jans"); }

std::string without_extension(const std::string& name) {
  size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

struct Finder {
  Context& context;
  Purpose purpose;
  Target& target;

  int fail(int code, const std::string& sentence, const std::string& hint = "") {
    return context.console.fail(code, sentence, hint);
  }

  // The words of a flag, which may be given several times: "CapFsRead,CapEnv", or "all".
  int capabilities(Opt opt, uint64_t& bits) {
    for (const std::string& value : context.args.values(opt))
      for (size_t at = 0; at <= value.size();) {
        size_t comma = std::min(value.find(',', at), value.size());
        std::string name = value.substr(at, comma - at);
        at = comma + 1;
        if (name.empty()) continue;
        if (name == "all") {
          bits |= kAllBuiltinCapabilities;
          continue;
        }
        const std::vector<std::string_view>& known = builtin_capabilities();
        size_t row = 0;
        while (row < known.size() && known[row] != name) ++row;
        if (row < known.size()) {
          bits |= capability_effect(static_cast<uint32_t>(row));
          continue;
        }
        std::string_view near = nearest_name(name, known);
        std::string list = "they are";
        for (std::string_view each : known) list += " " + std::string(each);
        return fail(kUsage,
                    "`--" + std::string(option_info(opt).long_form) + "`: there is no capability `" + name + "`",
                    near.empty() ? list : "did you mean `" + std::string(near) + "`?");
      }
    return kDone;
  }

  // The manifest says what is granted, without one everything is. `--allow` adds to the manifest, or stands in its
  // place; `--deny` takes away.
  int grants() {
    Grants& g = target.grants;
    uint64_t allowed = 0;
    if (int code = capabilities(Opt::Allow, allowed)) return code;
    if (int code = capabilities(Opt::Deny, g.denied)) return code;
    if (context.args.has(Opt::Allow)) g.granted = g.by_manifest ? g.granted | allowed : allowed;
    g.granted &= ~g.denied;
    g.by_flag = context.args.has(Opt::Allow) || context.args.has(Opt::Deny);
    return kDone;
  }

  // --profile stands above the manifest, and below what a file says of itself.
  int profile() {
    if (int code = grants()) return code;
    const Args::Given* given = context.args.find(Opt::Profile);
    if (!given) return kDone;
    auto found = find_profile(given->value);
    if (!found) {
      std::string_view near = nearest_name(given->value, profile_names());
      return fail(kUsage, "there is no profile `" + given->value + "`",
                  near.empty() ? "the profiles are core, script, service, cluster, compute, sovereign"
                               : "did you mean `" + std::string(near) + "`?");
    }
    target.load.profile = *found;
    return kDone;
  }

  int manifest(const std::string& folder, Manifest& manifest) {
    std::string path = join_path(folder, kManifest), text, why;
    if (!context.disk.read(path, text, why)) return fail(kEnvironment, why);
    SourceMap sources;
    Diagnostics diags;
    if (!read_manifest(sources, diags, path, text, manifest)) {
      report(context, sources, diags);
      target.manifest_errors = diags.error_count();
      return kFailed;
    }
    target.load.profile = manifest.profile;
    if (manifest.budget_tasks) target.budget_tasks = *manifest.budget_tasks;
    if (manifest.budget_channels) target.budget_channels = *manifest.budget_channels;
    if (manifest.has_capabilities) {
      target.grants.by_manifest = true;
      target.grants.granted = 0;
      for (size_t row = 0; row < builtin_capabilities().size(); ++row)
        for (const std::string& name : manifest.capabilities)
          if (name == builtin_capabilities()[row])
            target.grants.granted |= capability_effect(static_cast<uint32_t>(row));
    }
    for (const std::string& file : manifest.link) target.link.push_back(join_path(folder, file));
    return kDone;
  }

  int package(const std::string& folder) {
    Manifest manifest_of_it;
    if (int code = manifest(folder, manifest_of_it)) return code;
    target.is_package = true;
    target.package = folder;
    target.name = manifest_of_it.name;
    target.version = manifest_of_it.version;
    target.home = absolute_path(folder);
    target.load.source_root = join_path(folder, "src");
    std::string main = join_path(target.load.source_root, "main.jan");
    target.load.all_modules = purpose == Purpose::Modules;
    if (is_file(main)) target.load.root = main;
    else if (purpose == Purpose::Program)
      return fail(kEnvironment, "the package `" + target.name + "` has no " + main,
                  "a program begins in `func main()` of that file");
    return profile();
  }

  int file(const std::string& path) {
    std::string text, why;
    if (!read_file(path, text, why)) return fail(kEnvironment, why);
    target.load.root = path;
    target.load.source_root = folder_of(path);
    target.name = without_extension(base_name(path));
    target.home = absolute_path(path);
    std::string around;
    if (find_package(folder_of(path), around) &&
        absolute_path(path).starts_with(absolute_path(join_path(around, "src")) + "/")) {
      Manifest ignored;
      if (int code = manifest(around, ignored)) return code;
      target.package = around;
      target.home = absolute_path(around);
      target.load.source_root = join_path(around, "src");
    }
    return profile();
  }

  // A page of Markdown: its examples, as if it were a guide of a package without modules.
  int page(const std::string& path) {
    target.load.source_root = folder_of(path);
    target.load.doctests.guides = {path};
    target.name = without_extension(base_name(path));
    target.home = absolute_path(path);
    return profile();
  }

  int from_stdin() {
    std::string text, why;
    if (!read_file("/dev/stdin", text, why))
      return fail(kEnvironment, "cannot read stdin" + why.substr(std::min(why.size(), why.find(": "))));
    target.load.root = "<stdin>";
    target.load.source_root = "";
    target.name = "program";
    target.home = "<stdin>";
    target.stdin_hash = content_hash(text);
    context.disk.give("<stdin>", std::move(text));
    return profile();
  }

  int folder(const std::string& path) {
    if (is_file(join_path(path, kManifest))) return package(path);
    if (purpose == Purpose::Program) {
      std::string hint = "name a .jan file, or make a package here with `janus init`";
      return fail(kUsage, "there is no janus.toml in " + path, hint);
    }
    target.load.source_root = path == "." ? "" : path;
    target.load.all_modules = true;
    // The sources of the standard library itself: they may do what others may not, so they are loaded as such.
    if (std::string why; base_name(absolute_path(path)) == "std" && is_file(join_path(path, "prelude.jan"))) {
      target.load.all_modules = false;
      if (!context.disk.take_std(path, why)) return fail(kEnvironment, why);
      target.load.doctests.std = true;
    }
    target.name = base_name(absolute_path(path));
    target.home = absolute_path(path);
    std::vector<std::string> paths;
    std::string why;
    if (!context.disk.list(path, paths, why)) return fail(kEnvironment, why);
    if (paths.empty() && context.args.command == Command::Test) {
      target.load.all_modules = false;
      target.load.doctests.guides = context.disk.pages(path);
      if (!target.load.doctests.guides.empty()) return profile();
    }
    if (paths.empty()) return fail(kUsage, "there is no .jan file in " + path);
    return profile();
  }

  int find(const std::string& word) {
    if (word == "-") return from_stdin();
    if (word.empty()) {
      std::string around;
      if (find_package("", around)) return package(around);
      if (purpose == Purpose::Program) {
        std::string hint = is_file("main.jan") ? "to work on main.jan, name it: janus " +
                                                     std::string(command_info(context.args.command).word) + " main.jan"
                                               : "name a .jan file, or make a package with `janus new NAME`";
        return fail(kUsage, "there is no janus.toml here or in a folder above", hint);
      }
      return folder(".");
    }
    std::string path = word;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (path.starts_with("./") && path.size() > 2) path.erase(0, 2);
    if (is_folder(path)) return folder(path);
    if (is_file(path) && path.ends_with(".md") && context.args.command == Command::Test) return page(path);
    if (is_file(path)) return file(path);
    return missing(path);
  }

  int missing(const std::string& path) {
    std::string text, why;
    read_file(path, text, why);
    std::string hint;
    if (!is_source_name(path) && is_file(path + ".jan")) hint = "did you mean `" + path + ".jan`?";
    else {
      std::string folder = folder_of(path);
      std::vector<std::string> paths;
      std::string ignored;
      if (Disk disk;
          is_folder(folder.empty() ? "." : folder) && disk.list(folder, paths, ignored) && paths.size() < 2000) {
        std::vector<std::string_view> names(paths.begin(), paths.end());
        std::string_view near = nearest_name(base_name(path), names);
        if (!near.empty()) hint = "did you mean `" + join_path(folder, std::string(near)) + "`?";
      }
    }
    return fail(kEnvironment, why, hint);
  }
};

}  // namespace

bool find_package(const std::string& folder, std::string& package) {
  std::string at = absolute_path(folder), shown = folder.empty() ? "." : folder;
  for (int up = 0; up < 64; ++up) {
    if (is_file(join_path(at, kManifest))) {
      package = shown;
      return true;
    }
    if (at == "/" || at.empty()) return false;
    at = folder_of(at);
    // Shown from where janus works: below the current folder by its own name, above it by dots.
    size_t slash = shown.rfind('/');
    std::string last = slash == std::string::npos ? shown : shown.substr(slash + 1);
    if (shown == ".") shown = "..";
    else if (last == "..") shown += "/..";
    else if (slash == std::string::npos) shown = ".";
    else shown = slash == 0 ? "/" : shown.substr(0, slash);
  }
  return false;
}

bool single_word(Context& context, std::string& word) {
  const Args& args = context.args;
  if (!args.words.empty()) word = args.words[0];
  if (args.words.size() < 2) return true;
  std::string hint;
  if (args.command == Command::Run) {
    hint = "arguments of the program stand after `--`: janus run " + word + " --";
    for (size_t i = 1; i < args.words.size(); ++i) hint += " " + args.words[i];
  }
  context.console.fail(kUsage,
                       std::string("`janus ") + command_info(args.command).word + "` takes one path, and `" +
                           args.words[1] + "` is a second",
                       hint);
  return false;
}

// JANUS_STD_DIR: the std sources of a folder in place of the embedded ones, for those who work on them.
static int take_std_of_environment(Context& context) {
  const char* folder = getenv("JANUS_STD_DIR");
  if (!folder || !folder[0]) return kDone;
  if (!is_file(join_path(folder, "prelude.jan")))
    return context.console.fail(kEnvironment,
                                std::string("JANUS_STD_DIR is ") + folder + ", which holds no prelude.jan",
                                "name the folder that holds the files std.*, as stdlib/std does");
  if (std::string why; !context.disk.take_std(absolute_path(folder), why))
    return context.console.fail(kEnvironment, why);
  return kDone;
}

int find_target(Context& context, const std::string& word, Purpose purpose, Target& target) {
  if (int code = take_std_of_environment(context)) return code;
  return Finder{context, purpose, target}.find(word);
}

void add_target(HashOf& hash, const Target& target) {
  hash.add(own_identity())
      .add(absolute_path(""))
      .add(target.load.root)
      .add(target.load.source_root)
      .add(target.stdin_hash);
  hash.add(profile_name(target.load.profile)).add(target.load.all_modules ? "all" : "");
}

}  // namespace janus
