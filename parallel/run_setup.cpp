// SPDX-License-Identifier: MIT
// What the user left open, decided by data and task.
#include "parallel/run_setup.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "parallel/standardization.hpp"

namespace lockstep {
namespace {

Loss loss_of(const TrainConfig& config, Task task) {
  return config.loss.value_or(task == Task::classification ? Loss::cross_entropy : Loss::mean_squared_error);
}

Index output_count(Loss loss, const DatasetInfo& data) {
  if (data.task == Task::regression) return data.targets;
  return loss == Loss::binary_cross_entropy && data.classes == 2 ? 1 : data.classes;
}

}  // namespace

NetworkSpec network_spec(const TrainConfig& config, const DatasetInfo& data) {
  const Loss loss = loss_of(config, data.task);
  return {.inputs = data.features,
          .hidden = config.hidden,
          .outputs = output_count(loss, data),
          .activation = config.activation,
          .output = config.output.value_or(output_activation_for(loss)),
          .input_dropout = config.input_dropout,
          .dropout = config.dropout};
}

Model fresh_model(const TrainConfig& config, const Dataset& data, const DataSplit& split, const Model* initial,
                  Communicator& communicator, Workers& workers) {
  const DatasetInfo& info = data.info();
  const Samples training{.data = data, .row_of = split.training_rows(), .samples = split.training_samples()};
  Transforms transforms = fit_transforms(config.standardize, training, communicator, workers);
  Network network{network_spec(config, info)};
  AlignedBuffer parameters;
  if (initial == nullptr) {
    parameters =
        network.initial_parameters(config.initializer.value_or(initializer_for(config.activation)), config.seed);
  } else {
    const NetworkSpec& given = initial->network.spec();
    if (given.inputs != network.spec().inputs || given.hidden != network.spec().hidden ||
        given.outputs != network.spec().outputs)
      throw RequestError{"the initial weights belong to a network of another form; give the same --hidden and data"};
    parameters = initial->parameters.clone();
    transforms = {.input = initial->input_transform, .target = initial->target_transform};
  }
  return {.network = std::move(network),
          .parameters = std::move(parameters),
          .loss = loss_of(config, info.task),
          .task = info.task,
          .input_transform = std::move(transforms.input),
          .target_transform = std::move(transforms.target),
          .class_names = info.class_names,
          .feature_names = info.feature_names,
          .target_names = info.target_names,
          .classes = info.classes};
}

StepEngine::Form engine_form(const TrainConfig& config, Index training_samples) {
  const Index batch = std::min(config.batch_size, training_samples);
  return {.batch_size = batch, .plan = plan_work(batch, config.shard_size), .optimizer = config.optimizer};
}

}  // namespace lockstep
