// SPDX-License-Identifier: MIT
// The names of tasks.
#include "core/dataset.hpp"

#include <array>

#include "core/names.hpp"

namespace lockstep {
namespace {

constexpr std::array<Named<Task>, 2> names{{
    {Task::classification, "classification"},
    {Task::regression, "regression"},
}};

}  // namespace

std::string_view name_of(Task task) { return text_in(names, task); }
Task task_named(std::string_view text, std::string_view kind) { return value_in(names, kind, text); }

}  // namespace lockstep
