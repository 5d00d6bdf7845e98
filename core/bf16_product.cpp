// SPDX-License-Identifier: MIT
// Tiles of 32 x 32 sums, by AMX or by AVX512_BF16.
#include "core/bf16_product.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstring>

#include "core/bf16_intrinsics.hpp"

namespace lockstep {
namespace {

std::atomic<InstructionSet> most_allowed{InstructionSet::amx};

#ifdef LOCKSTEP_BF16

constexpr Index lanes = 16;
constexpr Index tile_side = 2 * bf16_block_lines;

/// Two lines of blocks of either side, or one where there is no second, and where their sums go.
struct Tile {
  const Bf16* rows;
  const Bf16* columns;
  Index next_rows;  ///< elements from 16 lines to the next
  Index next_columns;
  Index blocks;  ///< of terms
  float* to;     ///< whole blocks of 16 x 16 are written
  Index stride;
};

#ifdef __AMX_BF16__

/// What LDTILECFG reads: eight tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14]{};
  std::uint16_t row_bytes[16]{64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16]{16, 16, 16, 16, 16, 16, 16, 16};
};

/// Tiles 0 to 3 are sums, 4 and 5 hold columns, 6 and 7 rows. The sums are in the order of TDPBF16PS: of each block the
/// even and the odd terms apart, then both, then the next block.
class Amx {
 public:
  Amx() {
    // Not on the stack: GCC 12 takes LDTILECFG to read 8 of its bytes, and may leave the others unwritten.
    static constexpr TileConfiguration configuration;
    _tile_loadconfig(&configuration);
  }
  ~Amx() { _tile_release(); }
  Amx(const Amx&) = delete;
  Amx& operator=(const Amx&) = delete;

  template <int row_blocks, int column_blocks>
  static void sum(const Tile& tile) {
    constexpr int row_bytes = 64;
    _tile_zero(0);
    if constexpr (row_blocks == 2) _tile_zero(1);
    if constexpr (column_blocks == 2) _tile_zero(2);
    if constexpr (row_blocks == 2 && column_blocks == 2) _tile_zero(3);
    const Bf16* const end = tile.rows + tile.blocks * bf16_block_size;
    const Bf16* columns = tile.columns;
    for (const Bf16* rows = tile.rows; rows < end; rows += bf16_block_size, columns += bf16_block_size) {
      _tile_loadd(4, columns, row_bytes);
      _tile_loadd(6, rows, row_bytes);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (row_blocks == 2) {
        _tile_loadd(7, rows + tile.next_rows, row_bytes);
        _tile_dpbf16ps(1, 4, 7);
      }
      if constexpr (column_blocks == 2) {
        _tile_loadd(5, columns + tile.next_columns, row_bytes);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (row_blocks == 2) _tile_dpbf16ps(3, 5, 7);
      }
    }
    const Index stride_bytes = tile.stride * static_cast<Index>(sizeof(float));
    float* const below = tile.to + lanes * tile.stride;
    _tile_stored(0, tile.to, stride_bytes);
    if constexpr (row_blocks == 2) _tile_stored(1, tile.to + lanes, stride_bytes);
    if constexpr (column_blocks == 2) _tile_stored(2, below, stride_bytes);
    if constexpr (row_blocks == 2 && column_blocks == 2) _tile_stored(3, below + lanes, stride_bytes);
  }
};

#endif

/// VDPBF16PS: one sum an element, pair by pair.
class Avx512Bf16 {
 public:
  template <int row_blocks, int column_blocks>
  static void sum(const Tile& tile) {
    for (Index block = 0; block < column_blocks; ++block)
      for (Index line = 0; line < bf16_block_lines; line += at_once)
        sum_lines<std::size_t{row_blocks}>(tile, tile.columns + block * tile.next_columns + line * bf16_block_terms,
                                           tile.to + (block * bf16_block_lines + line) * tile.stride);
  }

 private:
  static constexpr Index at_once = 8;  ///< lines: with two registers each they fill half of all registers

  template <std::size_t row_blocks>
  static void sum_lines(const Tile& tile, const Bf16* columns, float* to) {
    __m512 sums[at_once][row_blocks];
    for (auto& line : sums)
      for (__m512& sum : line) sum = _mm512_setzero_ps();
    for (Index block = 0; block < tile.blocks; ++block) {
      for (Index term = 0; term < bf16_block_terms; term += 2) {
        __m512bh rows[row_blocks];
        for (std::size_t i = 0; i < row_blocks; ++i)
          rows[i] = reinterpret_cast<__m512bh>(_mm512_load_si512(tile.rows + static_cast<Index>(i) * tile.next_rows +
                                                                 block * bf16_block_size + term * lanes));
        for (Index line = 0; line < at_once; ++line) {
          int pair = 0;
          std::memcpy(&pair, columns + block * bf16_block_size + line * bf16_block_terms + term, sizeof pair);
          const auto terms = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
          for (std::size_t i = 0; i < row_blocks; ++i) sums[line][i] = _mm512_dpbf16_ps(sums[line][i], terms, rows[i]);
        }
      }
    }
    for (Index line = 0; line < at_once; ++line)
      for (std::size_t i = 0; i < row_blocks; ++i)
        _mm512_storeu_ps(to + line * tile.stride + static_cast<Index>(i) * lanes, sums[line][i]);
  }
};

template <class Kernel>
void sum(const Tile& tile, bool two_rows, bool two_columns) {
  if (two_rows && two_columns) return Kernel::template sum<2, 2>(tile);
  if (two_rows) return Kernel::template sum<2, 1>(tile);
  if (two_columns) return Kernel::template sum<1, 2>(tile);
  Kernel::template sum<1, 1>(tile);
}

/// C = sums, or C += sums, in rows x columns of C.
void move(const float* sums, Index rows, Index columns, float* c, Index ldc, bool accumulate) {
  for (Index column = 0; column < columns; ++column)
    for (Index row = 0; row < rows; row += lanes) {
      const auto mask = static_cast<__mmask16>((1U << std::min(lanes, rows - row)) - 1U);
      float* const place = c + column * ldc + row;
      __m512 value = _mm512_load_ps(sums + column * tile_side + row);
      if (accumulate) value = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, place), value);
      _mm512_mask_storeu_ps(place, mask, value);
    }
}

