// SPDX-License-Identifier: MIT
// What is wrong with the values of a table: the first places of each kind, and how many there are.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/types.hpp"

namespace lockstep {

enum class TableProblem {
  missing,           ///< no value, and the policy says error
  missing_target,    ///< no target, and features are filled
  nothing_to_fill,   ///< no value, and the data set to be like has nothing to fill it with
  not_a_number,      ///< text in a numeric column
  infinite,          ///< infinity, or beyond a float
  unknown_category,  ///< text that the data set to be like does not have
  unknown_class,     ///< the same of the target
  ragged,            ///< a row of another length
};

class TableProblems {
 public:
  /// `path` is the table; `like` the data set it shall be like, or "".
  TableProblems(std::string path, std::string like);

  /// Is the table to be like another data set?
  [[nodiscard]] bool like_another() const noexcept { return !like_.empty(); }
  /// `place` says where and what: "'x' in row 3, column 2 ('age')".
  void add(TableProblem kind, std::string place);
  [[nodiscard]] bool empty() const noexcept { return total_ == 0; }
  /// Throws RequestError with one sentence for each kind that occurred: how many, the first places, what to do.
  void throw_if_any() const;

 private:
  struct Found {
    std::vector<std::string> first;
    Index count = 0;
  };
  static constexpr std::size_t kinds = static_cast<std::size_t>(TableProblem::ragged) + 1;

  std::string path_;
  std::string like_;
  std::array<Found, kinds> found_;
  Index total_ = 0;
};

}  // namespace lockstep
