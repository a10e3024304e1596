// manifest.cpp: reads `janus.toml`; the only file that includes toml++.
// Depends on manifest.h, text_width.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/manifest.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#define TOML_ASSERT(expr) \
  static_cast<void>(0)  // its assertions fail on text like `=`, where its error handling does the right thing
#include <toml++/toml.h>

#include "frontend/text_width.h"

namespace janus {
namespace {

struct Reader {
  SourceMap& sources;
  Diagnostics& diags;
  const SourceFile& file;
  FileId file_id;
  Manifest& manifest;

  // toml++ counts columns in code points, we count in bytes.
  uint32_t position(toml::source_position at) const {
    std::string_view line = sources.line_text(file_id, at.line);
    uint32_t byte = 0;
    for (uint32_t c = 1; c < at.column && byte < line.size(); ++c) byte += decode_utf8(line, byte).size;
    if (!line.data()) return file.base + static_cast<uint32_t>(file.text.size());
    return file.base + static_cast<uint32_t>(line.data() - file.text.data()) + byte;
  }

  Span span(const toml::source_region& region) const {
    if (!region.begin) return {file.base, file.base + 1};
    uint32_t lo = position(region.begin), hi = region.end ? position(region.end) : lo + 1;
    return {lo, std::max(lo + 1, hi)};
  }

  // ---- keys

  void unknown_key(const toml::key& key, std::string_view where, const std::vector<std::string_view>& known) {
    auto& diag = diags.report<Diag::UnknownManifestKey>(span(key.source()), key.str(), where);
    std::string_view near = nearest_name(key.str(), known);
    if (!near.empty()) {
      diag.with_label("did you mean `" + std::string(near) + "`?");
      diag.fix(span(key.source()), std::string(near), "write `" + std::string(near) + "`",
               Applicability::MaybeIncorrect);
    }
    if (known.empty()) return;
    std::string list;
    for (std::string_view name : known) list += (list.empty() ? "`" : ", `") + std::string(name) + "`";
    diag.help("the keys here are " + list);
  }

  const toml::table* table_of(const toml::key& key, const toml::node& node) {
    if (const toml::table* table = node.as_table()) return table;
    wrong(node, key.str(), "a table")
        .help("write `[" + std::string(key.str()) + "]` on a line of its own, and its keys below");
    return nullptr;
  }

  Diagnostic& wrong(const toml::node& node, std::string_view key, std::string_view wanted) {
    return diags.report<Diag::WrongManifestValue>(span(node.source()), key, wanted);
  }

  std::string text_of(const toml::key& key, const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    wrong(node, key.str(), "a text in quotes");
    return "";
  }

  std::vector<std::pair<std::string, const toml::node*>> texts_of(const toml::key& key, const toml::node& node) {
    std::vector<std::pair<std::string, const toml::node*>> texts;
    const toml::array* array = node.as_array();
    if (!array)
      return wrong(node, key.str(), "a list of texts").help("like `" + std::string(key.str()) + " = [\"…\"]`"), texts;
    for (const toml::node& element : *array) {
      if (const auto* text = element.as_string()) texts.emplace_back(text->get(), &element);
      else wrong(element, key.str(), "a list of texts");
    }
    return texts;
  }

