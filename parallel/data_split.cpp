// SPDX-License-Identifier: MIT
// Orders of rows, composed.
#include "parallel/data_split.hpp"

#include <cmath>

namespace lockstep {
namespace {

/// Chunked files are split by whole chunks: windows of one, so that each stays a unit for the epochs' windows.
ReadPattern split_pattern(ReadPattern pattern) {
  return pattern.window == 0 ? pattern : ReadPattern{.block = pattern.block, .window = 1};
}

}  // namespace

Index held_out(double validation, Index samples) {
  const double count = validation < 1 ? validation * static_cast<double>(samples) : validation;
  return count < static_cast<double>(samples) ? static_cast<Index>(std::llround(count)) : samples;
}

DataSplit::DataSplit(const TrainConfig& config, const Dataset& data)
    : seed_{config.seed},
      shuffle_{config.shuffle},
      pattern_{data.read_pattern()},
      held_out_any_{config.validation > 0},
      training_{data.info().samples - held_out(config.validation, data.info().samples)},
      order_{data.info().samples, split_pattern(pattern_), stream_key(config.seed, Purpose::split)} {}

RowOf DataSplit::training_rows() const {
  return [this](Index position) { return row(position); };
}

RowOf DataSplit::validation_rows() const {
  return [this](Index position) { return row(training_ + position); };
}

RowOf DataSplit::epoch_rows(Index epoch) const {
  if (!shuffle_) return training_rows();
  const RowOrder order{training_, pattern_, stream_key(seed_, Purpose::shuffle, static_cast<std::uint64_t>(epoch))};
  return [this, order](Index position) { return row(order(position)); };
}

}  // namespace lockstep
