// SPDX-License-Identifier: MIT
// And, or, xor and parity.
#include "io/synthetic/logic.hpp"

#include <fmt/format.h>

#include <bit>
#include <string>

#include "io/synthetic/sample_random.hpp"

namespace lockstep {
namespace {

constexpr double noise = 0.1;

/// A truth table: bit i of the corner's number is its coordinate i.
class Logic final : public SyntheticSource {
 public:
  using Rule = bool (*)(unsigned corner);

  Logic(std::string name, Index inputs, Rule rule, std::uint64_t seed) : rule_{rule}, seed_{seed} {
    info_.name = std::move(name);
    info_.features = inputs;
    info_.feature_shape = {inputs};
    info_.classes = 2;
    info_.class_names = {"false", "true"};
    for (Index i = 0; i < inputs; ++i) info_.feature_names.push_back(fmt::format("x{}", i + 1));
  }

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }

  void draw(Range rows, SyntheticSamples& samples) const override {
    const StreamKey order = stream_key(seed_, Purpose::synthetic, 0);
    const StreamKey noises = stream_key(seed_, Purpose::synthetic, 1);
    for (Index sample = rows.begin; sample < rows.end; ++sample) {
      const auto corner = static_cast<unsigned>(balanced_kind(order, sample, Index{1} << info_.features));
      SampleRandom random{noises, sample};
      for (Index input = 0; input < info_.features; ++input) {
        const double coordinate = ((corner >> input) & 1U) != 0 ? 1 : 0;
        samples.floats.push_back(static_cast<float>(coordinate + random.uniform(-noise, noise)));
      }
      samples.labels.push_back(rule_(corner) ? 1 : 0);
    }
  }

 private:
  DatasetInfo info_;
  Rule rule_;
  std::uint64_t seed_;
};

}  // namespace

std::unique_ptr<SyntheticSource> make_and(std::uint64_t seed) {
  return std::make_unique<Logic>(
      "and", 2, [](unsigned corner) { return corner == 3; }, seed);
}

std::unique_ptr<SyntheticSource> make_or(std::uint64_t seed) {
  return std::make_unique<Logic>(
      "or", 2, [](unsigned corner) { return corner != 0; }, seed);
}

std::unique_ptr<SyntheticSource> make_xor(std::uint64_t seed) {
  return std::make_unique<Logic>(
      "xor", 2, [](unsigned corner) { return corner == 1 || corner == 2; }, seed);
}

std::unique_ptr<SyntheticSource> make_parity(std::uint64_t seed) {
  return std::make_unique<Logic>(
      "parity", 4, [](unsigned corner) { return std::popcount(corner) % 2 == 1; }, seed);
}

}  // namespace lockstep
