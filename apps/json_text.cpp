// SPDX-License-Identifier: MIT
// Paths may hold any bytes; JSON may not: what is not UTF-8 is replaced.
#include "apps/json_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace lockstep {
namespace {

std::string short_form(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

std::string json_text(const nlohmann::ordered_json& object) {
  std::string text;
  for (const auto& member : object.items()) {
    text += text.empty() ? "{" : ",";
    text += fmt::format("\n  {}: {}", short_form(member.key()), short_form(member.value()));
  }
  return text.empty() ? "{}" : text + "\n}";
}

nlohmann::ordered_json failure_object(const std::vector<std::string>& problems, int exit_status) {
  return {{"error", problems}, {"exit_status", exit_status}};
}

}  // namespace lockstep
