// SPDX-License-Identifier: MIT
// Predictions on disk: an HDF5 file that h5py reads without our help.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/dataset.hpp"
#include "core/panel.hpp"
#include "core/types.hpp"

namespace lockstep {

/// What a file of predictions holds.
struct PredictionInfo {
  Index samples = 0;
  Index outputs = 0;
  Task task = Task::regression;
  std::vector<std::string> class_names;   ///< or empty
  std::vector<std::string> target_names;  ///< or empty
  std::string model;                      ///< where the model came from
  std::string weights_hash;
  Index mc_samples = 0;  ///< networks drawn by dropout; 0: none, and no /standard_deviation
};

/// The version of the format of predictions (see FORMAT.md) that this code writes.
inline constexpr Index prediction_format_version = 1;

/// Writes `/predictions` (samples, outputs): probabilities of the classes, or values in the target's own units; and,
/// for classes, `/classes` (samples), the class that each sample is taken for. Attributes: format_version, task,
/// class_names, target_names, model, weights_hash. With mc_samples `/predictions` are means over networks, and there
/// are
/// `/standard_deviation` (samples, outputs) and the attribute mc_samples.
///
/// Beside `path`, renamed on `close`; without `close` (an exception on the way) nothing is left. Throws FileError;
/// refuses to replace an existing file unless `replace`.
class PredictionWriter {
 public:
  PredictionWriter(std::string path, PredictionInfo info, bool replace = false);
  ~PredictionWriter();
  PredictionWriter(const PredictionWriter&) = delete;
  PredictionWriter& operator=(const PredictionWriter&) = delete;

  /// The outputs of samples [first_row, first_row + outputs.columns), a column each; windows come in any order.
  void write(Index first_row, ConstPanel outputs);
  /// The standard deviations of the same; with mc_samples only.
  void write_deviations(Index first_row, ConstPanel deviations);
  /// The classes of samples [first_row, first_row + classes.size()).
  void write_classes(Index first_row, std::span<const Label> classes);
  /// Flushes to disk and renames.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
