// SPDX-License-Identifier: MIT
// One tile of the gradient over many shards.
#include "parallel/weight_gradient.hpp"

#include <algorithm>
#include <utility>

#include "core/bf16_number.hpp"
#include "core/bf16_product.hpp"
#include "core/gemm.hpp"
#include "parallel/trace.hpp"

namespace lockstep {
namespace {

/// A bias has one value a unit: wide tiles keep its tasks from being too small.
constexpr Index bias_units = 4096;

void weights_leaf(const Tile& tile, const GradientPair& pair, Columns<Scalar> sum, bool accumulate) {
  multiply({.transpose_b = Transpose::yes,
            .m = tile.inputs.size(),
            .n = tile.units.size(),
            .k = pair.input.columns,
            .a = pair.input.data + tile.inputs.begin,
            .lda = pair.input.stride,
            .b = pair.delta.data + tile.units.begin,
            .ldb = pair.delta.stride,
            .c = sum.data,
            .ldc = sum.stride,
            .accumulate = accumulate});
}

void weights_leaf(const Tile& tile, const Bf16GradientPair& pair, Columns<Scalar> sum, bool accumulate) {
  multiply({.rows = pair.input.part(tile.inputs),
            .columns = pair.delta.part(tile.units),
            .c = sum.data,
            .ldc = sum.stride,
            .accumulate = accumulate});
}

/// Whether `weights_leaf` adds as a pass over the sums would.
bool adds_at_once(const Tile& tile, const ShardBuffers& shard) {
  return !shard.packed.empty() ||
         accumulates_like_an_addition(tile.inputs.size(), tile.units.size(), shard.input.columns);
}

void bias_leaf(const Tile& tile, ConstPanel delta, Scalar* sum, bool accumulate) {
  if (!accumulate) std::fill_n(sum, tile.units.size(), Scalar{0});
  for (Index column = 0; column < delta.columns; ++column) {
    const Scalar* values = delta.column(column) + tile.units.begin;
    for (Index unit = 0; unit < tile.units.size(); ++unit) sum[unit] += values[unit];
  }
}

/// A shard's product, into the sum of a tile.
void add_leaf(const Tile& tile, const Layer& layer, const ShardBuffers& shard, Columns<Scalar> sum, bool accumulate) {
  const GradientPair pair = layer.gradient_pair(tile.block, shard.input_of(tile.layer), shard.slopes[tile.layer]);
  if (pair.input.data == nullptr)
    bias_leaf(tile, pair.delta, sum.data, accumulate);
  else if (shard.packed.empty())
    weights_leaf(tile, pair, sum, accumulate);
  else
    weights_leaf(tile, layer.gradient_pair(tile.block, shard.packed_input_of(tile.layer), shard.packed[tile.layer]),
                 sum, accumulate);
}

struct NothingToAdd {
  void add(int /*into*/, int /*from*/) const {}
};

}  // namespace

/// The stack of a tile's sums, a column for each unit: the lowest in the gradient buffers, `kept` of them, those above
/// in memory of the calling thread.
class WeightGradient::TileStack {
 public:
  TileStack(const Tile& tile, const ParameterBlock& block, std::vector<AlignedBuffer>& waiting, int kept, int depth,
            bool rounds)
      : rows_{tile.inputs.size()}, units_{tile.units.size()}, rounds_{rounds}, slots_(static_cast<std::size_t>(depth)) {
    const Index place = block.offset + tile.units.begin * block.fan_in + tile.inputs.begin;
    const Index size = padded(rows_ * units_);
    Scalar* scratch = thread_scratch<TileStack>(size * (depth - kept)).data();
    for (int i = 0; i < depth; ++i)
      slots_[static_cast<std::size_t>(i)] =
          i < kept ? Columns<Scalar>{waiting[static_cast<std::size_t>(i)].data() + place, block.fan_in}
                   : Columns<Scalar>{scratch + size * (i - kept), rows_};
  }

  [[nodiscard]] Columns<Scalar> slot(int index) const { return slots_[static_cast<std::size_t>(index)]; }

  void add(int into, int from) const { add_columns(into, from, rounds_ ? add_rounded : add_run); }
  /// The same where `from` is a shard's product that has not been rounded.
  void add_leaf(int into, int from) const { add_columns(into, from, rounds_ ? add_rounded_leaf : add_run); }

  /// Of a shard's product that is not added to another at once.
  void round_leaf(int index) const {
    if (!rounds_) return;
    const Columns<Scalar> leaf = slot(index);
    if (leaf.stride == rows_) return round_run(rows_ * units_, leaf.data);
    for (Index unit = 0; unit < units_; ++unit) round_run(rows_, leaf.data + unit * leaf.stride);
  }

 private:
  using AddRuns = void(Index count, Scalar* __restrict left, const Scalar* __restrict right);

  void add_columns(int into, int from, AddRuns* add_runs) const {
    const Columns<Scalar> left = slot(into);
    const Columns<Scalar> right = slot(from);
    if (left.stride == rows_ && right.stride == rows_) return add_runs(rows_ * units_, left.data, right.data);
    for (Index unit = 0; unit < units_; ++unit)
      add_runs(rows_, left.data + unit * left.stride, right.data + unit * right.stride);
  }

