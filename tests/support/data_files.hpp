// SPDX-License-Identifier: MIT
// Small data sets on disk, drawn without randomness, for tests of the command.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "io/dataset_file.hpp"

namespace lockstep::test {

/// A value in [-1, 1] that looks random and depends on i and j alone.
inline float noise(int i, int j) { return static_cast<float>(std::sin(12.9898 * i + 78.233 * j + 0.5 * i * j)); }

/// Three classes of points around three corners of a 7-dimensional cube.
inline void write_blobs(const std::string& path, int samples, int phase = 0) {
  constexpr int features = 7;
  DatasetWriter writer{path,
                       {.name = path,
                        .task = Task::classification,
                        .features = features,
                        .classes = 3,
                        .class_names = {"ash", "birch", "cedar"}}};
  for (int sample = 0; sample < samples; ++sample) {
    const Label label = (sample + phase) % 3;
    std::vector<float> values(features);
    for (int feature = 0; feature < features; ++feature)
      values[static_cast<std::size_t>(feature)] =
          (feature % 3 == label ? 1.5F : 0.0F) + 0.6F * noise(sample + 1000 * phase, feature);
    writer.append_floats(values);
    writer.append_labels({&label, 1});
  }
  writer.close();
}

/// Values 2 a - b + 3 with a little noise.
inline void write_plane(const std::string& path, int samples) {
  DatasetWriter writer{
      path, {.name = path, .task = Task::regression, .features = 2, .targets = 1, .target_names = {"height"}}};
  for (int sample = 0; sample < samples; ++sample) {
    const std::vector<float> values{noise(sample, 1), noise(sample, 2)};
    const float target = 2 * values[0] - values[1] + 3 + 0.01F * noise(sample, 3);
    writer.append_floats(values);
    writer.append_values({&target, 1});
  }
  writer.close();
}

}  // namespace lockstep::test
