// SPDX-License-Identifier: MIT
// The distributions of first weights.
#include "core/initializer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/names.hpp"
#include "core/random.hpp"

namespace lockstep {
namespace {

constexpr std::array<Named<Initializer>, 3> names{{
    {Initializer::he, "he"},
    {Initializer::glorot, "glorot"},
    {Initializer::lecun, "lecun"},
}};

/// Four standard normal values.
std::array<double, 4> normals(const std::array<std::uint32_t, 4>& words) {
  const auto first = to_normal(words[0], words[1]);
  const auto second = to_normal(words[2], words[3]);
  return {first[0], first[1], second[0], second[1]};
}

/// Four uniform values in (-1, 1).
std::array<double, 4> uniforms(const std::array<std::uint32_t, 4>& words) {
  std::array<double, 4> values{};
  for (std::size_t i = 0; i < 4; ++i) values[i] = 2 * to_uniform(words[i]) - 1;
  return values;
}

/// What the drawn values are multiplied by.
double scale_of(Initializer initializer, const ParameterBlock& block) {
  const auto fan_in = static_cast<double>(block.fan_in);
  switch (initializer) {
    case Initializer::he:
      return std::sqrt(2 / fan_in);
    case Initializer::glorot:
      return std::sqrt(6 / (fan_in + static_cast<double>(block.units)));
    case Initializer::lecun:
      return std::sqrt(1 / fan_in);
  }
  assert(false && "an initializer without a scale");
  return 0;
}

}  // namespace

std::string_view name_of(Initializer initializer) { return text_in(names, initializer); }

Initializer initializer_named(std::string_view name) { return value_in(names, "initializer", name); }

Initializer initializer_for(Activation activation) {
  switch (activation) {
    case Activation::relu:
    case Activation::leaky_relu:
    case Activation::elu:
    case Activation::gelu:
    case Activation::silu:
      return Initializer::he;
    default:
      return Initializer::glorot;
  }
}

void initialize(Initializer initializer, std::uint64_t seed, Index block_index, const ParameterBlock& block,
                std::span<Scalar> weights) {
  assert(static_cast<Index>(weights.size()) == block.size());
  if (block.bias) {
    std::fill(weights.begin(), weights.end(), Scalar{0});
    return;
  }
  const StreamKey key = stream_key(seed, Purpose::weights, static_cast<std::uint64_t>(block_index));
  const double scale = scale_of(initializer, block);
  for (std::size_t first = 0; first < weights.size(); first += 4) {
    const auto words = random_words(key, first / 4);
    const auto values = initializer == Initializer::glorot ? uniforms(words) : normals(words);
    const std::size_t count = std::min<std::size_t>(4, weights.size() - first);
    for (std::size_t i = 0; i < count; ++i) weights[first + i] = static_cast<Scalar>(scale * values[i]);
  }
}

}  // namespace lockstep
