// SPDX-License-Identifier: MIT
// What the user left open, decided by data and task.
#include "parallel/run_setup.hpp"

#include <algorithm>

#include "core/settings.hpp"
#include "parallel/standardization.hpp"

namespace lockstep {
namespace {

Index output_count(Loss loss, const DatasetInfo& data) {
  if (data.task == Task::regression) return data.targets;
  return loss == Loss::binary_cross_entropy && data.classes == 2 ? 1 : data.classes;
}

/// What rank 0 computed, on every rank: the hosts' mathematical libraries may round differently.
void take_from_first_rank(AlignedBuffer& buffer, Communicator& communicator) {
  std::vector<Pieces> parts(static_cast<std::size_t>(communicator.ranks()));
  parts[0] = {writable_bytes_of(buffer.data(), buffer.size())};
  communicator.all_gather(parts)->wait();
}

}  // namespace

NetworkSpec network_spec(const TrainConfig& request, const DatasetInfo& data) {
  const TrainConfig config = resolved(request, data.task);
  return {.inputs = data.features,
          .hidden = config.hidden,
          .outputs = output_count(*config.loss, data),
          .activation = config.activation,
          .output = *config.output,
          .input_dropout = config.input_dropout,
          .dropout = config.dropout};
}

Model fresh_model(const TrainConfig& request, const Dataset& data, const DataSplit& split, const Model* initial,
                  Communicator& communicator, Workers& workers) {
  const DatasetInfo& info = data.info();
  const TrainConfig config = resolved(request, info.task);
  Network network{network_spec(config, info)};
  AlignedBuffer parameters;
  Transforms transforms;
  if (initial == nullptr) {
    parameters = network.initial_parameters(*config.initializer, config.seed);
    const Samples training{.data = data, .row_of = split.training_rows(), .samples = split.training_samples()};
    transforms = fit_transforms(config.standardize, training, communicator, workers);
  } else {
    parameters = initial->parameters.clone();
    transforms = {.input = initial->input_transform, .target = initial->target_transform};
  }
  take_from_first_rank(parameters, communicator);
  return {.network = std::move(network),
          .parameters = std::move(parameters),
          .loss = *config.loss,
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
  return {.batch_size = batch,
          .plan = plan_work(batch, config.shard_size),
          .optimizer = config.optimizer,
          .precision = config.precision,
          .exchange = config.exchange,
          .compare_every = config.compare_every};
}

}  // namespace lockstep
