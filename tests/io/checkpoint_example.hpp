// SPDX-License-Identifier: MIT
// States to write: one with everything, one with nothing optional.
#pragma once

#include "core/checkpoint.hpp"

namespace lockstep {

/// The weight from `input` to `unit` of the first layer of example_checkpoint.
inline double example_weight(Index unit, Index input) {
  return static_cast<double>(unit) + static_cast<double>(input) / 16;
}

/// Numbers that differ by place and by `start`, zero in the padding.
inline AlignedBuffer filled(const ParameterLayout& layout, double start) {
  AlignedBuffer buffer{layout.buffer_size()};
  for (const ParameterBlock& block : layout.blocks()) {
    for (Index unit = 0; unit < block.units; ++unit) {
      for (Index input = 0; input < block.fan_in; ++input) {
        buffer.data()[block.offset + unit * block.fan_in + input] =
            static_cast<Scalar>(start + example_weight(unit, input));
      }
    }
  }
  return buffer;
}

inline Checkpoint checkpoint_of(NetworkSpec spec) {
  Network network{std::move(spec)};
  AlignedBuffer parameters = filled(network.layout(), 0);
  return {{}, {std::move(network), std::move(parameters), {}, {}, {}, {}, {}, {}, {}, 0}, {}};
}

/// 13 - 5 - 7 - 3, Adam, mid-epoch, with a best so far.
inline Checkpoint example_checkpoint() {
  Checkpoint checkpoint = checkpoint_of({.inputs = 13,
                                         .hidden = {5, 7},
                                         .outputs = 3,
                                         .activation = Activation::tanh,
                                         .output = Activation::softmax,
                                         .input_dropout = 0.1,
                                         .dropout = 1.0 / 3});
  const ParameterLayout& layout = checkpoint.model.network.layout();
  checkpoint.configuration = {{"optimizer", "adam"}, {"learning-rate", "0.001"}, {"train-data", ""}};
  checkpoint.model.loss = Loss::cross_entropy;
  checkpoint.model.task = Task::classification;
  checkpoint.model.input_transform = {std::vector<Scalar>(13, Scalar{1} / 3), std::vector<Scalar>(13, Scalar{2} / 7)};
  checkpoint.model.class_names = {"cat", "", "K\xC3\xA4uzchen"};
  checkpoint.model.target_names = {"animal"};
  for (int feature = 0; feature < 13; ++feature) {
    checkpoint.model.feature_names.push_back("feature " + std::to_string(feature));
  }
  checkpoint.model.classes = 3;
  checkpoint.state.step = 5000000001;
  checkpoint.state.epoch = 11;
  checkpoint.state.step_in_epoch = 17;
  checkpoint.state.optimizer.push_back(filled(layout, 100));
  checkpoint.state.optimizer.push_back(filled(layout, 200));
  checkpoint.state.epoch_sums = {1.0 / 3, -0.0, 7};
  checkpoint.state.best = BestSoFar{0.1 + 0.2, 9, filled(layout, 300)};
  checkpoint.state.history = {R"({"epoch":1})", "", R"({"epoch":2})"};
  return checkpoint;
}

/// A linear model before its first step.
inline Checkpoint bare_checkpoint() {
  Checkpoint checkpoint = checkpoint_of({.inputs = 3, .hidden = {}, .outputs = 2});
  checkpoint.model.task = Task::regression;
  checkpoint.model.loss = Loss::mean_squared_error;
  return checkpoint;
}

}  // namespace lockstep
