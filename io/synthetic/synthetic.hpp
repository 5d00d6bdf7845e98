// SPDX-License-Identifier: MIT
// Data sets that need no download: drawn from a formula and a seed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset.hpp"
#include "io/dataset_output.hpp"

namespace lockstep {

/// Samples side by side, in (samples, features) C order; which vectors are used is up to the data set.
struct SyntheticSamples {
  std::vector<std::uint8_t> bytes;
  std::vector<float> floats;
  std::vector<Label> labels;
  std::vector<float> values;
};

/// A data set without an end. Sample i is a function of name, seed and i alone. Thread-safe.
class SyntheticSource {
 public:
  virtual ~SyntheticSource() = default;
  /// Features, classes, names; samples 0.
  [[nodiscard]] virtual const DatasetInfo& info() const = 0;
  /// Appends samples `rows` to `samples`.
  virtual void draw(Range rows, SyntheticSamples& samples) const = 0;
};

struct SyntheticName {
  std::string_view name;
  std::string_view help;  ///< one sentence
};

/// All there are, in the order of --help.
[[nodiscard]] std::span<const SyntheticName> synthetic_names();

/// Throws RequestError for an unknown name (suggests the nearest).
[[nodiscard]] std::unique_ptr<SyntheticSource> synthetic_source(std::string_view name, std::uint64_t seed);

/// Writes the first `samples` samples as a data set. Throws RequestError (samples below 1, unknown name), FileError.
DatasetInfo write_synthetic(std::string_view name, Index samples, std::uint64_t seed, const DatasetOutput& output,
                            const WorkProgress& progress = {});

}  // namespace lockstep
