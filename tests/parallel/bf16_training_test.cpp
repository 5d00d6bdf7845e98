// SPDX-License-Identifier: MIT
// Training whose products are in bfloat16, or its refusal where there are none.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "core/bf16_product.hpp"
#include "core/error.hpp"
#include "core/matrix.hpp"
#include "core/memory_dataset.hpp"
#include "core/norm.hpp"
#include "io/synthetic/synthetic.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/gradient_sampling.hpp"
#include "parallel/run_setup.hpp"
#include "parallel/trainer.hpp"
#include "support/mpi_world.hpp"
#include "support/small_data.hpp"
#include "support/stopper.hpp"

namespace lockstep {
namespace {

using test::ClassData;
using test::world;

class Bf16Training : public testing::Test {
 protected:
  void SetUp() override {
    if (!bf16_instruction_set()) GTEST_SKIP() << bf16_problem();
  }
};

/// An engine over one batch of all samples.
class Batch {
 public:
  Batch(const TrainConfig& config, const Dataset& data, Index memory_bytes = Index{1} << 30)
      : split_{config, data},
        model_{fresh_model(config, data, split_, nullptr, world(), workers_)},
        form_{form_of(config, data, memory_bytes)},
        engine_{model_, form_, world(), workers_},
        samples_{.data = data, .row_of = split_.epoch_rows(0), .samples = data.info().samples} {}

  AlignedBuffer gradient() {
    AlignedBuffer gradient{model_.network.layout().buffer_size()};
    (void)engine_.gradient(samples_, {.training = true, .seed = 1}, gradient);
    return gradient;
  }
  void step(std::uint64_t number, double rate) {
    (void)engine_.step(samples_, {.training = true, .seed = 1, .step = number}, {.learning_rate = rate}, {}, false);
  }
  [[nodiscard]] const ParameterLayout& layout() const { return model_.network.layout(); }
  [[nodiscard]] Scalar* parameters() { return model_.parameters.data(); }
  [[nodiscard]] std::string hash() const { return weights_hash(layout(), model_.parameters.span()); }

 private:
  static StepEngine::Form form_of(const TrainConfig& config, const Dataset& data, Index memory_bytes) {
    StepEngine::Form form = engine_form(config, data.info().samples);
    form.memory_bytes = memory_bytes;
    return form;
  }

