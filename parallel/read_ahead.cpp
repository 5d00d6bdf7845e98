// SPDX-License-Identifier: MIT
// This rank's rows of a batch.
#include "parallel/read_ahead.hpp"

#include <algorithm>
#include <vector>

#include "core/reduction_tree.hpp"
#include "parallel/work_plan.hpp"

namespace lockstep {

void ReadAhead::begin_epoch(const RowOf& rows, Index batch) const {
  for (Index ahead = 0; ahead < batches; ++ahead) announce(rows, batch + ahead);
}

void ReadAhead::announce(const RowOf& rows, Index batch) const {
  const Index first = batch * form_.batch_size;
  const Index samples = std::min(form_.batch_size, form_.samples - first);
  if (data_.read_pattern().window == 0 || samples <= 0) return;
  const Range own = leaves_of_rank(shard_count(samples, form_.shard_size), communicator_.rank(), communicator_.ranks());
  const Index end = std::min(own.end * form_.shard_size, samples);
  std::vector<Index> wanted;
  for (Index position = own.begin * form_.shard_size; position < end; ++position)
    wanted.push_back(rows(first + position));
  if (!wanted.empty()) data_.prefetch(wanted);
}

}  // namespace lockstep