/// Columns whose lines stay in the second-level cache while all rows pass by.
Index columns_at_once(Index blocks) {
  constexpr Index cached = Index{1} << 19;  // elements
  return std::max(tile_side, cached / (blocks * bf16_block_terms) / tile_side * tile_side);
}

template <class Kernel>
void multiply_by(const Bf16Product& product) {
  [[maybe_unused]] const Kernel kernel;
  const Bf16Rows& rows = product.rows;
  const Bf16Columns& columns = product.columns;
  const Index blocks = bf16_blocks(rows.terms);
  const Index at_once = columns_at_once(blocks);
  alignas(64) float sums[tile_side * tile_side];
  for (Index first = 0; first < columns.lines; first += at_once) {
    const Index end = std::min(first + at_once, columns.lines);
    for (Index i = 0; i < rows.lines; i += tile_side) {
      for (Index j = first; j < end; j += tile_side) {
        const Index height = std::min(tile_side, rows.lines - i);
        const Index width = std::min(tile_side, end - j);
        float* const c = product.c + j * product.ldc + i;
        const bool straight = !product.accumulate && height % lanes == 0 && width % lanes == 0;
        sum<Kernel>({.rows = rows.block(i, 0),
                     .columns = columns.block(j, 0),
                     .next_rows = rows.blocks * bf16_block_size,
                     .next_columns = columns.blocks * bf16_block_size,
                     .blocks = blocks,
                     .to = straight ? c : sums,
                     .stride = straight ? product.ldc : tile_side},
                    height > lanes, width > lanes);
        if (!straight) move(sums, height, width, c, product.ldc, product.accumulate);
      }
    }
  }
}

/// Linux saves the state of tiles only for processes that asked for it, once (Documentation/arch/x86/xstate.rst).
bool system_permits_amx() {
#ifdef __AMX_BF16__
  constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tile_data = 18;
  static const bool permitted = ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  return permitted;
#else
  return false;
#endif
}

bool processor_has_bf16() { return __builtin_cpu_supports("avx512bf16") != 0; }

#endif

}  // namespace

#ifdef LOCKSTEP_BF16

void multiply(const Bf16Product& product) {
  assert(product.rows.terms == product.columns.terms && product.rows.terms > 0);
#ifdef __AMX_BF16__
  if (bf16_instruction_set() == InstructionSet::amx) return multiply_by<Amx>(product);
#endif
  multiply_by<Avx512Bf16>(product);
}

std::optional<InstructionSet> bf16_instruction_set() {
  const InstructionSet most = most_allowed.load(std::memory_order_relaxed);
  if (most >= InstructionSet::amx && system_permits_amx()) return InstructionSet::amx;
  static const bool available = processor_has_bf16();
  if (most >= InstructionSet::avx512_bf16 && available) return InstructionSet::avx512_bf16;
  return std::nullopt;
}

std::string bf16_problem() {
  if (bf16_instruction_set()) return {};
  const InstructionSet most = most_allowed.load(std::memory_order_relaxed);
  if (most < InstructionSet::avx512_bf16)
    return "precision is bf16, but isa is " + std::string{text_in(instruction_set_names, most)} +
           ", which has no products in bfloat16; leave isa on auto, or take precision float32";
  return "precision is bf16, but this processor has neither AMX-BF16 nor AVX512_BF16; take precision float32";
}

#else

void multiply(const Bf16Product& /*product*/) { assert(false && "no products in bfloat16 in this build"); }

std::optional<InstructionSet> bf16_instruction_set() { return std::nullopt; }

std::string bf16_problem() {
#ifdef LOCKSTEP_DOUBLE
  return "precision is bf16, but this build computes in double; take precision float32 here, which then is double, or "
         "a build without LOCKSTEP_DOUBLE";
#else
  return "precision is bf16, but this build was compiled for processors without AVX512_BF16; take precision float32, "
         "or build on a processor with AVX512_BF16 or AMX-BF16 and -DLOCKSTEP_ARCH=native";
#endif
}

#endif

void limit_bf16_instructions(InstructionSet most) noexcept { most_allowed.store(most, std::memory_order_relaxed); }

}  // namespace lockstep
