// SPDX-License-Identifier: MIT
// The only way to standard output and standard error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

/// What one rank may say. Texts need no final line break: one is added; what would steer a terminal (see `printable`)
/// is made visible. For one thread of each rank.
class Console {
 public:
  Console(int rank, int ranks);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Results, to standard output; rank 0 only.
  void out(std::string_view text);
  /// Remarks and warnings, to standard error; rank 0 only.
  void note(std::string_view text);
  /// Faults, to standard error, from any rank, each line behind "[rank N] " when there are several.
  void error(std::string_view text);

  /// Keeps standard output for `json` alone: from now on `out` goes to standard error.
  void reserve_output_for_json() noexcept { out_is_reserved_ = true; }
  /// One machine-readable object, to standard output; rank 0 only.
  void json(std::string_view object);

  /// From now on nothing but remarks is said here, behind `name`: of work beside that of another console.
  void keep_to_remarks(std::string name);

  /// From now on failures are objects on standard output, too.
  void report_failures_as_json() noexcept { failures_are_json_ = true; }
  /// Why the request failed, known to all ranks: rank 0 says each problem behind "error: " on standard error, and where
  /// that was asked for all of them as {"error": [...], "exit_status": N}, unless an object is on standard output
  /// already. Returns `exit_status`.
  int failure(const std::vector<std::string>& problems, int exit_status);
  /// The same from any rank, which says its number (`error`).
  int failure_here(const std::vector<std::string>& problems, int exit_status);

  /// Why something meant for standard output could not be written there; empty when all was.
  [[nodiscard]] const std::string& loss() const noexcept { return loss_; }

  /// True when a person watches: rank 0, and standard error ends in a terminal.
  [[nodiscard]] bool interactive() const noexcept { return columns_ > 0; }
  /// Columns of that terminal; 0 when there is none.
  [[nodiscard]] int columns() const noexcept { return columns_; }

  /// Shows a line that the next text replaces, cut to the terminal's width. Nothing unless interactive.
  void transient(std::string_view line);
  void clear_transient();

 private:
  [[nodiscard]] bool first() const noexcept { return rank_ == 0; }
  void write_result(std::string_view text);
  void write_failure(const std::vector<std::string>& problems, int exit_status);

  int rank_;
  int ranks_;
  int columns_;
  std::string name_;  ///< said before remarks, when only they are said
  bool out_is_reserved_ = false;
  bool failures_are_json_ = false;
  bool object_written_ = false;
  bool transient_shown_ = false;
  std::string loss_;
};

}  // namespace lockstep
