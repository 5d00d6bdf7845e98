// SPDX-License-Identifier: MIT
// How the samples of a new data set spread over its classes, and whether that looks like a slip.
#pragma once

#include <string>
#include <vector>

#include "core/dataset.hpp"

namespace lockstep {

class ClassCensus {
 public:
  struct Class {
    Index samples = 0;
    Index first_sample = 0;  ///< counted from 1; 0 when there is none
  };

  /// Counts the next sample. Memory depends on the largest label.
  void add(Label label);

  /// By label, from 0 to the largest.
  [[nodiscard]] const std::vector<Class>& classes() const noexcept { return classes_; }

  /// A sentence each: classes without samples; and where classes have at least 20 samples on average, those of a
  /// single one. `info` has the number of classes and their names.
  [[nodiscard]] std::vector<std::string> warnings(const std::string& path, const DatasetInfo& info) const;

 private:
  std::vector<Class> classes_;
  Index samples_ = 0;
};

}  // namespace lockstep
