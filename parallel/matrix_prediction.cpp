// SPDX-License-Identifier: MIT
#include "parallel/matrix_prediction.hpp"

#include <string>

#include "core/error.hpp"
#include "parallel/evaluation_plan.hpp"
#include "parallel/floating_point_mode.hpp"
#include "parallel/shard_pass.hpp"

namespace lockstep {

Matrix predict(const Model& model, const Matrix& features) {
  const NetworkSpec& spec = model.network.spec();
  if (features.rows() != spec.inputs)
    throw ShapeError{"the model takes " + std::to_string(spec.inputs) + " features, the matrix has " +
                     std::to_string(features.rows()) + " rows; samples are columns"};
  const FloatingPointMode mode;
  const ShardPass pass{model, evaluation_plan};
  ShardStore store = evaluation_store(model, 1);
  ShardBuffers& shard = store[0];
  const AffineTransform& transform = model.input_transform;
  Matrix predictions(spec.outputs, features.cols());
  for (const Range columns : cut(features.cols(), evaluation_plan.shard_size)) {
    store.set_width(0, columns.size());
    matrix_of(shard.input) = features.middleCols(columns.begin, columns.size());
    if (!transform.factor.empty())
      for (Index column = 0; column < columns.size(); ++column)
        for (Index row = 0; row < spec.inputs; ++row) {
          Scalar& value = shard.input.column(column)[row];
          value = (value - transform.shift[static_cast<std::size_t>(row)]) *
                  transform.factor[static_cast<std::size_t>(row)];
        }
    pass.forward_alone({}, shard);
    undo(model.target_transform, shard.outputs.back());
    predictions.middleCols(columns.begin, columns.size()) = matrix_of(shard.outputs.back());
  }
  return predictions;
}

}  // namespace lockstep
