// SPDX-License-Identifier: MIT
// The parts of CLI11's formatter that we do our own way.
#include "apps/help_formatter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <vector>

namespace lockstep {
namespace {

constexpr std::size_t flag_columns = 34;
constexpr std::size_t narrowest = 60;
constexpr std::size_t widest = 100;

/// A list of names that does not fit beside its flag; it goes into the text.
bool is_long_list(const CLI::Option& option) {
  const std::string values = option.get_type_name();
  const std::size_t beside = option.get_name(false, true).size() + values.size() + 4;
  return values.find('|') != std::string::npos && beside > flag_columns;
}

/// Whether a line of a source text ends for want of room, its paragraph going on in the next.
bool goes_on(std::string_view line, std::string_view next) {
  constexpr std::size_t full = 80;
  return line.size() >= full && !line.starts_with(' ') && !next.empty() && !next.starts_with(' ');
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string with_commas(std::string names) {
  for (std::size_t bar = names.find('|'); bar != std::string::npos; bar = names.find('|')) names.replace(bar, 1, ", ");
  return names;
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t width) {
  std::string result;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    if (column > 0 && column + 1 + word.size() > width) {
      result += '\n';
      column = 0;
    } else if (column > 0) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
    if (end < text.size() && text[end] == '\n') {
      result += '\n';
      column = 0;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

HelpFormatter::HelpFormatter(int columns)
    : columns_{columns == 0 ? widest : std::clamp(static_cast<std::size_t>(columns), narrowest, widest)} {
  column_width(flag_columns);
}

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  const bool follows_a_group = !is_positional && group != "Options";  // CLI11 then puts a second blank line
  const std::string text = Formatter::make_group(std::move(group), is_positional, std::move(options));
  return follows_a_group && text.starts_with('\n') ? text.substr(1) : text;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0 || option->get_positional()) return {};
  return is_long_list(*option) ? " NAME" : fmt::format(" {}", option->get_type_name());
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::string text = option->get_description();
  if (is_long_list(*option))
    text += fmt::format("{} One of {}.", text.ends_with('.') ? "" : ".", with_commas(option->get_type_name()));
  if (!option->get_default_str().empty()) text += fmt::format(" [{}]", option->get_default_str());
  return wrapped(text, columns_ - flag_columns);
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  std::ostringstream text;
  CLI::detail::format_help(text, command->get_display_name(true),
                           wrapped(command->get_description(), columns_ - flag_columns), flag_columns);
  return text.str();
}

std::string HelpFormatter::make_footer(const CLI::App* command) const {
  std::string text;
  std::string paragraph;
  const std::vector<std::string> lines = lines_of(command->get_footer());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    paragraph += lines[i];
    if (i + 1 < lines.size() && goes_on(lines[i], lines[i + 1])) {
      paragraph += ' ';
      continue;
    }
    const std::string indent(std::min(paragraph.find_first_not_of(' '), paragraph.size()), ' ');
    if (paragraph.size() > columns_)
      paragraph = indent + CLI::detail::find_and_replace(
                               wrapped(paragraph.substr(indent.size()), columns_ - indent.size()), "\n", "\n" + indent);
    text += paragraph + "\n";
    paragraph.clear();
  }
  return text;
}

}  // namespace lockstep
