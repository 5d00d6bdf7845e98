// SPDX-License-Identifier: MIT
// A data set that knows how long workers were held up by it.
#pragma once

#include <atomic>

#include "core/dataset.hpp"

namespace lockstep {

/// Passes everything on to another data set, which must outlive it, and adds up the time that its callers spend in
/// gathering features: waiting for the disk, converting, copying.
class TimedDataset final : public Dataset {
 public:
  explicit TimedDataset(const Dataset& other) : other_{other} {}
  [[nodiscard]] const DatasetInfo& info() const override { return other_.info(); }
  [[nodiscard]] ReadPattern read_pattern() const override { return other_.read_pattern(); }
  void prefetch(std::span<const Index> rows) const override { other_.prefetch(rows); }
  void gather_features(std::span<const Index> rows, const AffineTransform& transform, Panel features) const override;
  void gather_labels(std::span<const Index> rows, std::span<Label> labels) const override {
    other_.gather_labels(rows, labels);
  }
  void gather_values(std::span<const Index> rows, const AffineTransform& transform, Panel values) const override {
    other_.gather_values(rows, transform, values);
  }

  /// Of all callers together, since the beginning.
  [[nodiscard]] double seconds() const noexcept {
    return 1e-9 * static_cast<double>(nanoseconds_.load(std::memory_order_relaxed));
  }

 private:
  const Dataset& other_;
  mutable std::atomic<std::int64_t> nanoseconds_ = 0;
};

}  // namespace lockstep
