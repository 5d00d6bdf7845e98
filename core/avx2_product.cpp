// SPDX-License-Identifier: MIT
// The three products of a dense layer, cut into runs of terms and blocks of lines that stay in a core's caches.
#include "core/avx2_product.hpp"

#include <algorithm>

#include "core/aligned_buffer.hpp"
#include "core/avx2_packing.hpp"

namespace lockstep {

#ifdef LOCKSTEP_AVX2_PRODUCT
namespace {

/// Terms of a run: what a tile reads of columns that are not packed stays in the first-level cache from tile to tile.
constexpr Index run_terms = 512;
/// What is packed at once: as much as a second-level cache of 512 KiB holds. Half of that reads the other operand twice
/// as often, which with shards of 512 samples costs a tenth of a weight gradient.
constexpr Index packed_floats = Index{1} << 17U;
/// Columns of so few terms are read where they lie; those of more would touch more pages than the processor remembers.
constexpr Index most_terms_in_place = 64;
/// Below this a product is nearly one of vectors, and the sixteen rows of a tile would be empty.
constexpr Index least_samples = 8;

struct PackedPanels {};
struct PackedColumns {};
struct UnfinishedSums {};

/// Lines that are packed at once, whole panels of them.
Index lines_at_once(Index terms) { return std::max(tile_rows, packed_floats / terms / tile_rows * tile_rows); }

template <class Body>
void for_blocks(Index all, Index block, const Body& body) {
  for (Index begin = 0; begin < all; begin += block) body(Range{begin, std::min(all, begin + block)});
}

/// A tile of which C has only `rows` rows goes by way of a whole one.
template <Meeting meeting, bool packed>
void sum_into(Index rows, Index columns, const TileOperands& of, float* c, Index ldc) {
  if (rows >= tile_rows) return sum_tile<meeting, packed>(columns, of, c, ldc);
  float whole[tile_rows * tile_columns] = {};
  if constexpr (meeting != Meeting::replace)
    for (Index column = 0; column < columns; ++column) std::copy_n(c + column * ldc, rows, whole + column * tile_rows);
  sum_tile<meeting, packed>(columns, of, whole, tile_rows);
  for (Index column = 0; column < columns; ++column) std::copy_n(whole + column * tile_rows, rows, c + column * ldc);
}

/// Where the sums of packed rows go: 16 rows lie together.
struct Sums {
  float* data;
  Index next_panel;
  Index next_column;
};

/// A run of terms: packed rows with columns whose terms lie together, replacing the sums or going on with them.
void sum_run(bool first, const float* packed, Index rows, const Lines& columns, Index terms, const Sums& sums) {
  const ColumnGroups groups{columns.count};
  const Index panels = panel_count(rows);
  for (Index group = 0; group < groups.count(); ++group) {
    const Range own = groups[group];
    for (Index panel = 0; panel < panels; ++panel) {
      const TileOperands of{packed + panel * panel_floats(terms), columns.data + own.begin * columns.stride,
                            columns.stride, terms};
      float* to = sums.data + panel * sums.next_panel + own.begin * sums.next_column;
      const Index rows_left = rows - panel * tile_rows;
      if (first)
        sum_into<Meeting::replace, false>(rows_left, own.size(), of, to, sums.next_column);
      else
        sum_into<Meeting::go_on, false>(rows_left, own.size(), of, to, sums.next_column);
    }
  }
}

/// C = A B for each right factor, a tile's rows being those of C. `pack(rows, terms, to)` makes panels of those of A.
template <class Pack>
void multiply_packed(Index m, Index k, const Pack& pack, std::span<const RightFactor> rights) {
  for_blocks(m, lines_at_once(run_terms), [&](Range rows) {
    float* packed = thread_scratch<PackedPanels>(panel_count(rows.size()) * panel_floats(run_terms)).data();
    for_blocks(k, run_terms, [&](Range terms) {
      pack(rows, terms, packed);
      for (const RightFactor& right : rights)
        sum_run(terms.begin == 0, packed, rows.size(), {right.b + terms.begin, right.ldb, right.n}, terms.size(),
                {right.c + rows.begin, tile_rows, right.ldc});
    });
  });
}

/// C = A^T B, a tile's rows being columns of B (samples), its columns those of A (units). The sums wait as tiles from
/// run to run and are turned into C at the end.
void multiply_by_packed_samples(const Product& product) {
  for_blocks(product.n, lines_at_once(run_terms), [&](Range samples) {
    const Index panels = panel_count(samples.size());
    const Index panel_sums = product.m * tile_rows;
    float* packed = thread_scratch<PackedPanels>(panels * panel_floats(run_terms)).data();
    float* sums = thread_scratch<UnfinishedSums>(panels * panel_sums).data();
    for_blocks(product.k, run_terms, [&](Range terms) {
      pack_turned({product.b + samples.begin * product.ldb + terms.begin, product.ldb, samples.size()}, terms.size(),
                  packed);
      sum_run(terms.begin == 0, packed, panels * tile_rows, {product.a + terms.begin, product.lda, product.m},
              terms.size(), {sums, panel_sums, tile_rows});
    });
    for (Index panel = 0; panel < panels; ++panel) {
      const Index first = samples.begin + panel * tile_rows;
      turn_back(sums + panel * panel_sums, std::min(tile_rows, samples.end - first), product.m,
                product.c + first * product.ldc, product.ldc);
    }
  });
}

RightFactor right_factor(const Product& product) {
  return {.b = product.b, .ldb = product.ldb, .n = product.n, .c = product.c, .ldc = product.ldc};
}

/// C = A^T B. The fewer lines are packed: each is then met by more of the others.
void multiply_transposed(const Product& product) {
  if (product.n < product.m) return multiply_by_packed_samples(product);
  const RightFactor right = right_factor(product);
  const auto pack = [&](Range units, Range terms, float* to) {
    pack_turned({product.a + units.begin * product.lda + terms.begin, product.lda, units.size()}, terms.size(), to);
  };
  multiply_packed(product.m, product.k, pack, {&right, 1});
}

/// C = A B^T or C += A B^T. Terms are samples, few enough for one run.
template <Meeting meeting>
void multiply_by_transposed(const Product& product) {
  const Index terms = product.k;
  float* columns = thread_scratch<PackedColumns>(packed_columns * terms).data();
  for_blocks(product.m, lines_at_once(terms), [&](Range rows) {
    const Index panels = panel_count(rows.size());
    float* packed = thread_scratch<PackedPanels>(panels * panel_floats(terms)).data();
    pack_neighbours({product.a + rows.begin, product.lda, rows.size()}, terms, packed);
    const ColumnGroups groups{product.n};
    for (Index group = 0; group < groups.count(); ++group) {
      const Range units = groups[group];
      TileOperands of{packed, product.b + units.begin, product.ldb, terms};
      if (terms > most_terms_in_place) {
        pack_columns({of.columns, of.stride, units.size()}, terms, columns);
        of.columns = columns;
        of.stride = packed_columns;
      }
      float* to = product.c + units.begin * product.ldc + rows.begin;
      for (Index panel = 0; panel < panels; ++panel, of.rows += panel_floats(terms))
        sum_into<meeting, true>(rows.size() - panel * tile_rows, units.size(), of, to + panel * tile_rows, product.ldc);
    }
  });
}

}  // namespace

bool suits_avx2(const Product& product) noexcept {
  const bool turn_a = product.transpose_a == Transpose::yes;
  const bool turn_b = product.transpose_b == Transpose::yes;
  if (turn_b) return !turn_a;
  return !product.accumulate && product.n >= least_samples;
}

void multiply_in_avx2(const Product& product) {
  if (product.transpose_a == Transpose::yes) return multiply_transposed(product);
  if (product.transpose_b == Transpose::no) {
    const RightFactor right = right_factor(product);
    return multiply_in_avx2({.a = product.a, .lda = product.lda, .m = product.m, .k = product.k}, {&right, 1});
  }
  if (product.accumulate)
    multiply_by_transposed<Meeting::add>(product);
  else
    multiply_by_transposed<Meeting::replace>(product);
}

void multiply_in_avx2(const LeftFactor& left, std::span<const RightFactor> rights) {
  const auto pack = [&](Range rows, Range terms, float* to) {
    pack_neighbours({left.a + terms.begin * left.lda + rows.begin, left.lda, rows.size()}, terms.size(), to);
  };
  multiply_packed(left.m, left.k, pack, rights);
}

#else

bool suits_avx2(const Product& /*product*/) noexcept { return false; }
void multiply_in_avx2(const Product& /*product*/) {}
void multiply_in_avx2(const LeftFactor& /*left*/, std::span<const RightFactor> /*rights*/) {}

#endif

}  // namespace lockstep
