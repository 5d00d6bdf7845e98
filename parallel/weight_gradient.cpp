// SPDX-License-Identifier: MIT
// One tile of the gradient over many shards.
#include "parallel/weight_gradient.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/gemm.hpp"

namespace lockstep {
namespace {

/// The stack of a tile's sums, compact, in memory of the calling thread.
class TileStack {
 public:
  TileStack(const Tile& tile, int depth)
      : rows_{tile.inputs.size()},
        size_{rows_ * tile.units.size()},
        memory_{thread_scratch<TileStack>(padded(size_) * depth).data()} {}

  [[nodiscard]] Scalar* slot(int index) const noexcept { return memory_ + padded(size_) * index; }

  void add(int into, int from) const {
    Scalar* left = slot(into);
    const Scalar* right = slot(from);
    for (Index i = 0; i < size_; ++i) left[i] += right[i];
  }

  /// Between a slot and the tile's place in a gradient buffer, whose columns are `stride` apart.
  void store(int index, Scalar* place, Index stride) const {
    for (Index unit = 0; unit * rows_ < size_; ++unit)
      std::memcpy(place + unit * stride, slot(index) + unit * rows_, static_cast<std::size_t>(rows_) * sizeof(Scalar));
  }
  void load(int index, const Scalar* place, Index stride) const {
    for (Index unit = 0; unit * rows_ < size_; ++unit)
      std::memcpy(slot(index) + unit * rows_, place + unit * stride, static_cast<std::size_t>(rows_) * sizeof(Scalar));
  }

 private:
  Index rows_;
  Index size_;
  Scalar* memory_;
};

/// A bias has one value a unit: wide tiles keep its tasks from being too small.
constexpr Index bias_units = 4096;

void weights_leaf(const Tile& tile, const GradientPair& pair, Scalar* sum, bool accumulate) {
  multiply({.transpose_b = Transpose::yes,
            .m = tile.inputs.size(),
            .n = tile.units.size(),
            .k = pair.input.columns,
            .a = pair.input.data + tile.inputs.begin,
            .lda = pair.input.stride,
            .b = pair.delta.data + tile.units.begin,
            .ldb = pair.delta.stride,
            .c = sum,
            .ldc = tile.inputs.size(),
            .accumulate = accumulate});
}

void bias_leaf(const Tile& tile, ConstPanel delta, Scalar* sum) {
  std::fill_n(sum, tile.units.size(), Scalar{0});
  for (Index column = 0; column < delta.columns; ++column) {
    const Scalar* values = delta.column(column) + tile.units.begin;
    for (Index unit = 0; unit < tile.units.size(); ++unit) sum[unit] += values[unit];
  }
}

/// Adds but the first time: the product of the leaf was added to its sibling as it was computed.
struct RestOfStack {
  const TileStack& stack;
  bool first = true;
  void add(int into, int from) {
    if (!std::exchange(first, false)) stack.add(into, from);
  }
};

struct NothingToAdd {
  void add(int /*into*/, int /*from*/) const {}
};

}  // namespace

WeightGradient::WeightGradient(const Network& network) : network_{network} {
  for (std::size_t layer = 0; layer < network.layers().size(); ++layer) {
    for (const Index index : network.layers()[layer]->blocks()) {
      const ParameterBlock& block = network.layout().blocks()[static_cast<std::size_t>(index)];
      const TileSize tile = block.bias ? TileSize{1, bias_units} : tile_size(block.fan_in, block.units);
      for (const Range units : cut(block.units, tile.units))
        for (const Range inputs : cut(block.fan_in, tile.inputs))
          tiles_.push_back({.layer = layer, .block = index, .inputs = inputs, .units = units});
    }
  }
  // The largest first, so that the last to finish are small.
  std::stable_sort(tiles_.begin(), tiles_.end(), [](const Tile& left, const Tile& right) {
    return left.inputs.size() * left.units.size() > right.inputs.size() * right.units.size();
  });
}

TreeCounter after_wave(TreeCounter counter, Range leaves) {
  for (Index leaf = leaves.begin; leaf < leaves.end; ++leaf) counter.push({.level = 0, .start = leaf}, NothingToAdd{});
  return counter;
}

void WeightGradient::add_wave(const Tile& tile, Range leaves, const ShardStore& store, const TreeCounter& before,
                              std::vector<AlignedBuffer>& waiting) const {
  const Layer& layer = *network_.layers()[tile.layer];
  const ParameterBlock& block = network_.layout().blocks()[static_cast<std::size_t>(tile.block)];
  const Index place = block.offset + tile.units.begin * block.fan_in + tile.inputs.begin;

  TreeCounter counter = before;
  const TileStack stack{tile, before.depth() + deepest_stack(leaves.size())};
  for (int slot = 0; slot < before.depth(); ++slot)
    stack.load(slot, waiting[static_cast<std::size_t>(slot)].data() + place, block.fan_in);
  for (Index leaf = leaves.begin; leaf < leaves.end; ++leaf) {
    const ShardBuffers& shard = store[leaf - leaves.begin];
    const GradientPair pair = layer.gradient_pair(tile.block, shard.input_of(tile.layer), shard.slopes[tile.layer]);
    const TreeBlock added{.level = 0, .start = leaf};
    if (block.bias) {
      bias_leaf(tile, pair.delta, stack.slot(counter.depth()));
      counter.push(added, stack);
    } else if (counter.has_sibling_of(added) &&
               accumulates_like_an_addition(tile.inputs.size(), tile.units.size(), pair.delta.columns)) {
      weights_leaf(tile, pair, stack.slot(counter.depth() - 1), /*accumulate=*/true);
      counter.push(added, RestOfStack{stack});
    } else {
      weights_leaf(tile, pair, stack.slot(counter.depth()), /*accumulate=*/false);
      counter.push(added, stack);
    }
  }
  for (int slot = 0; slot < counter.depth(); ++slot)
    stack.store(slot, waiting[static_cast<std::size_t>(slot)].data() + place, block.fan_in);
}

}  // namespace lockstep
