// SPDX-License-Identifier: MIT
// Reading and writing TOML by way of the settings' texts.
#include "apps/config_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "apps/absolute_path.hpp"
#include "apps/escaped_bytes.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "core/setting_text.hpp"
#include "core/settings.hpp"

namespace lockstep {
namespace {

struct TextKey {
  std::string_view name;
  std::string RunRequest::*member;
  bool is_path = true;
};
constexpr std::array<TextKey, 5> text_keys{{{"train", &RunRequest::train},
                                            {"test", &RunRequest::test},
                                            {"run", &RunRequest::run},
                                            {"init-from", &RunRequest::init_from},
                                            {"train-data", &RunRequest::train_data, false}}};

/// A TOML value as the text of a setting of that kind; nothing when it is of another type. "auto" stands for a value of
/// any kind, and a whole number is a real one.
std::optional<std::string> text_of(const toml::node& node, SettingKind kind) {
  const auto text = node.value_exact<std::string>();
  if (text && (kind == SettingKind::text || *text == "auto")) return *text;
  if (kind == SettingKind::integer || kind == SettingKind::real)
    if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (kind == SettingKind::real)
    if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (kind == SettingKind::boolean)
    if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
  if (kind != SettingKind::integers || !node.is_array()) return std::nullopt;
  std::string list;
  for (const toml::node& element : *node.as_array()) {
    const std::optional<std::string> number = text_of(element, SettingKind::integer);
    if (!number) return std::nullopt;
    if (!list.empty()) list += ',';
    list += *number;
  }
  return list;
}

std::string_view type_named(SettingKind kind) {
  switch (kind) {
    case SettingKind::text:
      return "a text in quotes";
    case SettingKind::integer:
      return "a whole number without quotes, like 128";
    case SettingKind::real:
      return "a number without quotes, like 0.001";
    case SettingKind::boolean:
      return "true or false, without quotes";
    case SettingKind::integers:
      return "a list of whole numbers in brackets, like [300, 100]";
  }
  return "another type";
}

void set_text(const TextKey& key, const toml::node& value, RunRequest& request) {
  const auto text = value.value_exact<std::string>();
  if (!text) throw RequestError(fmt::format("{} must be {}", key.name, type_named(SettingKind::text)));
  if (text->empty())
    throw RequestError(fmt::format("{} is empty (\"\"); give it a text, or remove the line", key.name));
  request.*key.member = bytes_in(*text);
}

void set_setting(const Setting& setting, const toml::node& value, RunRequest& request) {
  const std::optional<std::string> text = text_of(value, setting.kind);
  if (!text) throw RequestError(fmt::format("{} must be {}", setting.name, type_named(setting.kind)));
  setting.set(request.config, *text);
}

[[noreturn]] void throw_unknown_key(std::string_view key, const toml::node& value) {
  if (value.is_table())
    throw RequestError(fmt::format("there are no sections in a run's settings; remove [{}] and keep its lines", key));
  std::vector<std::string_view> known;
  for (const TextKey& text : text_keys) known.push_back(text.name);
  for (const Setting& setting : settings()) known.push_back(setting.name);
  const std::string nearest = nearest_name(key, known);
  throw RequestError(
      fmt::format("unknown setting '{}'; {}", key,
                  nearest.empty() ? "see 'lockstep train --help'" : fmt::format("did you mean '{}'?", nearest)));
}

void set_key(std::string_view key, const toml::node& value, RunRequest& request) {
  const auto text = std::find_if(text_keys.begin(), text_keys.end(), [&](const TextKey& t) { return t.name == key; });
  if (text != text_keys.end()) return set_text(*text, value, request);
  if (const Setting* setting = find_setting(key)) return set_setting(*setting, value, request);
  throw_unknown_key(key, value);
}

/// The texts of a section's keys, whatever their types.
SectionTexts section_texts(const toml::table& section) {
  const auto scalar = [](const toml::node& node) -> std::string {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto whole = node.value_exact<std::int64_t>()) return fmt::format("{}", *whole);
    if (const auto real = node.value_exact<double>()) return fmt::format("{}", *real);
    if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
    throw RequestError("[study] holds texts, numbers, true and false, and lists of them");
  };
  SectionTexts texts;
  for (const auto& [key, node] : section) {
    std::string text;
    if (!node.is_array()) {
      text = scalar(node);
    } else {
      for (const toml::node& element : *node.as_array()) {
        if (!text.empty()) text += ',';
        text += scalar(element);
      }
    }
    texts.emplace(key.str(), text);
  }
  return texts;
}

/// One line, counted from 1, without blanks around it; of a long one its beginning.
std::string_view line_of(std::string_view text, toml::source_index number) {
  constexpr std::size_t most_shown = 60;
  for (toml::source_index line = 1; line < number; ++line)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return setting_text::trimmed(text.substr(0, std::min(text.find('\n'), most_shown)));
}

/// The library's reason, without what it was doing.
std::string_view without_prefix(std::string_view description) {
  const std::size_t colon = description.find(": ");
  return description.starts_with("Error while parsing") && colon != description.npos ? description.substr(colon + 2)
                                                                                     : description;
}

toml::table parsed(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& failure) {
    const toml::source_position at = failure.source().begin;
    throw RequestError(
        fmt::format("{}, line {}, column {}: '{}' is no TOML ({}); write NAME = VALUE, each name once, texts in "
                    "\"quotes\", lists in "
                    "[brackets], remarks behind #",
                    name, at.line, at.column, line_of(text, at.line), without_prefix(failure.description())));
  }
}

std::string quoted(const std::string& text) {
  // JSON's escapes are TOML's.
  return nlohmann::json(utf8_of(text)).dump();
}

std::string toml_value(const Setting& setting, const std::string& text) {
  if (setting.kind == SettingKind::integers) return fmt::format("[{}]", text);
  if (setting.kind == SettingKind::text || text == "auto") return quoted(text);
  return text;
}

}  // namespace

void parse_config(std::string_view text, const std::string& name, RunRequest& request, SectionTexts* study) {
  const toml::table table = parsed(text, name);
  std::vector<std::pair<toml::source_index, std::string>> problems;  // by line
  for (const auto& entry : table) {
    const toml::source_index line = entry.first.source().begin.line;
    try {
      if (study != nullptr && entry.first.str() == "study" && entry.second.is_table())
        *study = section_texts(*entry.second.as_table());
      else
        set_key(entry.first.str(), entry.second, request);
    } catch (const RequestError& problem) {
      problems.emplace_back(line, fmt::format("{}, line {}: {}", name, line, problem.what()));
    }
  }
  if (problems.empty()) return;
  std::sort(problems.begin(), problems.end());
  std::vector<std::string> sentences;
  for (const auto& problem : problems) sentences.push_back(problem.second);
  throw RequestError(sentences);
}

std::string config_text(const RunRequest& request) {
  std::string text = std::string{config_opening} + LOCKSTEP_VERSION
                     ", as resolved.\n"
                     "# 'lockstep train --config THIS_FILE --run ANOTHER_DIRECTORY' repeats it exactly.\n\n";
  for (const TextKey& key : text_keys) {
    const std::string& value = request.*key.member;
    if (key.member == &RunRequest::run || value.empty()) continue;
    text += fmt::format("{} = {}\n", key.name, quoted(key.is_path ? absolute_path(value) : value));
  }
  std::string_view group;
  for (const Setting& setting : settings()) {
    if (setting.group != group) text += fmt::format("\n# {}\n", setting.group);
    group = setting.group;
    text += fmt::format("{} = {}\n", setting.name, toml_value(setting, setting.get(request.config)));
  }
  return text;
}

}  // namespace lockstep
