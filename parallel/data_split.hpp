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

/// Samples that train: those that are not held out, or as many of them as were asked for.
[[nodiscard]] Index training_samples(const TrainConfig& config, Index samples);

/// The held-out samples are drawn by seed alone, and each epoch's order by seed and epoch.
///
/// Where the file is chunked, whole chunks are drawn, and a last chunk that falls short of the others trains, at the
/// end of the training rows: so the blocks that an epoch's order is made of are the file's own chunks, each read once.
class DataSplit {
 public:
  DataSplit(const TrainConfig& config, const Dataset& data);
  // What it hands out refers to it.
  DataSplit(const DataSplit&) = delete;
  DataSplit& operator=(const DataSplit&) = delete;

  [[nodiscard]] Index training_samples() const noexcept { return training_; }
  [[nodiscard]] Index validation_samples() const noexcept { return samples_ - not_held_out_; }

  /// The training rows and the validation rows, in an order of their own: that of the file when all train, else
  /// drawn (chunk by chunk where the file is chunked).
  [[nodiscard]] RowOf training_rows() const;
  [[nodiscard]] RowOf validation_rows() const;
  /// Position in epoch `epoch` (from 0) to row.
  [[nodiscard]] RowOf epoch_rows(Index epoch) const;

 private:
  [[nodiscard]] Index row(Index position) const;

  std::uint64_t seed_;
  bool shuffle_;
  ReadPattern pattern_;
  bool drawn_;  ///< rows are in an order of their own
  Index samples_;
  Index not_held_out_;
  Index training_;     ///< the first of those
  Index short_chunk_;  ///< rows of the last chunk when they stand at the end of the training rows, else 0
  RowOrder order_;     ///< of the other rows
};

}  // namespace lockstep
