// SPDX-License-Identifier: MIT
#include "core/network.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace lockstep {
namespace {

/// A linear model whose parameters count up from 1, padding aside.
AlignedBuffer counted(const ParameterLayout& layout) {
  AlignedBuffer parameters{layout.buffer_size()};
  Scalar next = 1;
  for (const ParameterBlock& block : layout.blocks())
    for (Index i = 0; i < block.size(); ++i) parameters.data()[block.offset + i] = next++;
  return parameters;
}

TEST(WeightsHash, IsThatOfTheParametersInOneRun) {
  const Network network{{.inputs = 5, .outputs = 3}};
  const ParameterLayout& layout = network.layout();
  ASSERT_EQ(layout.parameters(), 18);
  AlignedBuffer parameters = counted(layout);
  // XXH3_128bits of 1, 2, ... 18 in little-endian order, called from Python on the bytes that struct.pack made.
  const std::string expected =
      sizeof(Scalar) == 4 ? "492d15bf8c9a7ee42befeba7bf2825a2" : "0c7c5f453957f3085f4e6192f21b6b03";
  EXPECT_EQ(weights_hash(layout, parameters.span()), expected);
  parameters.data()[15] = 5;  // padding
  EXPECT_EQ(weights_hash(layout, parameters.span()), expected);
  parameters.data()[14] = -parameters.data()[14];
  EXPECT_NE(weights_hash(layout, parameters.span()), expected);
}

TEST(Network, NamesItsBlocksAndLayers) {
  const Network network{{.inputs = 5, .hidden = {7, 11}, .outputs = 3}};
  std::vector<std::string> names;
  for (const ParameterBlock& block : network.layout().blocks()) names.push_back(block.name);
  EXPECT_EQ(names, (std::vector<std::string>{"hidden1/weights", "hidden1/bias", "hidden2/weights", "hidden2/bias",
                                             "output/weights", "output/bias"}));
  EXPECT_EQ(network.layout().parameters(), 5 * 7 + 7 + 7 * 11 + 11 + 11 * 3 + 3);
  ASSERT_EQ(network.layers().size(), 3U);
  EXPECT_EQ(network.layers()[1]->name(), "hidden2");
}

TEST(Network, RefusesSizesThatCannotBe) {
  EXPECT_THROW(Network({.inputs = 0, .outputs = 3}), RequestError);
  EXPECT_THROW(Network({.inputs = 5, .hidden = {7, 0}, .outputs = 3}), RequestError);
  EXPECT_THROW(Network({.inputs = most_units + 1, .outputs = 1}), RequestError);
  EXPECT_THROW(Network({.inputs = most_units, .hidden = {most_units}, .outputs = 1}), RequestError);
}

}  // namespace
}  // namespace lockstep
