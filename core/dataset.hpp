// SPDX-License-Identifier: MIT
// The seam between training and wherever samples lie.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/panel.hpp"
#include "core/row_order.hpp"
#include "core/types.hpp"

namespace lockstep {

enum class Task { classification, regression };

[[nodiscard]] std::string_view name_of(Task task);
/// The task of this name. Throws RequestError otherwise; `kind` says there what the text was to name.
[[nodiscard]] Task task_named(std::string_view text, std::string_view kind = "task");

/// What a data set is, without its samples.
struct DatasetInfo {
  std::string name;  ///< for messages: the path, or "memory"
  Task task = Task::classification;
  Index samples = 0;
  Index features = 0;
  Index targets = 1;                       ///< regression: values a sample; classification: 1; 0: none, to predict only
  Index classes = 0;                       ///< classification: number of classes; regression: 0
  std::vector<std::string> class_names;    ///< `classes` names, or empty
  std::vector<std::string> feature_names;  ///< `features` names, or empty
  std::vector<std::string> target_names;   ///< `targets` names, or empty
  std::vector<Index> feature_shape;        ///< the shape of one sample, (28, 28) for an image; product = features
  bool byte_features = false;              ///< features are uint8, to be divided by 255
};

/// x' = (x - shift) * factor, elementwise; part of the model, so that it travels with the parameters.
/// Empty vectors mean the identity.
struct AffineTransform {
  std::vector<Scalar> shift;
  std::vector<Scalar> factor;
  friend bool operator==(const AffineTransform&, const AffineTransform&) = default;
};

/// Samples somewhere: in memory, or in an HDF5 file.
/// All functions are safe to call from many threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  [[nodiscard]] virtual const DatasetInfo& info() const = 0;

  /// How rows like to be read (see RowOrder).
  [[nodiscard]] virtual ReadPattern read_pattern() const { return {}; }

  /// Rows that will soon be gathered; returns at once, may read them on a thread of its own.
  virtual void prefetch(std::span<const Index> rows) const { (void)rows; }

  /// Copies the features of `rows` into the columns of `features` (features x rows.size()), transformed;
  /// the padding of each column is set to zero.
  virtual void gather_features(std::span<const Index> rows, const AffineTransform& transform, Panel features) const = 0;

  /// Copies labels (classification only).
  virtual void gather_labels(std::span<const Index> rows, std::span<Label> labels) const = 0;

  /// Copies target values into columns (targets x rows.size()), transformed (regression only).
  virtual void gather_values(std::span<const Index> rows, const AffineTransform& transform, Panel values) const = 0;
};

}  // namespace lockstep
