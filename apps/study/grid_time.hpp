// SPDX-License-Identifier: MIT
// How long runs take that groups of ranks make side by side.
#pragma once

#include <vector>

namespace lockstep {

/// For each of `groups` groups the runs it makes, as indices into `work`: the largest first, each to the group that has
/// the least to do (Graham 1969). Pure.
[[nodiscard]] std::vector<std::vector<std::size_t>> shared_out(const std::vector<double>& work, int groups);

/// How long runs take that were shared out so: as long as the group with most to do. `seconds`: of each run, on one
/// group. Pure.
[[nodiscard]] double seconds_side_by_side(const std::vector<double>& seconds, int groups);

/// The work of one group, in any unit.
struct GroupWork {
  double all = 0;
  double done = 0;  ///< that is known of: of other groups, their runs that have ended
};

/// Work left for the group that has most left: the first is the own group, whose work under way is known too; each
/// other one is taken to have done as much, for groups are about equally fast. Pure.
[[nodiscard]] double work_left(const std::vector<GroupWork>& groups);

}  // namespace lockstep
