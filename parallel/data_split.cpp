// SPDX-License-Identifier: MIT
// Orders of rows, composed.
#include "parallel/data_split.hpp"

#include <algorithm>
#include <cmath>

namespace lockstep {
namespace {

/// Chunked files are split by whole chunks: windows of one, so that each stays a unit for the epochs' windows.
ReadPattern split_pattern(ReadPattern pattern) {
  return pattern.window == 0 ? pattern : ReadPattern{.block = pattern.block, .window = 1};
}

/// Rows of a last chunk that is shorter than the others, when there are others and the training rows can take it.
Index short_chunk(ReadPattern pattern, Index samples, Index training) {
  if (pattern.window == 0 || samples < pattern.block) return 0;
  const Index rows = samples % pattern.block;
  return rows <= training ? rows : 0;
}

}  // namespace

Index held_out(double validation, Index samples) {
  const double count = validation < 1 ? validation * static_cast<double>(samples) : validation;
  return count < static_cast<double>(samples) ? static_cast<Index>(std::llround(count)) : samples;
}

Index training_samples(const TrainConfig& config, Index samples) {
  const Index most = samples - held_out(config.validation, samples);
  return config.train_samples > 0 ? std::min(config.train_samples, most) : most;
}

DataSplit::DataSplit(const TrainConfig& config, const Dataset& data)
    : seed_{config.seed},
      shuffle_{config.shuffle},
      pattern_{data.read_pattern()},
      drawn_{config.validation > 0 || config.train_samples > 0},
      samples_{data.info().samples},
      not_held_out_{samples_ - held_out(config.validation, samples_)},
      training_{lockstep::training_samples(config, samples_)},
      short_chunk_{short_chunk(pattern_, samples_, not_held_out_)},
      order_{samples_ - short_chunk_, split_pattern(pattern_), stream_key(config.seed, Purpose::split)} {}

Index DataSplit::row(Index position) const {
  if (!drawn_) return position;
  const Index drawn = not_held_out_ - short_chunk_;
  if (position < drawn) return order_(position);
  if (position < not_held_out_) return order_.rows() + (position - drawn);
  return order_(position - short_chunk_);
}

RowOf DataSplit::training_rows() const {
  return [this](Index position) { return row(position); };
}

RowOf DataSplit::validation_rows() const {
  return [this](Index position) { return row(not_held_out_ + position); };
}

RowOf DataSplit::epoch_rows(Index epoch) const {
  if (!shuffle_) return training_rows();
  const RowOrder order{training_, pattern_, stream_key(seed_, Purpose::shuffle, static_cast<std::uint64_t>(epoch))};
  return [this, order](Index position) { return row(order(position)); };
}

}  // namespace lockstep
