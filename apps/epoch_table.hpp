// SPDX-License-Identifier: MIT
// One line of a table for each epoch of a run.
#pragma once

#include <string>

#include "parallel/trainer.hpp"

namespace lockstep {

/// Rows of fixed width that stream: the number of epochs and whether there is validation are known beforehand.
class EpochTable {
 public:
  /// `epochs` 0: not known.
  EpochTable(Task task, Index epochs, bool validation);

  [[nodiscard]] std::string heading() const;
  [[nodiscard]] std::string row(const EpochReport& report) const;
  /// Long runs show about every twentieth part of their epochs, and always the first and the last.
  [[nodiscard]] bool shows(Index epoch) const;

 private:
  Task task_;
  Index epochs_;
  bool validation_;
};

}  // namespace lockstep
