// SPDX-License-Identifier: MIT
// Gathering without computing.
#include "parallel/input_benchmark.hpp"

#include <algorithm>
#include <cstring>

#include "core/aligned_buffer.hpp"
#include "core/reduction_tree.hpp"
#include "parallel/work_plan.hpp"

namespace lockstep {

InputLoop::InputLoop(const Dataset& data, Index batch_size, Communicator& communicator, Workers& workers)
    : data_{data},
      communicator_{communicator},
      workers_{workers},
      split_{TrainConfig{}, data},
      batch_size_{std::min(batch_size, data.info().samples)},
      shard_size_{plan_work(batch_size_).shard_size},
      read_ahead_{data,
                  {.samples = batches() * batch_size_, .batch_size = batch_size_, .shard_size = shard_size_},
                  communicator} {
  begin_epoch(0);
}

void InputLoop::begin_epoch(Index epoch) {
  epoch_ = epoch;
  batch_ = 0;
  rows_ = split_.epoch_rows(epoch);
  read_ahead_.begin_epoch(rows_, 0);
}

void InputLoop::gather_batch() {
  if (batch_ == batches()) begin_epoch(epoch_ + 1);
  read_ahead_.begin_batch(rows_, batch_);
  const Range own = leaves_of_rank(shard_count(batch_size_, shard_size_), communicator_.rank(), communicator_.ranks());
  workers_.for_each(own.size(), [&](Index shard) { gather_shard(own.begin + shard); });
  ++batch_;
}

void InputLoop::gather_shard(Index shard) const {
  const Index first = shard * shard_size_;
  const Index width = std::min(shard_size_, batch_size_ - first);
  std::vector<Index> rows(static_cast<std::size_t>(width));
  for (Index i = 0; i < width; ++i) rows[static_cast<std::size_t>(i)] = rows_(batch_ * batch_size_ + first + i);
  const DatasetInfo& info = data_.info();
  const std::span<Scalar> memory = thread_scratch<InputLoop>(panel_scalars(info.features, width));
  data_.gather_features(rows, {}, {memory.data(), info.features, width, padded(info.features)});
}

CopyLoop::CopyLoop(std::size_t bytes, std::size_t part_bytes, Communicator& communicator, Workers& workers)
    : workers_{workers},
      part_bytes_{std::max<std::size_t>(1, part_bytes / static_cast<std::size_t>(communicator.ranks()))},
      parts_{std::max<std::size_t>(1, bytes / part_bytes_)},
      from_{std::make_unique_for_overwrite<std::byte[]>(parts_ * part_bytes_)},
      to_{std::make_unique_for_overwrite<std::byte[]>(parts_ * part_bytes_)} {
  // Touched once: the first use of a page would be the system's work.
  std::memset(from_.get(), 1, parts_ * part_bytes_);
  std::memset(to_.get(), 2, parts_ * part_bytes_);
}

void CopyLoop::copy_part() {
  const std::size_t begin = next_ * part_bytes_;
  next_ = (next_ + 1) % parts_;
  const auto pieces = static_cast<std::size_t>(workers_.threads());
  workers_.for_each(workers_.threads(), [&](Index piece) {
    const auto index = static_cast<std::size_t>(piece);
    const std::size_t first = part_bytes_ * index / pieces;
    const std::size_t last = part_bytes_ * (index + 1) / pieces;
    std::memcpy(to_.get() + begin + first, from_.get() + begin + first, last - first);
  });
}

}  // namespace lockstep
