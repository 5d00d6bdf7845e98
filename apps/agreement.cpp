// SPDX-License-Identifier: MIT
// Texts of any length over a communicator that knows only bytes: lengths first, then the texts.
#include "apps/agreement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <cstring>
#include <map>

namespace lockstep {
namespace {

/// Texts of any bytes as one, and back: each behind its length.
std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    const std::uint64_t length = text.size();
    all.append(reinterpret_cast<const char*>(&length), sizeof length);
    all += text;
  }
  return all;
}

std::vector<std::string> split(std::string_view all) {
  std::vector<std::string> texts;
  while (!all.empty()) {
    std::uint64_t length = 0;
    std::memcpy(&length, all.data(), sizeof length);
    texts.emplace_back(all.substr(sizeof length, length));
    all.remove_prefix(sizeof length + length);
  }
  return texts;
}

std::vector<std::size_t> ranks_unlike_first(const std::vector<std::string>& of_ranks) {
  std::vector<std::size_t> others;
  for (std::size_t rank = 1; rank < of_ranks.size(); ++rank)
    if (of_ranks[rank] != of_ranks.front()) others.push_back(rank);
  return others;
}

}  // namespace

void agree_on_problems(Communicator& communicator, const std::vector<std::string>& mine) {
  const std::vector<std::string> of_ranks = gather_texts(communicator, joined(mine));
  std::vector<std::string> in_order;
  std::map<std::string, std::vector<std::size_t>> ranks_with;
  for (std::size_t rank = 0; rank < of_ranks.size(); ++rank) {
    for (const auto& problem : split(of_ranks[rank])) {
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

void agree_on_problems_of_first(Communicator& communicator, const std::vector<std::string>& problems) {
  if (std::vector<std::string> all = split(text_of_first(communicator, joined(problems))); !all.empty())
    throw AgreedError(std::move(all));
}

void require_same_on_all_ranks(Communicator& communicator, std::string_view what, std::string_view mine) {
  const std::vector<std::string> of_ranks = gather_texts(communicator, mine);
  const std::vector<std::size_t> others = ranks_unlike_first(of_ranks);
  if (others.empty()) return;
  throw AgreedError(
      fmt::format("{} differ between ranks: rank 0 has '{}', but rank{} {} {} '{}'; give all hosts the same files",
                  what, of_ranks.front(), others.size() == 1 ? "" : "s", fmt::join(others, ", "),
                  others.size() == 1 ? "has" : "have", of_ranks[others.front()]));
}

void require_same_command(Communicator& communicator, const std::vector<std::string>& arguments) {
  std::vector<std::string> same;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--threads")
      ++i;
    else if (!arguments[i].starts_with("--threads="))
      same.push_back(arguments[i]);
  }
  const std::vector<std::string> of_ranks = gather_texts(communicator, joined(same));
  const std::vector<std::size_t> others = ranks_unlike_first(of_ranks);
  if (others.empty()) return;
  throw AgreedError(fmt::format(
      "ranks were started with different arguments: rank 0 with '{}', but rank {} with '{}'; start all with the same "
      "(--threads may differ)",
      fmt::join(split(of_ranks.front()), " "), others.front(), fmt::join(split(of_ranks[others.front()]), " ")));
}

void agree_on_fault_of_first(Communicator& communicator, std::string_view fault) {
  if (const std::string agreed_fault = text_of_first(communicator, fault); !agreed_fault.empty())
    throw AgreedFault(agreed_fault);
}

}  // namespace lockstep