  Workers workers_{2};
  DataSplit split_;
  Model model_;
  StepEngine::Form form_;
  StepEngine engine_;
  Samples samples_;
};

TrainConfig config_of(Precision precision) {
  return {.hidden = {131, 67, 29},
          .activation = Activation::tanh,
          .dropout = 0.2,
          .optimizer = Optimizer::sgd,
          .batch_size = 211,
          .shard_size = 37,
          .precision = precision};
}

// Rounding moves an operand by 2^-8 of itself at most. The roundings do not depend on one another, so their squares add
// up; behind a gradient are at most eight products, of two operands each.
TEST_F(Bf16Training, ComputesTheGradientOfFloatsUpToRounding) {
  const ClassData classes;
  const auto data = classes.dataset();
  Batch in_floats{config_of(Precision::float32), *data};
  Batch in_bf16{config_of(Precision::bf16), *data};
  const AlignedBuffer expected = in_floats.gradient();
  const AlignedBuffer gradient = in_bf16.gradient();
  for (const ParameterBlock& block : in_floats.layout().blocks()) {
    double difference = 0;
    double size = 0;
    for (Index i = block.offset; i < block.offset + block.size(); ++i) {
      difference += std::pow(static_cast<double>(gradient.data()[i] - expected.data()[i]), 2);
      size += std::pow(static_cast<double>(expected.data()[i]), 2);
    }
    EXPECT_LT(std::sqrt(difference / size), std::sqrt(2 * 8.0) / 256) << block.name;
    EXPECT_GT(difference, 0) << block.name;
  }
}

TEST_F(Bf16Training, DrawsBatchesGradientsInItsOwnPrecision) {
  const ClassData classes;
  const auto data = classes.dataset();
  Workers workers{2};
  const auto full_norm = [&](Precision precision) {
    const TrainConfig config = config_of(precision);
    const Model model = fresh_model(config, *data, DataSplit{config, *data}, nullptr, world(), workers);
    return sample_gradients(model, config, *data, {53}, 53, world(), workers).full_norm;
  };
  const double of_floats = full_norm(Precision::float32);
  const double of_bf16 = full_norm(Precision::bf16);
  EXPECT_NE(of_bf16, of_floats);
  EXPECT_NEAR(of_bf16, of_floats, of_floats / 32);  // squares: twice as far off as the gradient
}

TEST_F(Bf16Training, GivesTheSameBitsInWavesAsAtOnce) {
  const ClassData classes;
  const auto data = classes.dataset();
  const auto hash_with = [&](Index memory_bytes) {
    Batch batch{config_of(Precision::bf16), *data, memory_bytes};
    for (const std::uint64_t step : {0U, 1U, 2U}) batch.step(step, 0.1);
    return batch.hash();
  };
  const std::string at_once = hash_with(Index{1} << 30);
  for (const Index kilobytes : {1, 800, 1200}) EXPECT_EQ(hash_with(kilobytes << 10), at_once) << kilobytes << " KiB";
}

TEST_F(Bf16Training, FindsWhatIsNotANumber) {
  const ClassData classes;
  const auto data = classes.dataset();
  Batch batch{config_of(Precision::bf16), *data};
  batch.parameters()[batch.layout().blocks()[2].offset + 7] = std::numeric_limits<Scalar>::quiet_NaN();
  try {
    batch.step(0, 0.1);
    FAIL() << "a weight that is no number went unnoticed";
  } catch (const DivergenceError& error) {
    EXPECT_EQ(error.layer(), "hidden2");
  }
}

TEST_F(Bf16Training, ResumesToTheBitsOfTheUninterruptedRun) {
  const ClassData classes;
  const auto data = classes.dataset();
  TrainConfig config = config_of(Precision::bf16);
  config.batch_size = 53;
  config.epochs = 3;
  config.optimizer = Optimizer::adam;
  test::Stopper unhindered;
  const TrainResult reference = train(config, *data, world(), unhindered);
  SerialCommunicator alone;
  test::Stopper stopper{6};
  EXPECT_TRUE(train(config, *data, alone, stopper).interrupted);
  EXPECT_EQ(train(config, *data, alone, unhindered, std::move(stopper.saved)).hash, reference.hash);
}

/// Drawn digits.
struct Digits {
  Matrix features;
  std::vector<Label> labels;

  explicit Digits(Index samples, std::uint64_t seed) {
    const auto source = synthetic_source("digits", seed);
    SyntheticSamples drawn;
    source->draw({0, samples}, drawn);
    features = Eigen::Map<const Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic>>(
                   drawn.bytes.data(), source->info().features, samples)
                   .cast<Scalar>() /
               255;
    labels = drawn.labels;
  }
  [[nodiscard]] std::unique_ptr<Dataset> dataset() const { return dataset_over(features, labels, 10); }
};

TEST_F(Bf16Training, LearnsDigitsAsWellAsFloatsDo) {
  const Digits train_digits{1499, 1};
  const Digits test_digits{499, 2};
  const auto data = train_digits.dataset();
  const auto test_data = test_digits.dataset();
  const auto accuracy = [&](Precision precision) {
    TrainingObserver silent;
    const TrainConfig config{
        .hidden = {127}, .batch_size = 61, .epochs = 8, .seed = 3, .precision = precision, .threads = 1};
    const TrainResult result = train(config, *data, world(), silent);
    Workers workers{1};
    return evaluate(result.model, *test_data, world(), workers).accuracy;
  };
  const double of_floats = accuracy(Precision::float32);
  EXPECT_GT(of_floats, 0.9);
  EXPECT_NEAR(accuracy(Precision::bf16), of_floats, 0.02);
}

TEST(Bf16Refusal, SaysWhatIsMissing) {
  limit_bf16_instructions(InstructionSet::avx512);
  const ClassData classes;
  const auto data = classes.dataset();
  TrainingObserver silent;
  std::string said;
  try {
    (void)train(config_of(Precision::bf16), *data, world(), silent);
  } catch (const RequestError& refusal) {
    said = refusal.what();
  }
  limit_bf16_instructions(InstructionSet::amx);
  EXPECT_NE(said.find("precision is bf16, but"), std::string::npos) << said;
}

}  // namespace
}  // namespace lockstep
