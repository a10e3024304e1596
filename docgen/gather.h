// gather.h: from a checked program and its doc comments to the model.
// Depends on model.h, frontend/doc_extract.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <map>

#include "docgen/model.h"
#include "frontend/doc_extract.h"

namespace janus::docgen {

// Pictures that guides and doc comments show, for pages: each file once, and who names it how.
struct Pictures {
  struct Use {
    std::string file, target;   // the guide or source, and what is written there
    PictureId picture;
  };
  std::vector<Picture> files;
  std::vector<Use> uses;
};
struct GatherOptions {
  std::string name, version, janus_version;
  std::string root;   // taken off the paths of files, so that the bytes do not depend on where janus runs: "shop/"
  bool std_too = false;   // document the standard library
  bool private_too = false;   // also what is not `pub`
  std::function<std::string(DeclId)> cid;   // "blake3:…", "" when there is none
  std::function<uint64_t(DeclId)> cid_key;  // its first bytes as a number, 0 when there is none: set when `cid` is
  std::vector<std::pair<std::string, std::string>> renamed;   // old path, present path
  struct ExampleResult {
    std::string path;
    uint32_t ordinal;
    std::string result;
  };
  std::vector<ExampleResult> examples;   // how the doctests of a declaration went, when they were last run
  Pictures pictures;
  bool source_links = true;   // every name of the sources is linked (needs the bodies)
  bool schemas = true;        // JSON Schemas of parameters and results
  std::vector<bool> whole;   // a flag a module: only these are described, of the others there are names; empty: all
  std::vector<bool> linked;   // a flag a module, likewise: the sources whose names are linked
};
struct GuideText {
  std::string path;
  std::string text;
  uint32_t base = 0; /* of its SourceFile */
};

Model gather(Program& program, const Docs& docs, const std::vector<GuideText>& guides, const GatherOptions& options);

// source_links.cpp: each name of a module's text that means a declaration or a local; `item_of` tells the item of a
// declaration.
void link_names(Program& program, ModuleId module, const std::vector<ItemId>& item_of_decl,
                const std::map<std::string, ItemId>& builtins, const std::vector<std::vector<const Body*>>& bodies,
                std::vector<SourceLink>& out);

}   // namespace janus::docgen
