// guides.h: the Markdown pages of a package: docs/**/*.md, and README.md where no page of docs is the first one.
// Depends on session.h, docgen/gather.h (GuideText).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "cli/session.h"
#include "docgen/gather.h"

namespace janus {

std::string guide_folder(const Target& target);   // "shop/docs", whether it exists or not
// In the order in which they are shown. None for what is no package.
std::vector<std::string> guide_paths(Disk& disk, const Target& target);
// Their texts, as sources of the compilation: diagnostics may stand in them. False: `why` says which cannot be read.
bool load_guides(Disk& disk, const std::vector<std::string>& paths, Compilation& compilation,
                 std::vector<docgen::GuideText>& out, std::string& why);

// The pictures that guides and doc comments show, when they lie in the package. Of all modules, also of those whose
// pages are not made now: a page that stays shows its own.
docgen::Pictures load_pictures(Disk& disk, const Target& target, const Program& program,
                               const std::vector<docgen::GuideText>& guides);
// Whether `page` may lead to `file`: it is there, and in the package.
bool has_file_beside(Disk& disk, const Target& target, std::string_view page, std::string_view file);

}  // namespace janus
