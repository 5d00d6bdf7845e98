// SPDX-License-Identifier: MIT
// Timing exchanges.
#include "parallel/exchange_benchmark.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/reduction_tree.hpp"
#include "parallel/collective_timing.hpp"
#include "parallel/gradient_exchange.hpp"
#include "parallel/slice_update.hpp"

namespace lockstep {
namespace {

constexpr std::uint64_t seed = 1;

/// Three equal square layers with their biases, and what is left of `floats`.
ParameterLayout layers_of(Index floats) {
  const auto units = static_cast<Index>(std::sqrt(static_cast<double>(floats) / 3));
  ParameterLayout layout;
  for (const char* layer : {"hidden1", "hidden2", "hidden3"}) {
    layout.add(fmt::format("{}/weights", layer), units - 1, units, false);
    layout.add(fmt::format("{}/bias", layer), 1, units, true);
  }
  if (const Index rest = floats - layout.parameters(); rest > 0) layout.add("output/bias", 1, rest, true);
  return layout;
}

/// Both ways to the sum over ranks, with made-up partial sums.
class SumOverRanks {
 public:
  SumOverRanks(const ExchangeCase& what, Communicator& communicator, Workers& workers)
      : leaves_{what.leaves},
        layout_{layers_of(what.floats)},
        slices_{layout_, communicator.ranks()},
        exchange_{slices_, communicator, workers},
        update_{layout_, slices_, {slices_.parcel()}, Optimizer::sgd, communicator, workers},
        ordered_{layout_.buffer_size()},
        values_(static_cast<std::size_t>(what.floats)),
        sums_(values_.size()) {
    for (const TreeBlock& block : maximal_blocks(leaves_of_rank(leaves_, communicator.rank(), communicator.ranks())))
      fill(block);
  }

  void in_order() {
    exchange_.begin(leaves_, own_);
    exchange_.start(slices_.parcel());
    exchange_.wait(0);
    update_.gather_gradient(exchange_, ordered_);
  }

  void in_any_order(const SumInAnyOrder& any_order) { any_order(values_, sums_); }

  /// After both.
  void require_agreement() const {
    auto sum = sums_.begin();
    for (const ParameterBlock& block : layout_.blocks()) {
      for (Index i = block.offset; i < block.offset + block.size(); ++i, ++sum) {
        const double difference = std::abs(static_cast<double>(ordered_.data()[i]) - static_cast<double>(*sum));
        if (difference > 1e-5 * static_cast<double>(leaves_))
          throw Error{fmt::format("the ordered sum is {} and MPI's {} at number {} of {}: one of them is wrong",
                                  ordered_.data()[i], *sum, sum - sums_.begin(), sums_.size())};
      }
    }
  }

 private:
  /// The partial sum of a block of leaves, below 1; and its part in the vector without order.
  void fill(const TreeBlock& block) {
    AlignedBuffer& buffer = own_.emplace_back(layout_.buffer_size());
    const StreamKey key = stream_key(seed, Purpose::synthetic, static_cast<std::uint64_t>(block.start), 0);
    auto value = values_.begin();
    for (const ParameterBlock& parameters : layout_.blocks()) {
      for (Index i = parameters.offset; i < parameters.offset + parameters.size(); ++i, ++value) {
        buffer.data()[i] = static_cast<Scalar>(to_uniform(random_words(key, static_cast<std::uint64_t>(i))[0]));
        *value += buffer.data()[i];
      }
    }
  }

  Index leaves_;
  ParameterLayout layout_;
  Slices slices_;
  GradientExchange exchange_;
  SliceUpdate update_;
  std::vector<AlignedBuffer> own_;
  AlignedBuffer ordered_;
  std::vector<Scalar> values_;
  std::vector<Scalar> sums_;
};

}  // namespace

std::vector<ExchangeTimes> measure_exchange(const ExchangeCase& what, int repetitions, double seconds,
                                            const SumInAnyOrder& any_order, Communicator& communicator,
                                            Workers& workers) {
  SumOverRanks sums{what, communicator, workers};
  const auto in_order = [&] { sums.in_order(); };
  const auto in_any_order = [&] { sums.in_any_order(any_order); };
  in_order();
  in_any_order();
  sums.require_agreement();
  const Index ordered_calls = calls_for(seconds / 2, communicator, in_order);
  const Index any_order_calls = calls_for(seconds / 2, communicator, in_any_order);
  std::vector<ExchangeTimes> times;
  for (int repetition = 0; repetition < repetitions; ++repetition)
    times.push_back({.ordered_seconds =
                         collective_seconds(ordered_calls, communicator, in_order) / static_cast<double>(ordered_calls),
                     .any_order_seconds = collective_seconds(any_order_calls, communicator, in_any_order) /
                                          static_cast<double>(any_order_calls)});
  return times;
}

double ordered_exchange_seconds(const ExchangeCase& what, double seconds, Communicator& communicator,
                                Workers& workers) {
  SumOverRanks sums{what, communicator, workers};
  const auto in_order = [&] { sums.in_order(); };
  const Index calls = calls_for(seconds, communicator, in_order);
  return collective_seconds(calls, communicator, in_order) / static_cast<double>(calls);
}

Index most_partial_sums(Index leaves, int ranks) {
  std::size_t most = 0;
  for (int rank = 0; rank < ranks; ++rank)
    most = std::max(most, maximal_blocks(leaves_of_rank(leaves, rank, ranks)).size());
  return static_cast<Index>(most);
}

}  // namespace lockstep
