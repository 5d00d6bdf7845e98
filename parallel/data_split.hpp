// SPDX-License-Identifier: MIT
// Which rows train, which validate, and in which order an epoch visits them.
#pragma once

#include "core/dataset.hpp"
#include "core/row_order.hpp"
#include "core/train_config.hpp"
#include "parallel/shard_pass.hpp"

namespace lockstep {

/// Samples held out of `samples` for a --validation setting: a count, or below 1 a fraction (rounded); at most all.
[[nodiscard]] Index held_out(double validation, Index samples);

/// The held-out samples are drawn by seed alone (in whole chunks where the file is chunked), and each epoch's order by
/// seed and epoch.
class DataSplit {
 public:
  DataSplit(const TrainConfig& config, const Dataset& data);
  // What it hands out refers to it.
  DataSplit(const DataSplit&) = delete;
  DataSplit& operator=(const DataSplit&) = delete;

  [[nodiscard]] Index training_samples() const noexcept { return training_; }
  [[nodiscard]] Index validation_samples() const noexcept { return order_.rows() - training_; }

  /// The training rows in file-friendly order, and the validation rows.
  [[nodiscard]] RowOf training_rows() const;
  [[nodiscard]] RowOf validation_rows() const;
  /// Position in epoch `epoch` (from 0) to row.
  [[nodiscard]] RowOf epoch_rows(Index epoch) const;

 private:
  [[nodiscard]] Index row(Index position) const { return held_out_any_ ? order_(position) : position; }

  std::uint64_t seed_;
  bool shuffle_;
  ReadPattern pattern_;
  bool held_out_any_;
  Index training_;
  RowOrder order_;
};

}  // namespace lockstep
