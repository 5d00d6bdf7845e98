// SPDX-License-Identifier: MIT
// Drawing the bar and guessing the time left.
#include "apps/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lockstep {
namespace {

constexpr auto redraw_interval = std::chrono::milliseconds{100};
constexpr double no_guess_before_seconds = 1;

std::string clock_text(double seconds) {
  const long long whole = std::llround(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
}

std::string time_left(const ProgressLine& line) {
  const double worked = line.done - line.done_at_beginning;
  if (worked <= 0 || line.seconds < no_guess_before_seconds) return "--:-- left";
  return fmt::format("{} left", clock_text(std::max(0.0, line.total - line.done) / worked * line.seconds));
}

std::string bar(double fraction, int width) {
  const auto filled = static_cast<std::size_t>(std::floor(fraction * width));
  return fmt::format("[{:#<{}}{:.<{}}]", "", filled, "", static_cast<std::size_t>(width) - filled);
}

}  // namespace

std::string progress_line(const ProgressLine& line) {
  constexpr int widest_bar = 30;
  constexpr int narrowest_bar = 5;
  const std::string text = line.text.empty() ? std::string{} : fmt::format("  {}", line.text);
  if (line.total <= 0) return fmt::format("{} {}{}", line.title, clock_text(line.seconds), text);
  const double fraction = std::clamp(line.done / line.total, 0.0, 1.0);
  const std::string rest = fmt::format("{:4.0f}%  {}{}", std::floor(100 * fraction), time_left(line), text);
  const int room = line.columns - static_cast<int>(line.title.size() + rest.size()) - 4;
  if (room < narrowest_bar) return fmt::format("{}{}", line.title, rest);
  return fmt::format("{} {}{}", line.title, bar(fraction, std::min(room, widest_bar)), rest);
}

Progress::Progress(Console& console, std::string title, double total, double done_at_beginning)
    : console_{console},
      title_{std::move(title)},
      total_{total},
      done_at_beginning_{done_at_beginning},
      beginning_{Clock::now()},
      shown_{beginning_ - redraw_interval} {}

void Progress::update(double done, std::string_view text) {
  if (!console_.interactive()) return;
  const Clock::time_point now = Clock::now();
  if (now - shown_ < redraw_interval) return;
  shown_ = now;
  console_.transient(progress_line({.title = title_,
                                    .done = done,
                                    .total = total_,
                                    .seconds = std::chrono::duration<double>(now - beginning_).count(),
                                    .done_at_beginning = done_at_beginning_,
                                    .text = text,
                                    .columns = console_.columns()}));
}

void Progress::finish() { console_.clear_transient(); }

}  // namespace lockstep
