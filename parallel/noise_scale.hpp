// SPDX-License-Identifier: MIT
// The gradient noise scale, from the norms of gradients at two batch sizes.
#pragma once

#include <optional>
#include <vector>

#include "core/network.hpp"
#include "parallel/shard_buffers.hpp"

namespace lockstep {

/// Of one step: what the norms of its gradients are at two batch sizes, that of the batch and one sample.
struct GradientNorms {
  double samples = 0;        ///< of the batch
  double batch_square = 0;   ///< |mean gradient of the batch|^2
  double sample_square = 0;  ///< mean over the batch's samples of |gradient of the sample|^2
};

/// What measured steps add up to. The noise scale is the quotient of two unbiased estimates; each is averaged by itself
/// first, for the mean of quotients is biased (S. McCandlish et al., An empirical model of large-batch training, 2018,
/// appendix A.1, with batches of 1 and of B samples).
struct NoiseSums {
  double steps = 0;
  double variance = 0;  ///< of estimates of tr(Sigma), the trace of the covariance of one sample's gradient
  double signal = 0;    ///< of estimates of |G|^2, the squared norm of the true gradient; one alone may be negative
  static constexpr Index width = 3;

  /// A batch of one sample says nothing of its noise, and is left out.
  void add(const GradientNorms& norms);
  /// tr(Sigma) / |G|^2, in samples; nothing before a step was measured, or while noise hides the gradient (the mean
  /// estimate of |G|^2 is not positive).
  [[nodiscard]] std::optional<double> scale() const;
};

/// The sum over a shard's samples of |gradient of the sample's loss|^2, after backward, without computing any of these
/// gradients: a sample's gradient of a weight block is the outer product of its columns of input and delta, whose
/// squared norm is the product of theirs (I. Goodfellow, Efficient per-example gradient computations, 2015). A column
/// of each pair must be one sample. Thread-safe; the bits depend on the shard alone.
[[nodiscard]] double squared_sample_gradients(const Network& network, const ShardBuffers& shard);

}  // namespace lockstep
