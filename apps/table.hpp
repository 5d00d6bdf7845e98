// SPDX-License-Identifier: MIT
// Short aligned tables for people.
#pragma once

#include <string>
#include <vector>

#include "core/types.hpp"

namespace lockstep {

/// Rows of cells: the first column flush left, the others flush right, two blanks between columns.
class Table {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Each row a line, the last without a line break.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Names and their values, flush left, values in one column.
[[nodiscard]] std::string listing(const std::vector<std::pair<std::string, std::string>>& entries);

/// "0.4217", or "3.1e-06" where that would show nothing.
[[nodiscard]] std::string short_number(double value);

/// "1,234,567".
[[nodiscard]] std::string with_thousands(double value);

/// 0.287 as "29 %".
[[nodiscard]] std::string percent(double share);

/// "1 class", "1,234 classes".
[[nodiscard]] std::string counted(Index count, const std::string& singular, const std::string& plural);

}  // namespace lockstep
