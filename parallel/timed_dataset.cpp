// SPDX-License-Identifier: MIT
// Timing gathers.
#include "parallel/timed_dataset.hpp"

#include "parallel/trace.hpp"

namespace lockstep {

void TimedDataset::gather_features(std::span<const Index> rows, const AffineTransform& transform,
                                   Panel features) const {
  const TraceSpan span{"gather"};
  const std::int64_t begin = trace_clock();
  other_.gather_features(rows, transform, features);
  nanoseconds_.fetch_add(trace_clock() - begin, std::memory_order_relaxed);
}

}  // namespace lockstep
