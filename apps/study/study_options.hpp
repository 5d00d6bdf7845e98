// SPDX-License-Identifier: MIT
// What a study can be told besides the settings of its runs: flags, or keys of [study] in the file of settings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/cli_forward.hpp"
#include "apps/config_file.hpp"
#include "core/types.hpp"

namespace lockstep {

/// One option: what it is worth when it is not given, and with --quick.
struct StudyOption {
  std::string name;
  std::string type;  ///< for help: "COUNT"
  std::string usual;
  std::string quick;
  std::string help;
};

class StudyOptions {
 public:
  /// Adds the flag; must live until the command line is parsed.
  void add(CLI::App& command, const StudyOption& option);
  /// Takes what the file says of options that no flag gave, then the defaults. A sentence to `problems` for each
  /// unknown key.
  void settle(const SectionTexts& file, bool quick, std::vector<std::string>& problems);

  /// Names and texts, once settled.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> texts() const;
  // Values, once settled. A sentence to `problems` where the text is not of that kind.
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> words(std::string_view name, const std::vector<std::string>& known,
                                               std::vector<std::string>& problems) const;
  [[nodiscard]] std::vector<double> numbers(std::string_view name, std::vector<std::string>& problems) const;
  [[nodiscard]] std::vector<Index> counts(std::string_view name, std::vector<std::string>& problems) const;
  [[nodiscard]] double number(std::string_view name, std::vector<std::string>& problems) const;
  [[nodiscard]] Index count(std::string_view name, std::vector<std::string>& problems) const;

 private:
  struct Given {
    StudyOption option;
    CLI::Option* flag = nullptr;
    std::string text;
  };
  [[nodiscard]] const Given& find(std::string_view name) const;

  std::vector<std::unique_ptr<Given>> all_;
};

}  // namespace lockstep
