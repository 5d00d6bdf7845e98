// SPDX-License-Identifier: MIT
// How fast samples come from a data set as training takes them, and what copying their bytes takes.
#pragma once

#include <cstddef>
#include <memory>

#include "core/dataset.hpp"
#include "parallel/communicator.hpp"
#include "parallel/data_split.hpp"
#include "parallel/read_ahead.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// Gathers batches of a data set one after another, in the shuffled order of epoch after epoch: rows ahead are
/// announced, shards shared out among workers, and each shard ends up in memory that its worker uses again and again.
class InputLoop {
 public:
  /// The data set, communicator and workers must outlive it. Batches hold at most as many samples as the data set.
  InputLoop(const Dataset& data, Index batch_size, Communicator& communicator, Workers& workers);

  /// The next batch: this rank's shards of it. Throws what the data set throws.
  void gather_batch();

  [[nodiscard]] Index batch_size() const noexcept { return batch_size_; }
  /// Whole batches in an epoch; what is left over is not gathered.
  [[nodiscard]] Index batches() const noexcept { return data_.info().samples / batch_size_; }

 private:
  void begin_epoch(Index epoch);
  void gather_shard(Index shard) const;

  const Dataset& data_;
  Communicator& communicator_;
  Workers& workers_;
  DataSplit split_;
  Index batch_size_;
  Index shard_size_;
  ReadAhead read_ahead_;
  RowOf rows_;
  Index epoch_ = 0;
  Index batch_ = 0;  ///< of the epoch
};

/// Copies memory to memory (memcpy), a part at a time, this rank's share of it, on all workers.
class CopyLoop {
 public:
  /// `bytes` are walked through from first to last, `part_bytes` of all ranks in a call; both sides lie in memory once
  /// on each rank.
  CopyLoop(std::size_t bytes, std::size_t part_bytes, Communicator& communicator, Workers& workers);
  void copy_part();

 private:
  Workers& workers_;
  std::size_t part_bytes_;
  std::size_t parts_;
  std::unique_ptr<std::byte[]> from_;
  std::unique_ptr<std::byte[]> to_;
  std::size_t next_ = 0;
};

}  // namespace lockstep
