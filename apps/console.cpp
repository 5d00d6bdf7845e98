// SPDX-License-Identifier: MIT
// Writing whole lines, so that the output of several ranks does not interleave within one.
#include "apps/console.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "apps/escaped_bytes.hpp"
#include "apps/json_text.hpp"
#include "apps/terminal.hpp"

namespace lockstep {
namespace {

/// Returns 0, or why the text may be lost.
int write(std::FILE* stream, std::string_view text) {
  errno = 0;
  const bool complete = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  return std::fflush(stream) == 0 && complete ? 0 : errno;
}

int write_line(std::FILE* stream, std::string_view text) {
  std::string line{text};
  if (line.empty() || line.back() != '\n') line += '\n';
  return write(stream, line);
}

/// Each line of `text` behind `prefix`.
std::string prefixed(std::string_view prefix, std::string_view text) {
  std::string lines{prefix};
  for (const char letter : text) {
    lines += letter;
    if (letter == '\n') lines += prefix;
  }
  return lines;
}

std::string error_lines(const std::vector<std::string>& problems) {
  return fmt::format("error: {}", fmt::join(problems, "\nerror: "));
}

/// The first `columns` characters of UTF-8 text.
std::string_view cut_to(std::string_view text, int columns) {
  int characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts_character && ++characters > columns) return text.substr(0, i);
  }
  return text;
}

}  // namespace

Console::Console(int rank, int ranks) : rank_{rank}, ranks_{ranks}, columns_{rank == 0 ? terminal_columns() : 0} {}

Console::~Console() { clear_transient(); }

void Console::out(std::string_view text) {
  if (!first() || !name_.empty()) return;
  clear_transient();
  if (out_is_reserved_)
    write_line(stderr, printable(text));
  else
    write_result(printable(text));
}

void Console::note(std::string_view text) {
  if (!first()) return;
  clear_transient();
  write_line(stderr, printable(name_.empty() ? std::string{text} : fmt::format("{}: {}", name_, text)));
}

void Console::keep_to_remarks(std::string name) {
  name_ = std::move(name);
  columns_ = 0;
}

void Console::error(std::string_view text) {
  clear_transient();
  write_line(stderr, printable(ranks_ > 1 ? prefixed(fmt::format("[rank {}] ", rank_), text) : std::string{text}));
}

void Console::json(std::string_view object) {
  if (!first()) return;
  clear_transient();
  write_result(object);
  object_written_ = true;
}

int Console::failure(const std::vector<std::string>& problems, int exit_status) {
  note(error_lines(problems));
  if (first()) write_failure(problems, exit_status);
  return exit_status;
}

int Console::failure_here(const std::vector<std::string>& problems, int exit_status) {
  error(error_lines(problems));
  write_failure(problems, exit_status);
  return exit_status;
}

void Console::write_failure(const std::vector<std::string>& problems, int exit_status) {
  if (!failures_are_json_ || object_written_) return;
  write_result(json_text(failure_object(problems, exit_status)));
  object_written_ = true;
}

/// Who closes a pipe early has seen enough; anything else is a loss.
void Console::write_result(std::string_view text) {
  const int reason = write_line(stdout, text);
  if (reason != 0 && reason != EPIPE) loss_ = std::strerror(reason);
}

void Console::transient(std::string_view line) {
  if (!interactive()) return;
  write(stderr, fmt::format("\r{}\x1b[K", cut_to(printable(line), columns_ - 1)));
  transient_shown_ = true;
}

void Console::clear_transient() {
  if (!transient_shown_) return;
  write(stderr, "\r\x1b[K");
  transient_shown_ = false;
}

}  // namespace lockstep
