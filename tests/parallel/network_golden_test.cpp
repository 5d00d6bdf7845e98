// SPDX-License-Identifier: MIT
// Ten training steps of whole networks, beside PyTorch's from the same start.
#include <gtest/gtest.h>

#include "core/matrix.hpp"
#include "core/memory_dataset.hpp"
#include "core/settings.hpp"
#include "parallel/trainer.hpp"
#include "tests/support/golden.hpp"

namespace lockstep {
namespace {

constexpr Index samples = 37;
constexpr Index features = 13;
constexpr Index classes = 3;
constexpr Index targets = 2;

class LossRecorder final : public TrainingObserver {
 public:
  void on_step(const StepProgress& progress) override { losses.push_back(progress.loss); }
  std::vector<double> losses;
};

TrainConfig config_of(const nlohmann::json& golden, const nlohmann::json& test_case) {
  TrainConfig config{.hidden = golden["hidden"].get<std::vector<Index>>(),
                     .batch_size = samples,
                     .shard_size = 8,
                     .epochs = 10,
                     .shuffle = false,
                     .standardize = Standardize::none,
                     .threads = 2};
  for (const std::string name : {"activation", "loss", "output", "optimizer"})
    find_setting(name)->set(config, test_case[name].get<std::string>());
  for (const auto& [name, value] : test_case["settings"].items()) find_setting(name)->set(config, value.dump());
  return config;
}

Model initial_model(const TrainConfig& config, const nlohmann::json& layers, Task task) {
  Network network{{.inputs = features,
                   .hidden = config.hidden,
                   .outputs = task == Task::classification ? classes : targets,
                   .activation = config.activation,
                   .output = config.output.value()}};
  AlignedBuffer parameters{network.layout().buffer_size()};
  for (std::size_t i = 0; i < network.layout().blocks().size(); ++i) {
    const std::vector<Scalar> values = golden::scalars(layers[i / 2][i % 2]);
    std::copy(values.begin(), values.end(), parameters.data() + network.layout().blocks()[i].offset);
  }
  return {.network = std::move(network),
          .parameters = std::move(parameters),
          .loss = config.loss.value(),
          .task = task,
          .classes = task == Task::classification ? classes : 0};
}

/// The samples, in memory; data sets over them look at these arrays.
struct Samples {
  explicit Samples(const nlohmann::json& golden)
      : inputs{Eigen::Map<const Matrix>(golden::scalars(golden["features"]).data(), features, samples)},
        values{Eigen::Map<const Matrix>(golden::scalars(golden["values"]).data(), targets, samples)},
        labels{golden["labels"].get<std::vector<Label>>()} {}

  [[nodiscard]] std::unique_ptr<Dataset> dataset(Task task) const {
    return task == Task::classification ? dataset_over(inputs, labels, classes) : dataset_over(inputs, values);
  }

  Matrix inputs;
  Matrix values;
  std::vector<Label> labels;
};

/// What ten steps of this arithmetic may drift: some times what PyTorch's float32 drifted, scaled to Scalar.
double allowed_drift(const nlohmann::json& float32_deviation) {
  constexpr double times = 16;
  const double in_float = std::max(float32_deviation.get<double>(), 1e-7);
  return times * in_float * static_cast<double>(std::numeric_limits<Scalar>::epsilon()) /
         static_cast<double>(std::numeric_limits<float>::epsilon());
}

TEST(NetworkGolden, TenTrainingStepsMatchPyTorch) {
  const nlohmann::json golden = golden::read("networks.json");
  const Samples data{golden};
  ASSERT_GT(golden["cases"].size(), 20U);
  for (const nlohmann::json& test_case : golden["cases"]) {
    nlohmann::json title = test_case;
    title.erase("losses");
    title.erase("final");
    SCOPED_TRACE(title.dump());
    const Task task = test_case["task"] == "regression" ? Task::regression : Task::classification;
    const TrainConfig config = config_of(golden, test_case);
    const Model initial = initial_model(config, golden["initial"][test_case["task"].get<std::string>()], task);
    SerialCommunicator alone;
    LossRecorder recorder;
    const TrainResult result = train(config, *data.dataset(task), alone, recorder, std::nullopt, &initial);

    const double loss_drift = allowed_drift(test_case["float32_deviation"]["losses"]);
    ASSERT_EQ(recorder.losses.size(), 10U);
    for (std::size_t step = 0; step < 10; ++step)
      EXPECT_NEAR(recorder.losses[step], test_case["losses"][step].get<double>(), loss_drift) << "step " << step;

    const double weight_drift = allowed_drift(test_case["float32_deviation"]["weights"]);
    const std::vector<ParameterBlock>& blocks = result.model.network.layout().blocks();
    ASSERT_EQ(blocks.size(), 6U);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const nlohmann::json& expected = test_case["final"][i / 2][i % 2];
      ASSERT_EQ(static_cast<std::size_t>(blocks[i].size()), expected.size());
      for (std::size_t k = 0; k < expected.size(); ++k)
        EXPECT_NEAR(result.model.parameters.data()[blocks[i].offset + static_cast<Index>(k)], expected[k].get<double>(),
                    weight_drift)
            << blocks[i].name << " " << k;
    }
  }
}

}  // namespace
}  // namespace lockstep
