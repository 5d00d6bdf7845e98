// SPDX-License-Identifier: MIT
// Trace Event Format ("JSON Object Format", complete events): Perfetto and chrome://tracing open it.
#include "apps/profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <nlohmann/json.hpp>

#include "apps/agreement.hpp"
#include "io/durable_file.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t skipped_steps = 10;
constexpr std::uint64_t recorded_steps = 5;

std::string event_name(const TraceEvent& event, const std::vector<std::string>& layers) {
  if (event.layer < 0) return event.phase;
  return fmt::format("{} {}", event.phase, layers.at(static_cast<std::size_t>(event.layer)));
}

/// {"name": "thread_name", "ph": "M", ...}: what a row is called.
Json named(const char* what, const std::string& name, int rank, int thread) {
  return {{"name", what}, {"ph", "M"}, {"pid", rank}, {"tid", thread}, {"args", {{"name", name}}}};
}

/// The events of one rank, an object a line, separated by commas. Times in microseconds.
std::string events_of_rank(const std::vector<ThreadTrace>& traces, const std::vector<std::string>& layers, int rank,
                           std::int64_t zero) {
  std::vector<std::string> lines{named("process_name", fmt::format("rank {}", rank), rank, 0).dump()};
  for (const ThreadTrace& trace : traces) {
    const std::string name = trace.thread == 0 ? "main thread, worker 0" : fmt::format("worker {}", trace.thread);
    lines.push_back(named("thread_name", name, rank, trace.thread).dump());
    for (const TraceEvent& event : trace.events)
      lines.push_back(Json{
          {"name", event_name(event, layers)},
          {"cat", event.phase},
          {"ph", "X"},
          {"ts", 1e-3 * static_cast<double>(event.begin - zero)},
          {"dur", 1e-3 * static_cast<double>(event.end - event.begin)},
          {"pid", rank},
          {"tid",
           trace.thread}}.dump());
  }
  return fmt::format("{}", fmt::join(lines, ",\n"));
}

}  // namespace

Profile::Profile(std::string path, TrainingObserver& other, Communicator& communicator)
    : path_{std::move(path)}, other_{other} {
  if (path_.empty()) return;
  // Twice: the second time all have just met.
  (void)gather_each(0, communicator);
  (void)gather_each(0, communicator);
  zero_ = trace_clock();
  start();
}

void Profile::start() {
  start_tracing();
  recording_ = true;
}

void Profile::on_step(const StepProgress& progress) {
  if (!path_.empty()) follow(progress);
  other_.on_step(progress);
}

void Profile::follow(const StepProgress& progress) {
  ++steps_;
  if (recording_) ++recorded_;
  const std::uint64_t left = progress.steps - progress.step;
  if (steps_ == 1 && left >= skipped_steps + recorded_steps) {  // others will come, warmer ones
    stop();
    recorded_ = 0;
  } else if (recording_ && recorded_ == recorded_steps) {
    stop();
  } else if (steps_ == skipped_steps && recorded_ == 0) {
    start();
  }
}

void Profile::stop() {
  traces_ = stop_tracing();
  recording_ = false;
}

std::uint64_t Profile::write(const std::vector<std::string>& layers, Communicator& communicator) {
  if (path_.empty()) return 0;
  if (recording_) stop();
  const std::vector<std::string> events =
      gather_texts(communicator, events_of_rank(traces_, layers, communicator.rank(), zero_));
  on_first_rank(communicator, [&] {
    const std::string text =
        fmt::format("{{\"displayTimeUnit\": \"ms\",\n\"traceEvents\": [\n{}\n]}}\n", fmt::join(events, ",\n"));
    write_file_durably(path_, std::array<std::string_view, 1>{text});
  });
  return recorded_;
}

}  // namespace lockstep