  std::optional<uint32_t> count_of(const toml::key& key, const toml::node& node) {
    const auto* number = node.as_integer();
    if (number && number->get() >= 1 && number->get() <= 1'000'000'000) return static_cast<uint32_t>(number->get());
    wrong(node, key.str(), "a whole number from 1 to 1_000_000_000");
    return std::nullopt;
  }

  // ---- tables

  void package(const toml::table& table) {
    static const std::vector<std::string_view> keys = {"name", "version", "profile", "capabilities"};
    for (auto&& [key, node] : table) {
      if (key == "name") {
        manifest.name = text_of(key, node);
        if (node.is_string() && !is_package_name(manifest.name))
          wrong(node, "name", "a name of small letters, digits, `-` and `_` that begins with a letter");
      } else if (key == "version") {
        manifest.version = text_of(key, node);
        if (node.is_string() && !is_version(manifest.version)) wrong(node, "version", "three numbers like \"0.3.0\"");
      } else if (key == "profile") {
        profile(key, node);
      } else if (key == "capabilities") {
        manifest.has_capabilities = true;
        capabilities(key, node);
      } else {
        unknown_key(key, "`[package]`", keys);
      }
    }
    if (!table.contains("name")) {
      toml::source_region place = table.source();
      diags.report<Diag::MissingManifestKey>(span({place.begin, {}, nullptr}), "`[package]`", "name")
          .help("add a line like `name = \"shop\"`");
    }
  }

  void profile(const toml::key& key, const toml::node& node) {
    std::string name = text_of(key, node);
    if (name.empty()) return;
    if (auto found = find_profile(name)) {
      manifest.profile = *found;
      manifest.has_profile = true;
      return;
    }
    auto& diag = diags.report<Diag::UnknownProfile>(span(node.source()), name);
    std::string_view near = nearest_name(name, profile_names());
    if (!near.empty()) diag.with_label("did you mean `" + std::string(near) + "`?");
    diag.help("the profiles are core, script, service, cluster, compute, sovereign");
  }

  void capabilities(const toml::key& key, const toml::node& node) {
    for (auto& [name, place] : texts_of(key, node)) {
      bool known = false;
      for (std::string_view capability : builtin_capabilities()) known |= capability == name;
      if (known) {
        manifest.capabilities.push_back(name);
        continue;
      }
      auto& diag = diags.report<Diag::UnknownCapability>(span(place->source()), name);
      std::string_view near = nearest_name(name, builtin_capabilities());
      if (!near.empty()) diag.with_label("did you mean `" + std::string(near) + "`?");
      std::string list;
      for (std::string_view capability : builtin_capabilities())
        list += (list.empty() ? "" : " ") + std::string(capability);
      diag.help("the capabilities a package can be given are " + list);
    }
  }

  void budget(const toml::table& table) {
    for (auto&& [key, node] : table) {
      if (key == "tasks") manifest.budget_tasks = count_of(key, node);
      else if (key == "channels") manifest.budget_channels = count_of(key, node);
      else unknown_key(key, "`[budget]`", {"tasks", "channels"});
    }
  }

  void dependencies(const toml::table& table) {
    for (auto&& [key, node] : table) {
      if (!is_package_name(key.str())) {
        diags.report<Diag::WrongManifestValue>(span(key.source()), key.str(),
                                               "a package name: small letters, digits, `-` and `_`");
        continue;
      }
      manifest.dependencies.push_back({std::string(key.str()), text_of(key, node)});
    }
  }

  void link(const toml::table& table) {
    for (auto&& [key, node] : table) {
      if (key != "files") {
        unknown_key(key, "`[link]`", {"files"});
        continue;
      }
      for (auto& [text, place] : texts_of(key, node)) manifest.link.push_back(text);
    }
  }

  static bool is_version(std::string_view text) {
    int numbers = 0;
    size_t i = 0;
    while (numbers < 3) {
      size_t from = i;
      while (i < text.size() && isdigit(static_cast<unsigned char>(text[i]))) ++i;
      if (i == from || (text[from] == '0' && i - from > 1)) return false;
      if (++numbers < 3 && (i >= text.size() || text[i++] != '.')) return false;
    }
    return i == text.size() || text[i] == '-' || text[i] == '+';
  }

  void root(const toml::table& table) {
    bool has_package = false;
    for (auto&& [key, node] : table) {
      static const std::vector<std::string_view> keys = {"package", "budget", "dependencies", "link"};
      bool known = false;
      for (std::string_view name : keys) known |= key == name;
      if (!known) {
        unknown_key(key, "janus.toml", keys);
        continue;
      }
      has_package |= key == "package";
      const toml::table* part = table_of(key, node);
      if (!part) continue;
      if (key == "package") package(*part);
      else if (key == "budget") budget(*part);
      else if (key == "dependencies") dependencies(*part);
      else link(*part);
    }
    if (!has_package)
      diags.report<Diag::MissingManifestKey>(Span{file.base, file.base}, "janus.toml", "[package]")
          .help("begin the file with `[package]` and a line like `name = \"shop\"`");
  }
};

}  // namespace

bool is_package_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] < 'a' || name[0] > 'z' || name == "std") return false;
  for (char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return false;
  return true;
}

const std::vector<std::string_view>& profile_names() {
  static const std::vector<std::string_view> names = {"core", "script", "service", "cluster", "compute", "sovereign"};
  return names;
}

std::optional<Profile> find_profile(std::string_view name) {
  if (!name.empty() && name[0] == ':') name.remove_prefix(1);
  for (size_t i = 0; i < profile_names().size(); ++i)
    if (profile_names()[i] == name) return static_cast<Profile>(i);
  return std::nullopt;
}

const std::vector<std::string_view>& builtin_capabilities() {
  static const std::vector<std::string_view> names = {
#define CAPABILITY(Name, what) #Name,
#include "frontend/capability.def"
  };
  return names;
}

bool read_manifest(SourceMap& sources, Diagnostics& diags, std::string path, std::string text, Manifest& manifest) {
  size_t errors = diags.error_count();
  FileId id = sources.add(std::move(path), std::move(text));
  const SourceFile& file = sources.file(id);
  Reader reader{sources, diags, file, id, manifest};
  toml::parse_result result = toml::parse(std::string_view(file.text), std::string_view(file.path));
  if (!result) {
    // toml++ speaks in sentences of its own ("Error while parsing key: …"); the last part says what it met.
    std::string_view what = result.error().description();
    if (size_t colon = what.find(": "); what.starts_with("Error while parsing") && colon != what.npos)
      what.remove_prefix(colon + 2);
    auto& diag = diags.report<Diag::ManifestSyntax>(reader.span(result.error().source()), what);
    diag.help("a line of janus.toml is `[table]` or `key = value`; texts stand in quotes");
    return false;
  }
  reader.root(result.table());
  return diags.error_count() == errors;
}

}  // namespace janus
