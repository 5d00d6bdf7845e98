// SPDX-License-Identifier: MIT
// Texts of ranks, brought to all of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parallel/communicator.hpp"

namespace lockstep {

/// Every rank's text, by rank: any bytes. Collective.
[[nodiscard]] std::vector<std::string> gather_texts(Communicator& communicator, std::string_view mine);

/// Rank 0's text, on every rank. Collective.
[[nodiscard]] std::string text_of_first(Communicator& communicator, std::string_view mine);

}  // namespace lockstep
