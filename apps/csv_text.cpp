// SPDX-License-Identifier: MIT
// Cells and lines.
#include "apps/csv_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace lockstep {

using Json = nlohmann::ordered_json;

std::string csv_cell(const Json& value) {
  if (value.is_null()) return {};
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted;
  for (const char letter : text) quoted.append(letter == '"' ? 2 : 1, letter);
  return fmt::format("\"{}\"", quoted);
}

std::string csv_text(const Json& rows) {
  if (rows.empty()) return {};
  std::vector<std::string> names;
  for (const auto& item : rows.front().items()) names.push_back(item.key());
  std::string text;
  const auto line = [&](auto&& cell) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) text += ',';
      text += csv_cell(cell(names[i]));
    }
    text += '\n';
  };
  line([](const std::string& name) { return Json(name); });
  for (const Json& row : rows) line([&](const std::string& name) { return row.at(name); });
  return text;
}

}  // namespace lockstep
