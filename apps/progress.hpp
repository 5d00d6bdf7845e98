// SPDX-License-Identifier: MIT
// A progress bar with the time left, for people.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "apps/console.hpp"

namespace lockstep {

/// What one line of progress shows.
struct ProgressLine {
  std::string_view title{};
  double done = 0;
  double total = 0;              ///< 0: unknown, no bar
  double seconds = 0;            ///< since the beginning
  double done_at_beginning = 0;  ///< work that was already done then, of a continued run
  std::string_view text{};       ///< shown at the end
  int columns = 80;
};

/// "epoch 3/10 [#######.......]  47%  00:12 left  loss 0.41": at most `columns` characters.
[[nodiscard]] std::string progress_line(const ProgressLine& line);

/// Shows how far something is on rank 0's terminal, at most ten times a second; elsewhere it does nothing.
/// Leaves no trace: it is cleared when finished, and by whatever the console prints in between.
class Progress {
 public:
  /// `total` in any unit; `done_at_beginning` in the same, so that the time left of continued work is right.
  Progress(Console& console, std::string title, double total, double done_at_beginning = 0);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void set_title(std::string title) { title_ = std::move(title); }
  /// So much of what is done, or is about to be counted as done, took none of the time since the beginning.
  void skip(double done) { done_at_beginning_ += done; }
  /// `done` of `total`, and a few words about it.
  void update(double done, std::string_view text = {});
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  Console& console_;
  std::string title_;
  double total_;
  double done_at_beginning_;
  Clock::time_point beginning_;
  Clock::time_point shown_;
};

}  // namespace lockstep
