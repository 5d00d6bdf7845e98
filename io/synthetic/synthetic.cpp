// SPDX-License-Identifier: MIT
// The list of synthetic data sets, and writing them.
#include "io/synthetic/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/names.hpp"
#include "io/output_path.hpp"
#include "io/synthetic/digits.hpp"
#include "io/synthetic/logic.hpp"
#include "io/synthetic/plane.hpp"

namespace lockstep {
namespace {

constexpr Index block_samples = 512;

using Make = std::unique_ptr<SyntheticSource> (*)(std::uint64_t seed);

constexpr std::array<SyntheticName, 8> names{{
    {"digits", "28 x 28 images of handwritten-like digits, 10 classes"},
    {"and", "corners of the unit square with small noise; class 1 where both inputs are 1"},
    {"or", "the same; class 1 where an input is 1"},
    {"xor", "the same; class 1 where exactly one input is 1"},
    {"parity", "corners of the 4-dimensional cube with small noise; class 1 where the number of ones is odd"},
    {"ring", "points of a square; class 1 where the norm is between 1 and 2"},
    {"modes", "points of a square; class 1 in three separate blobs"},
    {"line", "y = 0.5 x + 4 with noise (regression)"},
}};

constexpr std::array<Make, names.size()> makers{&make_digits, &make_and,  &make_or,    &make_xor,
                                                &make_parity, &make_ring, &make_modes, &make_line};

void append(const SyntheticSamples& samples, const DatasetInfo& info, DatasetWriter& writer) {
  if (info.byte_features) {
    writer.append_bytes(samples.bytes);
  } else {
    writer.append_floats(samples.floats);
  }
  if (info.task == Task::classification) {
    writer.append_labels(samples.labels);
  } else {
    writer.append_values(samples.values);
  }
}

}  // namespace

std::span<const SyntheticName> synthetic_names() { return names; }

std::unique_ptr<SyntheticSource> synthetic_source(std::string_view name, std::uint64_t seed) {
  std::array<std::string_view, names.size()> known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].name == name) return makers[i](seed);
    known[i] = names[i].name;
  }
  throw_unknown_name("data set", name, known);
}

DatasetInfo write_synthetic(std::string_view name, Index samples, std::uint64_t seed, const DatasetOutput& output,
                            const WorkProgress& progress) {
  const std::unique_ptr<SyntheticSource> source = synthetic_source(name, seed);
  if (samples < 1) throw RequestError{fmt::format("--samples: {} is not a number of samples; at least 1", samples)};
  require_writable(output.path, output.replace);
  DatasetInfo info = source->info();
  info.samples = samples;
  DatasetWriter writer{output.path, info, output.layout, output.replace};
  for (Index begin = 0; begin < samples; begin += block_samples) {
    SyntheticSamples block;
    source->draw({begin, std::min(samples, begin + block_samples)}, block);
    append(block, info, writer);
    if (progress) progress(static_cast<double>(begin) / static_cast<double>(samples));
  }
  writer.close();
  return info;
}

}  // namespace lockstep
