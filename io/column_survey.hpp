// SPDX-License-Identifier: MIT
// What one column of a table holds, from one pass over its values.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.hpp"
#include "io/streaming_median.hpp"

namespace lockstep {

class ColumnSurvey {
 public:
  /// `keep_distribution`: count floats for the median too.
  explicit ColumnSurvey(bool keep_distribution) : keep_distribution_{keep_distribution} {}

  void add(std::string_view field);
  /// The second pass, for the median.
  void add_again(std::string_view field);

  [[nodiscard]] Index values() const noexcept { return numbers_ + texts_; }
  [[nodiscard]] Index missing() const noexcept { return missing_; }
  /// Are more than half of the values numbers?
  [[nodiscard]] bool numeric() const noexcept { return numbers_ > texts_; }
  [[nodiscard]] bool whole_numbers() const noexcept { return numeric() && whole_; }
  [[nodiscard]] bool too_many_texts() const noexcept;
  [[nodiscard]] bool too_many_numbers() const noexcept;
  /// The different values as text in the order of their bytes; too many: the first that came.
  [[nodiscard]] std::vector<std::string> different_texts() const { return {texts_seen_.begin(), texts_seen_.end()}; }
  /// The different numbers, in order.
  [[nodiscard]] const std::set<double>& different_numbers() const noexcept { return numbers_seen_; }
  /// Of the numbers; none without numbers or distribution. After the second pass.
  [[nodiscard]] std::optional<float> median() const;

 private:
  bool keep_distribution_;
  Index numbers_ = 0;
  Index texts_ = 0;
  Index missing_ = 0;
  bool whole_ = true;
  std::set<std::string, std::less<>> texts_seen_;
  std::set<double> numbers_seen_;
  StreamingMedian median_;
};

/// A class that is a number, as text: "3" for 3.0.
[[nodiscard]] std::string class_name_of(double value);

}  // namespace lockstep
