// SPDX-License-Identifier: MIT
// The request of a run as a TOML file: each setting by its name, and the paths.
#pragma once

#include <string>
#include <string_view>

#include "apps/run_request.hpp"

namespace lockstep {

/// Sets into `request` what the TOML text says. `name` is for messages.
/// Throws RequestError with every problem, each with its line; an unknown key comes with the nearest known one.
void parse_config(std::string_view text, const std::string& name, RunRequest& request);

/// What config_text begins with, before the version.
inline constexpr std::string_view config_opening = "# The settings of one run of lockstep ";

/// All settings and paths but that of the run directory, so that the text repeats the run in another one.
/// Paths are written absolute.
[[nodiscard]] std::string config_text(const RunRequest& request);

}  // namespace lockstep
