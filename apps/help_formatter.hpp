// SPDX-License-Identifier: MIT
// How --help looks: values and defaults beside each flag, texts wrapped to a readable width.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

/// `text` with line breaks so that no line has more than `width` characters, where words allow.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width);

/// No line is wider than the terminal, or than 100 columns where it is wider or there is none.
class HelpFormatter final : public CLI::Formatter {
 public:
  /// `columns` of the terminal; 0: none.
  explicit HelpFormatter(int columns);
  [[nodiscard]] std::string make_group(std::string group, bool is_positional,
                                       std::vector<const CLI::Option*> options) const override;
  [[nodiscard]] std::string make_option_opts(const CLI::Option* option) const override;
  [[nodiscard]] std::string make_option_desc(const CLI::Option* option) const override;
  [[nodiscard]] std::string make_subcommand(const CLI::App* command) const override;
  [[nodiscard]] std::string make_footer(const CLI::App* command) const override;

 private:
  std::size_t columns_;
};

}  // namespace lockstep
