// SPDX-License-Identifier: MIT
// Products of transposed weights with few columns: the forward pass of a small shard.
#pragma once

#include "core/gemm.hpp"

namespace lockstep {

/// C = A^T B, not accumulated, with so few columns that copying A into another order, as libraries do, would cost more
/// than it saves (on a Xeon with AVX-512, 784 x 128 and 16 columns: 116 GFLOP/s against oneDNN's 80, even at 128
/// columns). Only floats, and only in builds for AVX-512, whose 32 registers hold a tile.
[[nodiscard]] bool is_narrow(const Product& product) noexcept;

/// Computes a product that is_narrow. Both operands are read along their columns, as they lie; each element of C is a
/// sum of its own in an order that k alone decides, so its bits depend neither on m and n nor on addresses.
void multiply_narrow(const Product& product);

}  // namespace lockstep
