// SPDX-License-Identifier: MIT
// The request of a run as a TOML file: each setting by its name, and the paths.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "apps/run_request.hpp"

namespace lockstep {

/// Keys of a section and their values as texts; lists are joined by commas.
using SectionTexts = std::map<std::string, std::string>;

/// Sets into `request` what the TOML text says. `name` is for messages.
/// Throws RequestError with every problem, each with its line; an unknown key comes with the nearest known one.
/// With `study`, a section [study] is allowed, and its keys go there.
void parse_config(std::string_view text, const std::string& name, RunRequest& request, SectionTexts* study = nullptr);

/// What config_text begins with, before the version.
inline constexpr std::string_view config_opening = "# The settings of one run of lockstep ";

/// All settings and paths but that of the run directory, so that the text repeats the run in another one.
/// Paths are written absolute.
[[nodiscard]] std::string config_text(const RunRequest& request);

}  // namespace lockstep
