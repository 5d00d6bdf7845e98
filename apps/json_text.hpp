// SPDX-License-Identifier: MIT
// How our JSON objects look.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace lockstep {

/// One line for each member of the object, its value in short form: readable, however long its arrays are.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& object);

/// What stands for a failure, alone or beside other members: {"error": [sentences], "exit_status": N}.
[[nodiscard]] nlohmann::ordered_json failure_object(const std::vector<std::string>& problems, int exit_status);

}  // namespace lockstep
