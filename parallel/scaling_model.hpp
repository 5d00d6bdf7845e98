// SPDX-License-Identifier: MIT
// What a step takes on so many ranks and threads, by rates that are fitted to measurements.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "parallel/step_benchmark.hpp"

namespace lockstep {

/// How partial sums find their owners, and new parameters everyone.
enum class Route {
  direct,   ///< each rank to each other
  by_hosts  ///< first added up within a host, then from host to host, each rank to its counterpart there
};

/// Ranks, their threads and their hosts.
struct ScalingShape {
  int ranks = 1;
  int threads = 1;         ///< of each rank
  int ranks_per_host = 1;  ///< at most; ranks are numbered host by host
};

/// A step to be foretold.
struct ScalingPoint {
  StepCase what;
  ScalingShape shape;
};

/// What messages cost.
struct LinkRates {
  double latency_seconds = 0;   ///< of each message, besides its bytes; those of a rank follow one another
  double bytes_per_second = 0;  ///< either way at a time
};

/// Seconds of a step.
struct StepForecast {
  double computation = 0;    ///< products, sums and updates
  double communication = 0;  ///< messages within hosts and between them
  double seconds = 0;        ///< of the step: the sum, less what of it goes on at the same time
  /// The share of the step that it would not take without messages.
  [[nodiscard]] double exposed() const { return 1 - computation / seconds; }
};

/// A step as two machines that parcels of the gradient pass through one after the other: the rank, which computes them,
/// and the network between hosts, which they travel. Within a host a message is a copy that the rank makes itself, so
/// its time is the rank's. With a_i and b_i the times of parcel i on the two, and parcels in their order, a step takes
///   max over k of (a_0 + ... + a_k) + (b_k + ... + b_n)
/// (Johnson 1954, "Optimal two- and three-stage production schedules", equation 2): the sum of both for a single
/// parcel, and at best the larger of the two and one parcel's time on the other. Parcel 0 is the forward pass and the
/// figures of the batch.
///
/// The rank's time is a sum of operations / compute rate + sums / merge rate + messages x latency + bytes / bandwidth
/// (the last two: Thakur, Rabenseifner & Gropp 2005, section 3), each counted for the busiest rank:
/// - operations: those of its samples, ceil(shards / ranks) shards, divided by the threads that find work;
/// - sums, divided by its threads: P (parameters) for each of its shards, whose products read the weights and whose
///   gradient is merged; P for the update and the gradient's way to memory; and what it merges of other ranks;
/// - messages: 2 (local - 1) within the host, where local is the ranks there, and 2 (ranks - local) between hosts if
///   each goes to its owner, 2 (hosts - 1) if hosts add up theirs first; for each parcel, and once without way back;
/// - bytes: each rank's partial sums of a slice to its owner, the slice back to each rank. Hosts that add up first send
///   their sums once instead of `local` times; a host's ranks share its link.
/// Slices consist of whole units, so beyond as many ranks as a layer has units they become no smaller.
class ScalingModel {
 public:
  struct MeasuredStep {
    ScalingPoint point;
    double seconds = 0;
  };
  /// The exchange by itself (exchange_benchmark), direct.
  struct MeasuredExchange {
    Index floats = 0;
    Index leaves = 0;
    ScalingShape shape;
    double seconds = 0;
  };
  /// Least squares of relative errors; no rate is negative: a term that would be counts as nothing. Only steps within
  /// one host are looked at, for there all times add up. What is needed for all rates: steps of one rank with few
  /// samples and with many, and exchanges of few floats and of many, between hosts too.
  [[nodiscard]] static ScalingModel fitted(const std::vector<MeasuredStep>& steps,
                                           const std::vector<MeasuredExchange>& exchanges);

  /// Throws std::logic_error where there are several hosts and nothing is known of what is between them.
  [[nodiscard]] StepForecast forecast(const ScalingPoint& point, Route route) const;

  /// Infinite rates: the measurements show no such cost.
  [[nodiscard]] double compute_flops() const { return 1 / cost_[operations]; }   ///< a second, of one worker
  [[nodiscard]] double merge_additions() const { return 1 / cost_[additions]; }  ///< a second, of one worker
  /// Nothing where no exchange was measured there.
  [[nodiscard]] std::optional<LinkRates> inside_host() const { return link(inside_messages, inside_bytes); }
  [[nodiscard]] std::optional<LinkRates> between_hosts() const { return link(outside_messages, outside_bytes); }
  /// The same machines with another network between hosts; its rate is that of a host.
  [[nodiscard]] ScalingModel with_network(LinkRates network) const;

 private:
  enum Term { operations, additions, inside_messages, inside_bytes, outside_messages, outside_bytes, terms };
  using Counts = std::array<double, terms>;
  struct Owners;
  [[nodiscard]] static Counts exchange_counts(const Owners& owners, Index leaves, const ScalingShape& shape,
                                              Route route);
  [[nodiscard]] static std::vector<Counts> parcel_counts(const ScalingPoint& point, Route route);
  [[nodiscard]] double time(const Counts& counts, Term first, Term end) const;
  [[nodiscard]] std::optional<LinkRates> link(Term messages, Term bytes) const;

  Counts cost_{};
  std::array<bool, terms> known_{};
};

/// The shard size for so many ranks: that of training, or smaller where ranks would be without a shard.
[[nodiscard]] Index shard_size_for(Index batch_size, int ranks);

}  // namespace lockstep
