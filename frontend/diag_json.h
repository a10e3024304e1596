// diag_json.h: diagnostics for programs: JSON lines (schema janus.diag/1) and SARIF 2.1.0.
// Depends on diag.h, json_text.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "frontend/diag.h"
#include "frontend/json_text.h"

namespace janus {

// A place as editors and other tools count it. Lines and columns are from 1.
struct Place {
  std::string path;
  uint32_t line = 1, col = 1, end_line = 1, end_col = 1;  // in bytes
  uint32_t utf16_col = 1, utf16_end_col = 1;              // in UTF-16 units
  uint32_t begin = 0, end = 0;                            // byte offsets in the file
};
Place place_of(const SourceMap& sources, Span span);

// One object without a newline: reason "diagnostic". `rendered` is the text for people, without colours.
std::string diag_to_json(const SourceMap& sources, const Diagnostic& diag);

// One log with one run; several compilations (several paths given) share it.
struct SarifInput {
  const SourceMap* sources;
  const Diagnostics* diags;
};
std::string diags_to_sarif(const std::vector<SarifInput>& inputs, const std::string& version);

}  // namespace janus
