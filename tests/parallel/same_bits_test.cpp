// SPDX-License-Identifier: MIT
// The promise: the same bits on any number of ranks and threads. CTest runs this at several numbers of ranks.
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <string>
#include <vector>

#include "core/bf16_product.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/texts.hpp"
#include "parallel/trainer.hpp"
#include "support/mpi_world.hpp"
#include "support/small_data.hpp"

namespace lockstep {
namespace {

using test::ClassData;
using test::ValueData;
using test::world;

struct Case {
  std::string name;
  bool regression = false;
  TrainConfig config;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  const TrainConfig base{.hidden = {17, 7},
                         .optimizer = Optimizer::momentum,
                         .learning_rate = 0.05,
                         .batch_size = 53,
                         .shard_size = 8,
                         .epochs = 2};
  const auto add = [&](const std::string& name, bool regression, auto&& change) {
    Case added{.name = name, .regression = regression, .config = base};
    change(added.config);
    all.push_back(added);
  };
  add("LinearModel", false, [](TrainConfig& c) { c.hidden = {}; });
  add("AdamWithPenalties", false, [](TrainConfig& c) {
    c.optimizer = Optimizer::adam;
    c.learning_rate = 0.01;
    c.l1 = 1e-4;
    c.l2 = 1e-3;
  });
  add("AdamWRegression", true, [](TrainConfig& c) {
    c.optimizer = Optimizer::adamw;
    c.learning_rate = 0.01;
    c.weight_decay = 0.1;
    c.activation = Activation::gelu;
  });
  add("DropoutMaxNorm", false, [](TrainConfig& c) {
    c.dropout = 0.4;
    c.input_dropout = 0.2;
    c.max_norm = 0.7;
  });
  add("ClippedRmspropHuber", true, [](TrainConfig& c) {
    c.optimizer = Optimizer::rmsprop;
    c.learning_rate = 0.005;
    c.loss = Loss::huber;
    c.clip_norm = 0.3;
    c.activation = Activation::tanh;
  });
  add("ShardsThatDoNotDivide", false, [](TrainConfig& c) { c.shard_size = 11; });
  add("OneSampleShards", false, [](TrainConfig& c) {
    c.shard_size = 1;
    c.optimizer = Optimizer::nesterov;
  });
  add("FewerShardsThanRanks", false, [](TrainConfig& c) { c.shard_size = 40; });
  add("EarlyStopping", false, [](TrainConfig& c) {
    c.validation = 0.23;
    c.patience = 1;
    c.epochs = 9;
    c.schedule = ScheduleKind::cosine;
    c.warmup = 3;
  });
  add("WideLayers", false, [](TrainConfig& c) {
    c.hidden = {1031, 1049};
    c.epochs = 1;
    c.optimizer = Optimizer::sgd;
  });
  add("WideLayersClipped", true, [](TrainConfig& c) {
    c.hidden = {1031, 523};
    c.epochs = 1;
    c.clip_norm = 0.3;
    c.noise_scale = 3;
  });
  add("ExchangeBf16AdamDropout", false, [](TrainConfig& c) {
    c.exchange = Precision::bf16;
    c.optimizer = Optimizer::adam;
    c.learning_rate = 0.01;
    c.dropout = 0.3;
    c.validation = 0.23;
  });
  add("ExchangeBf16OneSampleShardsClipped", true, [](TrainConfig& c) {
    c.exchange = Precision::bf16;
    c.shard_size = 1;
    c.clip_norm = 0.3;
    c.max_norm = 0.7;
  });
  add("ExchangeBf16WideLayers", false, [](TrainConfig& c) {
    c.exchange = Precision::bf16;
    c.hidden = {1031, 523};
    c.shard_size = 11;
    c.epochs = 1;
  });
  add("Bf16DropoutAdam", false, [](TrainConfig& c) {
    c.precision = Precision::bf16;
    c.hidden = {67, 37};
    c.optimizer = Optimizer::adam;
    c.learning_rate = 0.01;
    c.dropout = 0.3;
    c.validation = 0.23;
  });
  add("Bf16WideLayers", true, [](TrainConfig& c) {
    c.precision = Precision::bf16;
    c.hidden = {1031, 523};
    c.shard_size = 19;
    c.epochs = 1;
    c.max_norm = 0.9;
  });
  return all;
}

std::string recorded(const Metrics& metrics) {
  std::string text;
  const auto put = [&](double value) { text += std::to_string(std::bit_cast<std::uint64_t>(value)) + ' '; };
  put(metrics.loss);
  put(metrics.accuracy);
  put(metrics.rmse);
  return text;
}

/// Everything a run computes that must not depend on the machine's shape.
struct Outcome {
  std::string hash;
  std::string epochs;
  std::string evaluation;
};

class Recorder final : public TrainingObserver {
 public:
  [[nodiscard]] std::string on_epoch(const EpochReport& report) override {
    text += recorded(report.train);
    if (report.validation) text += recorded(*report.validation);
    return {};
  }
  std::string text;
};

Outcome run(const Case& test_case, int threads, Communicator& communicator) {
  const ClassData classes;
  const ValueData values;
  const auto data = test_case.regression ? values.dataset() : classes.dataset();
  TrainConfig config = test_case.config;
  config.threads = threads;
  Recorder recorder;
  const TrainResult result = train(config, *data, communicator, recorder);
  Workers workers{threads};
  return {.hash = result.hash,
          .epochs = recorder.text,
          .evaluation = recorded(evaluate(result.model, *data, communicator, workers))};
}

class SameBits : public testing::TestWithParam<Case> {};

bool can_run(const Case& test_case) {
  return test_case.config.precision == Precision::float32 || bf16_instruction_set();
}

/// Of rank 0 alone on one thread, computed once for all tests of a case: each rank by itself would compute it as well,
/// all on the same few cores. Collective.
const Outcome& reference_of(const Case& test_case) {
  static std::map<std::string, Outcome> references;
  const auto [place, is_new] = references.try_emplace(test_case.name);
  Outcome& reference = place->second;
  if (!is_new) return reference;
  SerialCommunicator alone;
  if (world().rank() == 0) reference = run(test_case, 1, alone);
  for (std::string* part : {&reference.hash, &reference.epochs, &reference.evaluation})
    *part = text_of_first(world(), *part);
  return reference;
}

/// As rank 0 alone has them, on all of these ranks.
void expect_same_bits(const Case& test_case, std::initializer_list<int> thread_counts, Communicator& ranks) {
  const Outcome& reference = reference_of(test_case);
  for (const int threads : thread_counts) {
    const Outcome outcome = run(test_case, threads, ranks);
    EXPECT_EQ(outcome.hash, reference.hash) << ranks.ranks() << " ranks x " << threads << " threads";
    EXPECT_EQ(outcome.epochs, reference.epochs) << ranks.ranks() << " ranks x " << threads << " threads";
    EXPECT_EQ(outcome.evaluation, reference.evaluation) << ranks.ranks() << " ranks x " << threads << " threads";
  }
}

TEST_P(SameBits, OnAnyNumberOfRanksAndThreads) {
  if (!can_run(GetParam())) GTEST_SKIP() << bf16_problem();
  if (world().ranks() > 8)
    expect_same_bits(GetParam(), {1}, world());
  else
    expect_same_bits(GetParam(), {1, 2, 3}, world());
}

TEST_P(SameBits, WhenHostsAddUpWhatTheirRanksHaveFirst) {
  if (!can_run(GetParam())) GTEST_SKIP() << bf16_problem();
  const int ranks = world().ranks();
  for (const int each : {2, 3, 4, ranks}) {
    const bool is_new = each < ranks || ranks < 6;
    if (ranks % each != 0 || !is_new || (ranks > 8 && each != 4)) continue;
    SCOPED_TRACE(std::to_string(each) + " ranks on each host");
    expect_same_bits(GetParam(), {ranks > 8 ? 1 : 2}, test::by_hosts(each));
  }
}

/// Workers linger for as long as it lives.
struct PerturbedSchedule {
  explicit PerturbedSchedule(std::uint64_t seed) { perturb_schedule(seed); }
  ~PerturbedSchedule() { perturb_schedule(0); }
  PerturbedSchedule(const PerturbedSchedule&) = delete;
  PerturbedSchedule& operator=(const PerturbedSchedule&) = delete;
};

TEST_P(SameBits, InWhateverOrderWorkersRun) {
  if (!can_run(GetParam())) GTEST_SKIP() << bf16_problem();
  for (const std::uint64_t seed : {1U, 2U}) {
    const PerturbedSchedule perturbed{seed + static_cast<std::uint64_t>(world().rank())};
    expect_same_bits(GetParam(), {3}, world());
  }
}

INSTANTIATE_TEST_SUITE_P(Configurations, SameBits, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace lockstep
