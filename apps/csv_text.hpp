// SPDX-License-Identifier: MIT
// Figures as comma-separated values (RFC 4180).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace lockstep {

/// A value as a cell: texts in quotes where they need them, nothing for null.
[[nodiscard]] std::string csv_cell(const nlohmann::ordered_json& value);

/// An array of objects as lines, behind one of the names that the first of them has.
[[nodiscard]] std::string csv_text(const nlohmann::ordered_json& rows);

}  // namespace lockstep
