// SPDX-License-Identifier: MIT
// Where the features of a data set are read from: a mapping, or windows of blocks.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "core/row_order.hpp"
#include "io/gather.hpp"
#include "io/hdf5_array.hpp"
#include "io/memory_limit.hpp"

namespace lockstep {

/// Rows of /features as they are stored or converted. All functions are safe to call from many threads at once.
class FeatureRows {
 public:
  /// Is told which row of those asked for, and its numbers.
  using RowVisitor = std::function<void(std::size_t, StoredSample)>;

  virtual ~FeatureRows() = default;
  /// The type of the numbers that `visit` shows: uint8, float32 or float64.
  [[nodiscard]] virtual Element element() const = 0;
  [[nodiscard]] virtual ReadPattern read_pattern() const = 0;
  virtual void prefetch(std::span<const Index> rows) const = 0;
  /// Calls body(k, row rows[k]) for each k in order.
  virtual void visit(std::span<const Index> rows, const RowVisitor& body) const = 0;
};

/// Maps `features` where they lie uncompressed in one piece as uint8, float32 or float64, or, where `memory_bytes` are
/// far from holding them, reads the rows asked for past the page cache; otherwise reads them by blocks of rows through
/// HDF5. What is not mapped is read on a thread of its own, and about two windows (see FORMAT.md) of it are kept.
/// `window_bytes` bounds a window. Throws FileError (truncated).
[[nodiscard]] std::unique_ptr<FeatureRows> open_feature_rows(Hdf5File file, Hdf5Array features,
                                                             Index window_bytes = Index{64} << 20U,
                                                             double memory_bytes = lockstep::memory_bytes());

}  // namespace lockstep
