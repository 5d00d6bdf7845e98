// SPDX-License-Identifier: MIT
// The minibatch gradient as an estimate of the full one: its bias and its variance, measured.
#pragma once

#include <vector>

#include "core/model.hpp"
#include "core/train_config.hpp"
#include "parallel/communicator.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// Batches of one size, drawn from the training samples without replacement.
struct GradientSample {
  Index batch = 0;
  Index draws = 0;
  /// Mean of |g - G|^2 over the draws: the trace of the covariance of the batch's mean gradient g around the full one,
  /// G.
  double variance = 0;
  /// |mean of g - G|^2. Without bias it is variance / draws on average.
  double bias = 0;
};

/// The variance of a batch of one sample that follows from the sample's, of `all` training samples:
/// variance n (N - 1) / (N - n), because draws are without replacement.
[[nodiscard]] inline double variance_of_one(const GradientSample& sample, Index all) {
  const auto n = static_cast<double>(sample.batch);
  const auto of = static_cast<double>(all);
  return sample.variance * n * (of - 1) / (of - n);
}

struct GradientSampling {
  double full_norm = 0;  ///< |G|^2
  std::vector<GradientSample> samples;
};

/// For each of `batches`, draws as many batches as `draw_samples` samples make, at least 8 and at most 256, keyed by
/// the run's seed. No dropout; products are in the run's precision, bf16 only where bf16_instruction_set() names
/// something. The model is left as it is. Collective; the same bits for any number of ranks and threads.
[[nodiscard]] GradientSampling sample_gradients(const Model& model, const TrainConfig& config, const Dataset& data,
                                                const std::vector<Index>& batches, Index draw_samples,
                                                Communicator& communicator, Workers& workers);

}  // namespace lockstep
