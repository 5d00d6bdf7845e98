// SPDX-License-Identifier: MIT
// Building a network from its form.
#include "core/network.hpp"

#include <xxhash.h>

#include <new>
#include <string_view>
#include <utility>

#include "core/dense_layer.hpp"
#include "core/dropout.hpp"
#include "core/error.hpp"

namespace lockstep {
namespace {

std::vector<std::string> size_problems(const NetworkSpec& spec) {
  std::vector<std::string> found;
  double parameters = 0;  // which cannot overflow
  Index before = 0;
  const auto check = [&](Index size, const std::string& what) {
    if (size < 1 || size > most_units)
      found.push_back("a network needs from 1 to " + std::to_string(most_units) + " " + what + ", not " +
                      std::to_string(size));
    parameters += static_cast<double>(before + 1) * static_cast<double>(size);
    before = size;
  };
  check(spec.inputs, "inputs");
  for (std::size_t i = 0; i < spec.hidden.size(); ++i)
    check(spec.hidden[i], "units in hidden layer " + std::to_string(i + 1));
  check(spec.outputs, "outputs");
  if (found.empty() && parameters > static_cast<double>(most_parameters))
    found.push_back("a network of " + std::to_string(parameters) + " parameters is too large; the most is " +
                    std::to_string(most_parameters));
  return found;
}

}  // namespace

Network::Network(NetworkSpec spec) : spec_{std::move(spec)} {
  if (auto found = size_problems(spec_); !found.empty()) throw RequestError{std::move(found)};
  Index inputs = spec_.inputs;
  Index number = 1;
  for (const Index units : spec_.hidden) {
    layers_.push_back(std::make_unique<DenseLayer>(DenseSpec{.name = "hidden" + std::to_string(number),
                                                             .number = number,
                                                             .inputs = inputs,
                                                             .outputs = units,
                                                             .activation = spec_.activation,
                                                             .dropout = spec_.dropout},
                                                   layout_));
    inputs = units;
    ++number;
  }
  layers_.push_back(std::make_unique<DenseLayer>(
      DenseSpec{
          .name = "output", .number = number, .inputs = inputs, .outputs = spec_.outputs, .activation = spec_.output},
      layout_));
}

void Network::prepare_input(const Pass& pass, Panel input) const {
  if (!pass.training || spec_.input_dropout <= 0) return;
  apply_dropout(spec_.input_dropout, stream_key(pass.seed, Purpose::dropout, pass.step, 0), pass.first_position, 0,
                input);
}

AlignedBuffer Network::initial_parameters(Initializer initializer, std::uint64_t seed) const {
  AlignedBuffer parameters{layout_.buffer_size()};
  Index index = 0;
  for (const ParameterBlock& block : layout_.blocks()) {
    initialize(
        initializer, seed, index++, block,
        parameters.span().subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size())));
  }
  return parameters;
}

std::uint64_t block_hash(const ParameterBlock& block, std::span<const Scalar> parameters) {
  return XXH3_64bits(parameters.data() + block.offset, static_cast<std::size_t>(block.size()) * sizeof(Scalar));
}

std::string weights_hash(const ParameterLayout& layout, std::span<const Scalar> parameters) {
  XXH3_state_t* state = XXH3_createState();
  if (state == nullptr) throw std::bad_alloc{};
  XXH3_128bits_reset(state);
  for (const ParameterBlock& block : layout.blocks())
    XXH3_128bits_update(state, parameters.data() + block.offset,
                        static_cast<std::size_t>(block.size()) * sizeof(Scalar));
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
  XXH3_freeState(state);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : canonical.digest) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

}  // namespace lockstep
