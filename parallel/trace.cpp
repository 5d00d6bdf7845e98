// SPDX-License-Identifier: MIT
// One list of events for each thread, so that recording needs no lock.
#include "parallel/trace.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

namespace lockstep {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<std::unique_ptr<ThreadTrace>> threads;
  std::uint64_t recording = 0;  ///< counts calls of start_tracing: lists of an earlier one are gone
};

Registry& registry() {
  static Registry all;
  return all;
}

/// This thread's list in the recording under way.
ThreadTrace& own_trace() {
  thread_local std::pair<std::uint64_t, ThreadTrace*> own{0, nullptr};
  Registry& all = registry();
  // Written between recordings only, when no thread records.
  if (own.first == all.recording && own.second != nullptr) return *own.second;
  const std::lock_guard lock{all.mutex};
  all.threads.push_back(std::make_unique<ThreadTrace>(ThreadTrace{.thread = static_cast<int>(all.threads.size())}));
  own = {all.recording, all.threads.back().get()};
  return *own.second;
}

}  // namespace

namespace detail {

std::atomic<bool> tracing = false;

void record(const TraceEvent& event) { own_trace().events.push_back(event); }

}  // namespace detail

std::int64_t trace_clock() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void start_tracing() {
  Registry& all = registry();
  {
    const std::lock_guard lock{all.mutex};
    all.threads.clear();
    ++all.recording;
  }
  static_cast<void>(own_trace());
  detail::tracing.store(true);
}

std::vector<ThreadTrace> stop_tracing() {
  detail::tracing.store(false);
  Registry& all = registry();
  const std::lock_guard lock{all.mutex};
  std::vector<ThreadTrace> traces;
  for (const auto& thread : all.threads) traces.push_back(std::move(*thread));
  all.threads.clear();
  ++all.recording;
  return traces;
}

std::map<std::string_view, double> seconds_by_phase(const std::vector<ThreadTrace>& traces) {
  std::map<std::string_view, double> seconds;
  for (const ThreadTrace& trace : traces) {
    std::vector<const TraceEvent*> ended;  // those that no later one has turned out to enclose
    for (const TraceEvent& event : trace.events) {
      std::int64_t own = event.end - event.begin;
      for (; !ended.empty() && ended.back()->begin >= event.begin; ended.pop_back())
        own -= ended.back()->end - ended.back()->begin;
      ended.push_back(&event);
      seconds[event.phase] += 1e-9 * static_cast<double>(own);
    }
  }
  return seconds;
}

}  // namespace lockstep
