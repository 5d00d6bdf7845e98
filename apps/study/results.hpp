// SPDX-License-Identifier: MIT
// All runs of a study as tables for programs.
#pragma once

#include <string>

#include "apps/study/study_point.hpp"

namespace lockstep {

/// A row for each run, by name; a column for each setting that differs and each figure that is one number. Depends on
/// nothing but data, settings and seeds: two machines make the same bytes.
[[nodiscard]] std::string results_csv(const StudyResults& results);

/// A row for each run: what it took. Another each time.
[[nodiscard]] std::string times_csv(const StudyResults& results);

}  // namespace lockstep
