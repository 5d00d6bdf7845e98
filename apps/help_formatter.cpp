// SPDX-License-Identifier: MIT
// The parts of CLI11's formatter that we do our own way.
#include "apps/help_formatter.hpp"

#include <fmt/format.h>

namespace lockstep {
namespace {

constexpr std::size_t flag_columns = 34;
constexpr std::size_t text_columns = 76;

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

HelpFormatter::HelpFormatter() { column_width(flag_columns); }

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  const bool follows_a_group = !is_positional && group != "Options";  // CLI11 then puts a second blank line
  const std::string text = Formatter::make_group(std::move(group), is_positional, std::move(options));
  return follows_a_group && text.starts_with('\n') ? text.substr(1) : text;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0 || option->get_positional()) return {};
  return fmt::format(" {}", option->get_type_name());
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::string text = option->get_description();
  if (!option->get_default_str().empty()) text += fmt::format(" [{}]", option->get_default_str());
  return wrapped(text, text_columns);
}

}  // namespace lockstep