  static void add_run(Index count, Scalar* __restrict left, const Scalar* __restrict right) {
    for (Index i = 0; i < count; ++i) left[i] += right[i];
  }
  static void add_rounded(Index count, Scalar* __restrict left, const Scalar* __restrict right) {
    for (Index i = 0; i < count; ++i) left[i] = rounded_to_bf16(left[i] + right[i]);
  }
  static void add_rounded_leaf(Index count, Scalar* __restrict left, const Scalar* __restrict right) {
    for (Index i = 0; i < count; ++i) left[i] = rounded_to_bf16(left[i] + rounded_to_bf16(right[i]));
  }
  static void round_run(Index count, Scalar* values) {
    for (Index i = 0; i < count; ++i) values[i] = rounded_to_bf16(values[i]);
  }

  Index rows_;
  Index units_;
  bool rounds_;
  std::vector<Columns<Scalar>> slots_;
};

WeightGradient::WeightGradient(const Network& network, SumOrder order, Precision sums)
    : network_{network}, order_{order}, rounds_{sums == Precision::bf16} {
  for (std::size_t layer = 0; layer < network.layers().size(); ++layer) {
    for (const Index index : network.layers()[layer]->blocks()) {
      const ParameterBlock& block = network.layout().blocks()[static_cast<std::size_t>(index)];
      const TileSize tile = block.bias ? TileSize{1, bias_units} : tile_size(block.fan_in, block.units);
      // Units are the inner loop, so that a worker's tiles are of the units whose rows it computes in layers.
      for (const Range inputs : cut(block.fan_in, tile.inputs))
        for (const Range units : cut(block.units, tile.units))
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

TreeCounter WeightGradient::push(const Tile& tile, Range leaves, const ShardStore& store, TreeCounter counter,
                                 const TileStack& stack) const {
  const TraceSpan span{"weight gradient", static_cast<int>(tile.layer)};
  /// The first sum is that of the product of a leaf and its sibling, which may have been made as it was computed.
  struct Sums {
    const TileStack& stack;
    bool added;
    bool first = true;
    void add(int into, int from) {
      if (!std::exchange(first, false)) return stack.add(into, from);
      if (!added) stack.add_leaf(into, from);
    }
  };
  if (order_ == SumOrder::as_they_come) {
    add_as_they_come(tile, leaves, store, counter.depth() == 0, stack);
    return after_wave(std::move(counter), leaves);
  }
  const Layer& layer = *network_.layers()[tile.layer];
  const bool bias = network_.layout().blocks()[static_cast<std::size_t>(tile.block)].bias;
  for (Index leaf = leaves.begin; leaf < leaves.end; ++leaf) {
    const ShardBuffers& shard = store[leaf - leaves.begin];
    const TreeBlock block{.level = 0, .start = leaf};
    const bool merges = counter.has_sibling_of(block);
    const bool adds = !bias && !rounds_ && merges && adds_at_once(tile, shard);
    const Columns<Scalar> sum = stack.slot(adds ? counter.depth() - 1 : counter.depth());
    add_leaf(tile, layer, shard, sum, adds);
    if (!merges) stack.round_leaf(counter.depth());
    counter.push(block, Sums{.stack = stack, .added = adds});
  }
  return counter;
}

void WeightGradient::add_as_they_come(const Tile& tile, Range leaves, const ShardStore& store, bool first,
                                      const TileStack& stack) const {
  const Layer& layer = *network_.layers()[tile.layer];
  for (Index leaf = leaves.begin; leaf < leaves.end; ++leaf) {
    add_leaf(tile, layer, store[leaf - leaves.begin], stack.slot(0), !std::exchange(first, false));
  }
}

void WeightGradient::add_wave(const Tile& tile, Range leaves, const ShardStore& store, const TreeCounter& before,
                              const TreeCounter& after, std::vector<AlignedBuffer>& waiting) const {
  const ParameterBlock& block = network_.layout().blocks()[static_cast<std::size_t>(tile.block)];
  const int kept = std::max(before.depth(), after.depth());
  (void)push(tile, leaves, store, before,
             {tile, block, waiting, kept, before.depth() + deepest_stack(leaves.size()), rounds_});
}

Columns<const Scalar> WeightGradient::add_last_wave(const Tile& tile, Range leaves, const ShardStore& store,
                                                    const TreeCounter& before,
                                                    std::vector<AlignedBuffer>& waiting) const {
  const ParameterBlock& block = network_.layout().blocks()[static_cast<std::size_t>(tile.block)];
  const TileStack stack{tile, block, waiting, before.depth(), before.depth() + deepest_stack(leaves.size()), rounds_};
  TreeCounter counter = push(tile, leaves, store, before, stack);
  if (order_ == SumOrder::tree) counter.finish(stack);
  return {.data = stack.slot(0).data, .stride = stack.slot(0).stride};
}

}  // namespace lockstep
