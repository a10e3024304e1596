// doc_rows.h: documentation as rows of the ASTDB: written after each check of a package, read by `janus query` and by
// lints. Depends on session.h, frontend/doc_extract.h, frontend/astdb/astdb.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "cli/session.h"
#include "docgen/gather.h"
#include "frontend/astdb/astdb.h"
#include "frontend/doc_extract.h"

namespace janus {

// Docs and tags of the modules that changed. Between AstDb::store() and commit().
// `docs`: of the package, and of the standard library when it changed here.
void store_docs(Compilation& compilation, std::initializer_list<const Docs*> docs, AstDb& db,
                const StoreResult& stored);

// The guides, likewise.
void store_guides(const Target& target, Compilation& compilation, const std::vector<docgen::GuideText>& guides,
                  AstDb& db);

// For lints: the present name of something that was called `old_name` once; empty when it is not known or not one
// thing.
std::string present_name(AstDb& db, std::string_view old_name);

// Declarations whose code changed since their doc was written, as D1021. `accept`: the docs still hold, and count as
// written now.
void lint_stale(Compilation& compilation, const Docs& docs, AstDb& db, bool accept);

}  // namespace janus
