// SPDX-License-Identifier: MIT
// Reading and writing TOML by way of the settings' texts.
#include "apps/config_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/error.hpp"
#include "core/names.hpp"
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

/// A value as the text of a setting; nothing for dates and tables.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::string list;
  for (const toml::node& element : *array) {
    const std::optional<std::string> text = element.is_array() ? std::nullopt : text_of(element);
    if (!text) return std::nullopt;
    if (!list.empty()) list += ',';
    list += *text;
  }
  return list;
}

void set_text(const TextKey& key, const toml::node& value, RunRequest& request) {
  const auto text = value.value_exact<std::string>();
  if (!text) throw RequestError(fmt::format("{} must be a text in quotes", key.name));
  request.*key.member = *text;
}

void set_setting(const Setting& setting, const toml::node& value, RunRequest& request) {
  const std::optional<std::string> text = text_of(value);
  if (!text) throw RequestError(fmt::format("{} must be a number, a string, a truth value or a list", setting.name));
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

toml::table parsed(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& failure) {
    throw RequestError(
        fmt::format("{}, line {}: {}", name, failure.source().begin.line, std::string_view{failure.description()}));
  }
}

std::string quoted(const std::string& text) {
  // JSON's escapes are TOML's.
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string toml_value(const Setting& setting, const std::string& text) {
  if (setting.kind == SettingKind::integers) return fmt::format("[{}]", text);
  if (setting.kind == SettingKind::text || text == "auto") return quoted(text);
  return text;
}

}  // namespace

void parse_config(std::string_view text, const std::string& name, RunRequest& request) {
  const toml::table table = parsed(text, name);
  std::vector<std::pair<toml::source_index, std::string>> problems;  // by line
  for (const auto& entry : table) {
    const toml::source_index line = entry.first.source().begin.line;
    try {
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
  std::string text = "# The settings of one run of lockstep " LOCKSTEP_VERSION
                     ", as resolved.\n"
                     "# 'lockstep train --config THIS_FILE --run ANOTHER_DIRECTORY' repeats it exactly.\n\n";
  for (const TextKey& key : text_keys) {
    const std::string& value = request.*key.member;
    if (key.member == &RunRequest::run || value.empty()) continue;
    const std::string shown = key.is_path ? std::filesystem::absolute(value).lexically_normal().string() : value;
    text += fmt::format("{} = {}\n", key.name, quoted(shown));
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
