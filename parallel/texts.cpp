// SPDX-License-Identifier: MIT
#include "parallel/texts.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace lockstep {

std::vector<std::string> gather_texts(Communicator& communicator, std::string_view mine) {
  const auto ranks = static_cast<std::size_t>(communicator.ranks());
  const auto rank = static_cast<std::size_t>(communicator.rank());
  const std::vector<std::uint64_t> lengths = gather_each(std::uint64_t{mine.size()}, communicator);

  std::vector<Pieces> parts(ranks);
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

}  // namespace lockstep
