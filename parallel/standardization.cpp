// SPDX-License-Identifier: MIT
// Moments of columns, on all threads and ranks.
#include "parallel/standardization.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/aligned_buffer.hpp"
#include "parallel/ordered_sum.hpp"

namespace lockstep {
namespace {

constexpr Index block_samples = 512;

using Gather = std::function<void(std::span<const Index>, Panel)>;

/// For each of `rows` quantities the sum over samples of (x - center)^power, power 1 or 2.
std::vector<double> moment_sums(Index rows, const Gather& gather, const std::vector<double>& center, int power,
                                const Samples& samples, Communicator& communicator, Workers& workers) {
  std::vector<AlignedBuffer> buffers(static_cast<std::size_t>(leaves_in_flight(workers)));
  const auto leaf = [&](Index block, Index slot, std::span<double> sums) {
    const Index first = block * block_samples;
    const Index count = std::min(block_samples, samples.samples - first);
    std::vector<Index> indices(static_cast<std::size_t>(count));
    for (Index i = 0; i < count; ++i) indices[static_cast<std::size_t>(i)] = samples.row_of(first + i);
    AlignedBuffer& buffer = buffers[static_cast<std::size_t>(slot)];
    if (buffer.size() == 0) buffer = AlignedBuffer{panel_scalars(rows, block_samples)};
    const Panel panel{.data = buffer.data(), .rows = rows, .columns = count, .stride = padded(rows)};
    gather(indices, panel);
    std::fill(sums.begin(), sums.end(), 0.0);
    for (Index column = 0; column < count; ++column) {
      const Scalar* values = panel.column(column);
      for (std::size_t row = 0; row < sums.size(); ++row) {
        const double distance = static_cast<double>(values[row]) - center[row];
        sums[row] += power == 1 ? distance : distance * distance;
      }
    }
  };
  return sum_over_leaves(shard_count(samples.samples, block_samples), rows, communicator, workers, leaf);
}

AffineTransform fit(Index rows, const Gather& gather, const Samples& samples, Communicator& communicator,
                    Workers& workers) {
  const auto count = static_cast<double>(samples.samples);
  std::vector<double> mean(static_cast<std::size_t>(rows), 0.0);
  mean = moment_sums(rows, gather, mean, 1, samples, communicator, workers);
  for (double& value : mean) value /= count;
  const std::vector<double> squares = moment_sums(rows, gather, mean, 2, samples, communicator, workers);
  AffineTransform transform;
  for (std::size_t row = 0; row < mean.size(); ++row) {
    const double deviation = std::sqrt(squares[row] / count);
    transform.shift.push_back(static_cast<Scalar>(mean[row]));
    transform.factor.push_back(static_cast<Scalar>(deviation > 0 ? 1 / deviation : 1));
  }
  return transform;
}

}  // namespace

Transforms fit_transforms(Standardize setting, const Samples& samples, Communicator& communicator, Workers& workers) {
  const DatasetInfo& info = samples.data.info();
  const bool automatic = setting == Standardize::automatic;
  const bool features =
      setting == Standardize::features || setting == Standardize::all || (automatic && !info.byte_features);
  const bool targets =
      info.task == Task::regression && (setting == Standardize::targets || setting == Standardize::all || automatic);
  Transforms transforms;
  if (features) {
    const auto gather = [&](std::span<const Index> rows, Panel panel) {
      samples.data.gather_features(rows, {}, panel);
    };
    transforms.input = fit(info.features, gather, samples, communicator, workers);
  } else if (info.byte_features) {
    const auto size = static_cast<std::size_t>(info.features);
    transforms.input = {.shift = std::vector<Scalar>(size, 0), .factor = std::vector<Scalar>(size, Scalar(1.0 / 255))};
  }
  if (targets) {
    const auto gather = [&](std::span<const Index> rows, Panel panel) { samples.data.gather_values(rows, {}, panel); };
    transforms.target = fit(info.targets, gather, samples, communicator, workers);
  }
  return transforms;
}

}  // namespace lockstep
