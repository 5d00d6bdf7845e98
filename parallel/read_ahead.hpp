// SPDX-License-Identifier: MIT
// What a data set that reads ahead is told, and when.
#pragma once

#include "core/dataset.hpp"
#include "parallel/communicator.hpp"
#include "parallel/shard_pass.hpp"

namespace lockstep {

/// Tells a data set that reads ahead which rows this rank will take of an epoch: its shards of every batch, each once,
/// in order, two batches before they are due. One in reserve: disks, and who shares a core with us, falter.
class ReadAhead {
 public:
  struct Form {
    Index samples = 0;  ///< in an epoch; the last batch may be short
    Index batch_size = 0;
    Index shard_size = 0;
  };
  /// Data set and communicator must outlive it.
  ReadAhead(const Dataset& data, Form form, const Communicator& communicator)
      : data_{data}, form_{form}, communicator_{communicator} {}

  /// Batches are taken from `batch` on, of the epoch whose rows these are.
  void begin_epoch(const RowOf& rows, Index batch) const;
  /// `batch` is taken now.
  void begin_batch(const RowOf& rows, Index batch) const { announce(rows, batch + batches); }

 private:
  static constexpr Index batches = 2;
  void announce(const RowOf& rows, Index batch) const;

  const Dataset& data_;
  Form form_;
  const Communicator& communicator_;
};

}  // namespace lockstep
