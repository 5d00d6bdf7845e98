// SPDX-License-Identifier: MIT
// From a configuration and data to a model ready to train.
#pragma once

#include "core/model.hpp"
#include "core/train_config.hpp"
#include "parallel/communicator.hpp"
#include "parallel/data_split.hpp"
#include "parallel/step_engine.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// The network that fits these data.
[[nodiscard]] NetworkSpec network_spec(const TrainConfig& request, const DatasetInfo& data);

/// A fresh model: transforms fitted to the training samples and parameters drawn by seed, or both taken from `initial`
/// (in which `problems` found none). Parameters are those of rank 0 everywhere. Collective.
[[nodiscard]] Model fresh_model(const TrainConfig& request, const Dataset& data, const DataSplit& split,
                                const Model* initial, Communicator& communicator, Workers& workers);

/// How the engine of a run is set up.
[[nodiscard]] StepEngine::Form engine_form(const TrainConfig& config, Index training_samples);

}  // namespace lockstep
