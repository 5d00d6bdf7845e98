// SPDX-License-Identifier: MIT
// Dropout at inference: a model as many networks, drawn by masks (Gal & Ghahramani, ICML 2016).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/dataset.hpp"
#include "core/model.hpp"
#include "parallel/communicator.hpp"
#include "parallel/shard_pass.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// Which networks are drawn. Network k's masks are those of training, keyed by (seed, 2^63 + k, layer, position of the
/// sample, unit): no step of training has such a number, and nothing depends on ranks, threads or windows.
struct McNetworks {
  Index count = 1;
  std::uint64_t seed = 1;
};

/// Whether the model was trained with dropout: without, all networks are the same.
[[nodiscard]] bool has_dropout(const Model& model) noexcept;

/// For all samples, in order, in windows: the mean and the standard deviation (of `count` - 1; 0 of one) of the drawn
/// networks' outputs, each (outputs x rows of the window), regression in the target's own units. `sink` is called on
/// every rank. Collective; the same bits for any number of ranks and threads.
void predict_by_sampling(const Model& model, const Dataset& data, const McNetworks& networks,
                         Communicator& communicator, Workers& workers,
                         const std::function<void(Index first_row, ConstPanel mean, ConstPanel deviation)>& sink);

/// How good the mean over the first networks is.
struct McFigures {
  Index networks = 0;
  double error = 0;  ///< classes: share of samples whose class is not named; values: RMSE in own units
  /// Mean over the samples, by natural logarithm: for classes of the mean probability of the true class, one number.
  /// For values, for each precision tau, of the mean over the networks of the density of the target under a normal
  /// distribution around the output, in own units: log (1/K) sum_k N(y; y_k, 1/tau) (ibid., eq. 8).
  std::vector<double> log_likelihood;
};

/// Averages over the first `counts[i]` networks (rising), at most networks.count. `precisions`: on the scale of the
/// model's outputs (standardised targets have variance 1). Collective; the same bits likewise.
[[nodiscard]] std::vector<McFigures> evaluate_by_sampling(const Model& model, const Samples& samples,
                                                          const McNetworks& networks, const std::vector<Index>& counts,
                                                          const std::vector<double>& precisions,
                                                          Communicator& communicator, Workers& workers);

}  // namespace lockstep
