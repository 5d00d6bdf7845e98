// SPDX-License-Identifier: MIT
// Reading samples in blocks through the interface that training uses.
#include "apps/content_check.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <vector>

#include "apps/agreement.hpp"
#include "apps/progress.hpp"
#include "core/aligned_buffer.hpp"
#include "core/reduction_tree.hpp"
#include "io/checksum.hpp"

namespace lockstep {
namespace {

constexpr Index block_rows = 512;

/// Calls `action` with the indices of the rows [first, end), a block at a time.
void for_blocks(Index first, Index end, const std::function<void(std::span<const Index>)>& action) {
  std::vector<Index> rows;
  for (; first < end; first += block_rows) {
    rows.resize(static_cast<std::size_t>(std::min(block_rows, end - first)));
    std::iota(rows.begin(), rows.end(), first);
    action(rows);
  }
}

template <class Number>
void add_numbers(Checksum& checksum, std::span<const Number> numbers) {
  checksum.add(std::as_bytes(numbers));
}

/// Adds the columns of a panel without their padding.
void add_columns(Checksum& checksum, ConstPanel panel) {
  for (Index column = 0; column < panel.columns; ++column)
    add_numbers(checksum, std::span{panel.column(column), static_cast<std::size_t>(panel.rows)});
}

void add_targets(Checksum& checksum, const Dataset& data) {
  const DatasetInfo& info = data.info();
  if (info.targets == 0) return;
  if (info.task == Task::classification) {
    std::vector<Label> labels;
    for_blocks(0, info.samples, [&](std::span<const Index> rows) {
      labels.resize(rows.size());
      data.gather_labels(rows, labels);
      add_numbers(checksum, std::span<const Label>{labels});
    });
    return;
  }
  AlignedBuffer values{panel_scalars(info.targets, block_rows)};
  for_blocks(0, info.samples, [&](std::span<const Index> rows) {
    const Panel panel{values.data(), info.targets, static_cast<Index>(rows.size()), padded(info.targets)};
    data.gather_values(rows, {}, panel);
    add_columns(checksum, panel);
  });
}

}  // namespace

std::string content_fingerprint(const Dataset& data) {
  constexpr Index most_rows = 61;
  const DatasetInfo& info = data.info();
  Checksum checksum;
  const Index sizes[] = {info.samples,
                         info.features,
                         info.targets,
                         info.classes,
                         static_cast<Index>(info.task),
                         static_cast<Index>(info.byte_features)};
  add_numbers(checksum, std::span<const Index>{sizes});
  add_numbers(checksum, std::span<const Index>{info.feature_shape});
  add_targets(checksum, data);
  AlignedBuffer sample{panel_scalars(info.features, 1)};
  const Panel panel{sample.data(), info.features, 1, padded(info.features)};
  const Index rows = std::min(most_rows, info.samples);
  for (Index number = 0; number < rows; ++number) {
    // The first and the last row, and the others between them at even distances.
    const Index row = rows == 1 ? 0
                                : number * ((info.samples - 1) / (rows - 1)) +
                                      number * ((info.samples - 1) % (rows - 1)) / (rows - 1);
    data.gather_features({&row, 1}, {}, panel);
    add_columns(checksum, panel);
  }
  return checksum.hex();
}

void require_finite_features(const Dataset& data, Communicator& communicator, Console& console) {
  const DatasetInfo& info = data.info();
  if (info.byte_features) return;
  agreed(communicator, [&] {
    const Range own = leaves_of_rank(info.samples, communicator.rank(), communicator.ranks());
    AlignedBuffer features{panel_scalars(info.features, block_rows)};
    Progress progress{console, "read data", static_cast<double>(own.size())};
    for_blocks(own.begin, own.end, [&](std::span<const Index> rows) {
      data.gather_features(rows, {},
                           {features.data(), info.features, static_cast<Index>(rows.size()), padded(info.features)});
      progress.update(static_cast<double>(rows.back() + 1 - own.begin));
    });
    return true;
  });
}

}  // namespace lockstep
