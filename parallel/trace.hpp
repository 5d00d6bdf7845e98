// SPDX-License-Identifier: MIT
// What each thread of this process does when: recorded while tracing is on, at the cost of one look while it is off.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace lockstep {

/// Something that a thread did from `begin` to `end`, in nanoseconds of the steady clock.
struct TraceEvent {
  const char* phase = "";  ///< "forward", "gather", ...: a literal
  int layer = -1;          ///< of the network, from 0; -1: none in particular
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The events of one thread, in the order of their ends; of two that overlap one lies within the other.
struct ThreadTrace {
  int thread = 0;  ///< in the order in which threads had their first event; the caller of start_tracing is 0
  std::vector<TraceEvent> events;
};

/// Nanoseconds of the clock that events are told in.
[[nodiscard]] std::int64_t trace_clock() noexcept;

/// From now on all threads of the process record. Tracing belongs to the process, as its threads do. Not while workers
/// work.
void start_tracing();
/// No longer, and what was recorded since. Not while workers work.
[[nodiscard]] std::vector<ThreadTrace> stop_tracing();

/// What all threads together spent in each phase, layers added up, less the phases within it.
[[nodiscard]] std::map<std::string_view, double> seconds_by_phase(const std::vector<ThreadTrace>& traces);

namespace detail {
extern std::atomic<bool> tracing;
void record(const TraceEvent& event);
}  // namespace detail

/// Records its own lifetime. `phase` must be a literal.
class TraceSpan {
 public:
  explicit TraceSpan(const char* phase, int layer = -1)
      : event_{phase, layer, detail::tracing.load(std::memory_order_relaxed) ? trace_clock() : 0, 0} {}
  ~TraceSpan() {
    if (event_.begin == 0) return;
    event_.end = trace_clock();
    detail::record(event_);
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

 private:
  TraceEvent event_;
};

}  // namespace lockstep
