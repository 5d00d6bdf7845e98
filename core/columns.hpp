// SPDX-License-Identifier: MIT
// Columns of scalars wherever they lie: tiles of weights, of gradients, of optimizer state.
#pragma once

#include "core/types.hpp"

namespace lockstep {

/// Columns of scalars that begin `stride` apart.
template <class Element>
struct Columns {
  Element* data = nullptr;
  Index stride = 0;
};

}  // namespace lockstep
