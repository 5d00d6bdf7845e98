// SPDX-License-Identifier: MIT
// How our JSON objects look.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lockstep {

/// One line for each member of the object, its value in short form: readable, however long its arrays are.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& object);

}  // namespace lockstep
