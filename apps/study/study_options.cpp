// SPDX-License-Identifier: MIT
// Lists of numbers and names, from flags or a file.
#include "apps/study/study_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cassert>

#include "core/error.hpp"
#include "core/names.hpp"
#include "core/setting_text.hpp"

namespace lockstep {
namespace {

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    parts.emplace_back(setting_text::trimmed(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

template <class Value>
std::vector<Value> values_of(std::string_view name, const std::string& text, std::vector<std::string>& problems) {
  std::vector<Value> values;
  try {
    for (const std::string& part : parts_of(text)) setting_text::read(part, values.emplace_back());
  } catch (const RequestError& failure) {
    problems.push_back(fmt::format("--{}: {}", name, failure.what()));
  }
  if (text.empty()) problems.push_back(fmt::format("--{} is empty; give it at least one value", name));
  return values;
}

template <class Value>
Value only(std::string_view name, const std::vector<Value>& values, std::vector<std::string>& problems) {
  if (values.size() > 1) problems.push_back(fmt::format("--{} takes one value, not {}", name, values.size()));
  return values.empty() ? Value{} : values.front();
}

}  // namespace

void StudyOptions::add(CLI::App& command, const StudyOption& option) {
  all_.push_back(std::make_unique<Given>(Given{.option = option, .flag = nullptr, .text = {}}));
  Given& given = *all_.back();
  given.flag = command.add_option("--" + option.name, given.text, option.help)
                   ->type_name(option.type)
                   ->default_str(option.usual)
                   ->group("Grid");
}

void StudyOptions::settle(const SectionTexts& file, bool quick, std::vector<std::string>& problems) {
  std::vector<std::string_view> known;
  for (const auto& given : all_) known.push_back(given->option.name);
  for (const auto& [key, text] : file) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string nearest = nearest_name(key, known);
    problems.push_back(
        fmt::format("unknown key '{}' in [study]; {}", key,
                    nearest.empty() ? "see 'lockstep study NAME --help'" : fmt::format("did you mean '{}'?", nearest)));
  }
  for (const auto& given : all_) {
    if (given->flag->count() > 0) continue;
    const auto found = file.find(given->option.name);
    given->text = found != file.end() ? found->second : quick ? given->option.quick : given->option.usual;
  }
}

const StudyOptions::Given& StudyOptions::find(std::string_view name) const {
  const auto found =
      std::find_if(all_.begin(), all_.end(), [&](const auto& given) { return given->option.name == name; });
  assert(found != all_.end());
  return **found;
}

std::vector<std::pair<std::string, std::string>> StudyOptions::texts() const {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& given : all_) texts.emplace_back(given->option.name, given->text);
  return texts;
}

const std::string& StudyOptions::text(std::string_view name) const { return find(name).text; }

std::vector<std::string> StudyOptions::words(std::string_view name, const std::vector<std::string>& known,
                                             std::vector<std::string>& problems) const {
  std::vector<std::string> words = parts_of(text(name));
  if (words == std::vector<std::string>{"all"}) return known;
  if (words.empty()) problems.push_back(fmt::format("--{} is empty; choose of {}", name, fmt::join(known, ", ")));
  const std::vector<std::string_view> names(known.begin(), known.end());
  for (const std::string& word : words) {
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    const std::string nearest = nearest_name(word, names);
    problems.push_back(fmt::format("--{} knows {}, not '{}'{}", name, fmt::join(known, ", "), word,
                                   nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
  }
  return words;
}

std::vector<double> StudyOptions::numbers(std::string_view name, std::vector<std::string>& problems) const {
  return values_of<double>(name, text(name), problems);
}

std::vector<Index> StudyOptions::counts(std::string_view name, std::vector<std::string>& problems) const {
  return values_of<Index>(name, text(name), problems);
}

double StudyOptions::number(std::string_view name, std::vector<std::string>& problems) const {
  return only(name, numbers(name, problems), problems);
}

Index StudyOptions::count(std::string_view name, std::vector<std::string>& problems) const {
  return only(name, counts(name, problems), problems);
}

}  // namespace lockstep
