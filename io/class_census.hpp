// SPDX-License-Identifier: MIT
// How the samples of a new data set spread over its classes, and whether that looks like a slip.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/dataset.hpp"

namespace lockstep {

class ClassCensus {
 public:
  struct Class {
    Index samples = 0;
    Index first_place = 0;  ///< 0 when there is none
  };

  /// `places`: what samples are counted in where they come from, "sample" or "row".
  explicit ClassCensus(std::string places) : places_{std::move(places)} {}

  /// Counts the sample at `place`, counted from 1. Memory depends on the largest label.
  void add(Label label, Index place);

  /// By label, from 0 to the largest.
  [[nodiscard]] const std::vector<Class>& classes() const noexcept { return classes_; }

  /// A sentence each: classes without samples; and where classes have at least 20 samples on average, those of a
  /// single one. `info` has the number of classes and their names.
  [[nodiscard]] std::vector<std::string> warnings(const std::string& path, const DatasetInfo& info) const;

 private:
  std::string places_;
  std::vector<Class> classes_;
  Index samples_ = 0;
};

}  // namespace lockstep
