// SPDX-License-Identifier: MIT
// Ranks share out a window's shards, and all of them get all of it.
#include "parallel/prediction_windows.hpp"

#include <algorithm>

#include "core/aligned_buffer.hpp"
#include "parallel/evaluation_plan.hpp"
#include "parallel/ordered_sum.hpp"

namespace lockstep {

Index window_slots(const Workers& workers) { return std::min(window_shards, leaves_in_flight(workers)); }

void for_each_window(
    const WindowForm& form, Communicator& communicator, Workers& workers,
    const std::function<void(Range rows, Index slot, const std::vector<Panel>& panels, Index column)>& fill,
    const std::function<void(Index first_row, const std::vector<Panel>& panels)>& sink) {
  const Index shard_size = evaluation_plan.shard_size;
  const Index window_rows = window_shards * shard_size;
  const Index slots = window_slots(workers);
  std::vector<AlignedBuffer> memory;
  for (std::size_t i = 0; i < form.panels; ++i)
    memory.emplace_back(panel_scalars(form.outputs, std::min(form.samples, window_rows)));
  for (Index first = 0; first < form.samples; first += window_rows) {
    const Index rows = std::min(window_rows, form.samples - first);
    std::vector<Panel> panels;
    for (AlignedBuffer& buffer : memory)
      panels.push_back({.data = buffer.data(), .rows = form.outputs, .columns = rows, .stride = padded(form.outputs)});
    const Index shards = shard_count(rows, shard_size);
    const Range own = leaves_of_rank(shards, communicator.rank(), communicator.ranks());
    for (Index wave = own.begin; wave < own.end; wave += slots)
      workers.for_each(std::min(slots, own.end - wave), [&](Index slot) {
        const Index column = (wave + slot) * shard_size;
        fill({first + column, first + std::min(column + shard_size, rows)}, slot, panels, column);
      });
    std::vector<Pieces> parts;
    for (int rank = 0; rank < communicator.ranks(); ++rank) {
      const Range theirs = leaves_of_rank(shards, rank, communicator.ranks());
      const Index begin = std::min(theirs.begin * shard_size, rows);
      const Index end = std::min(theirs.end * shard_size, rows);
      Pieces& part = parts.emplace_back();
      for (const Panel& panel : panels)
        part.push_back(writable_bytes_of(panel.column(begin), (end - begin) * panel.stride));
    }
    communicator.all_gather(parts)->wait();
    sink(first, panels);
  }
}

}  // namespace lockstep
