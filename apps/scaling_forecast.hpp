// SPDX-License-Identifier: MIT
// What a cost model says of many ranks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "parallel/scaling_model.hpp"

namespace lockstep {

/// What is to be foretold.
struct ForecastRequest {
  std::vector<Index> sizes;  ///< of the network
  Index batch = 0;
  int threads = 1;         ///< of each rank
  int ranks_per_host = 1;  ///< hosts are filled one after the other
};

/// A step on so many ranks.
struct ForecastRow {
  int ranks = 0;
  Index shard_size = 0;  ///< what --shard-size would have to be
  StepForecast direct;
  StepForecast by_hosts;
  double samples_per_second = 0;  ///< the better way
  double efficiency = 0;          ///< against one worker's rate at the same batch, times workers
  Index efficient_batch = 0;      ///< the least, of doublings, whose efficiency is `enough`
};

/// 64 to 16,384 ranks, and what is to be seen in them.
class ScalingForecast {
 public:
  static constexpr double enough = 0.8;  ///< of efficiency
  static constexpr int least_ranks = 64;
  static constexpr int most_ranks = 16384;

  ScalingForecast(const ScalingModel& model, ForecastRequest request);

  [[nodiscard]] const ForecastRequest& request() const noexcept { return request_; }
  /// Powers of two.
  [[nodiscard]] const std::vector<ForecastRow>& rows() const noexcept { return rows_; }
  /// From how many ranks on (powers of two from 2) a step takes more than twice its computation.
  [[nodiscard]] std::optional<int> messages_dominate_from(Route route) const;
  /// From how many ranks on hosts that add up first are faster.
  [[nodiscard]] std::optional<int> by_hosts_faster_from() const;
  /// All this in sentences.
  [[nodiscard]] std::string words() const;

 private:
  [[nodiscard]] StepForecast at(int ranks, Index batch, Route route) const;
  [[nodiscard]] double samples_per_second(int ranks, Index batch) const;
  [[nodiscard]] double efficiency(int ranks, Index batch) const;
  [[nodiscard]] Index efficient_batch(int ranks) const;

  ScalingModel model_;
  ForecastRequest request_;
  double rate_of_worker_ = 0;
  std::vector<ForecastRow> rows_;
};

}  // namespace lockstep
