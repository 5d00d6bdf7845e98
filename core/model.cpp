// SPDX-License-Identifier: MIT
// Copies of models.
#include "core/model.hpp"

namespace lockstep {

Model clone(const Model& model) {
  return {.network = Network{model.network.spec()},
          .parameters = model.parameters.clone(),
          .loss = model.loss,
          .task = model.task,
          .input_transform = model.input_transform,
          .target_transform = model.target_transform,
          .class_names = model.class_names,
          .feature_names = model.feature_names,
          .target_names = model.target_names,
          .classes = model.classes};
}

}  // namespace lockstep
