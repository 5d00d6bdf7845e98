// SPDX-License-Identifier: MIT
// Texts of any length over a communicator that knows only bytes: lengths first, then the texts.
#include "apps/agreement.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>

namespace lockstep {

std::vector<std::string> gather_texts(Communicator& communicator, std::string_view mine) {
  const auto ranks = static_cast<std::size_t>(communicator.ranks());
  const auto rank = static_cast<std::size_t>(communicator.rank());
  std::vector<std::uint64_t> lengths(ranks);
  lengths[rank] = mine.size();
  std::vector<Pieces> parts(ranks);
  for (std::size_t r = 0; r < ranks; ++r) parts[r] = {std::as_writable_bytes(std::span{lengths}.subspan(r, 1))};
  communicator.all_gather(parts)->wait();

  std::vector<std::string> texts(ranks);
  texts[rank] = mine;
  for (std::size_t r = 0; r < ranks; ++r) {
    texts[r].resize(lengths[r]);
    parts[r] = {std::as_writable_bytes(std::span{texts[r]})};
  }
  communicator.all_gather(parts)->wait();
  return texts;
}

std::string text_of_first(Communicator& communicator, std::string_view mine) {
  return gather_texts(communicator, communicator.rank() == 0 ? mine : std::string_view{}).front();
}

void agree_on_problems(Communicator& communicator, const std::vector<std::string>& mine) {
  const std::vector<std::string> of_ranks = gather_texts(communicator, nlohmann::json(mine).dump());
  std::vector<std::string> in_order;
  std::map<std::string, std::vector<std::size_t>> ranks_with;
  for (std::size_t rank = 0; rank < of_ranks.size(); ++rank) {
    for (const auto& problem : nlohmann::json::parse(of_ranks[rank]).get<std::vector<std::string>>()) {
      std::vector<std::size_t>& ranks = ranks_with[problem];
      if (ranks.empty()) in_order.push_back(problem);
      if (ranks.empty() || ranks.back() != rank) ranks.push_back(rank);
    }
  }
  if (in_order.empty()) return;
  for (std::string& problem : in_order) {
    const std::vector<std::size_t>& ranks = ranks_with[problem];
    if (ranks.size() < of_ranks.size()) problem = fmt::format("rank {}: {}", ranks.front(), problem);
  }
  throw AgreedError(in_order);
}

}  // namespace lockstep
