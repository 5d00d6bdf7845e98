// SPDX-License-Identifier: MIT
// The tree's order, for vectors small enough to send to everyone.
#include "parallel/ordered_sum.hpp"

#include <algorithm>
#include <cassert>

namespace lockstep {
namespace {

struct Adder {
  std::vector<std::vector<double>>& slots;
  void add(int into, int from) {
    std::vector<double>& left = slots[static_cast<std::size_t>(into)];
    const std::vector<double>& right = slots[static_cast<std::size_t>(from)];
    for (std::size_t i = 0; i < left.size(); ++i) left[i] += right[i];
  }
};

/// Room for what each rank sends: its blocks' sums, and its vote.
std::vector<std::vector<double>> empty_messages(Index leaves, Index width, int ranks) {
  std::vector<std::vector<double>> messages(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank) {
    const std::size_t blocks = maximal_blocks(leaves_of_rank(leaves, rank, ranks)).size();
    messages[static_cast<std::size_t>(rank)].resize(blocks * static_cast<std::size_t>(width) + 1);
  }
  return messages;
}

}  // namespace

OrderedSum::OrderedSum(Index leaves, Index width, const Communicator& communicator)
    : leaves_{leaves},
      width_{width},
      own_{leaves_of_rank(leaves, communicator.rank(), communicator.ranks())},
      next_{own_.begin} {}

void OrderedSum::push(std::span<const double> leaf) { add(leaf, {.level = 0, .start = next_++}); }

void OrderedSum::add(std::span<const double> values, TreeBlock block) {
  const auto slot = static_cast<std::size_t>(counter_.depth());
  if (slots_.size() <= slot) slots_.resize(slot + 1);
  slots_[slot].assign(values.begin(), values.end());
  counter_.push(block, Adder{slots_});
}

void OrderedSum::start(Communicator& communicator, bool vote) {
  assert(next_ == own_.end);
  messages_ = empty_messages(leaves_, width_, communicator.ranks());
  std::vector<double>& own = messages_[static_cast<std::size_t>(communicator.rank())];
  auto place = own.begin();
  for (std::size_t slot = 0; slot < counter_.waiting().size(); ++slot)
    place = std::copy(slots_[slot].begin(), slots_[slot].end(), place);
  own.back() = vote ? 1 : 0;

  std::vector<Pieces> parts;
  for (std::vector<double>& message : messages_)
    parts.push_back({writable_bytes_of(message.data(), static_cast<Index>(message.size()))});
  transfer_ = communicator.all_gather(parts);
}

OrderedSum::Total OrderedSum::finish() {
  transfer_->wait();
  counter_ = {};
  Total total;
  const int ranks = static_cast<int>(messages_.size());
  for (int rank = 0; rank < ranks; ++rank) {
    const std::vector<double>& message = messages_[static_cast<std::size_t>(rank)];
    const double* values = message.data();
    for (const TreeBlock& block : maximal_blocks(leaves_of_rank(leaves_, rank, ranks))) {
      add({values, static_cast<std::size_t>(width_)}, block);
      values += width_;
    }
    total.vote = total.vote || message.back() > 0;
  }
  counter_.finish(Adder{slots_});
  total.sums = leaves_ > 0 ? slots_[0] : std::vector<double>(static_cast<std::size_t>(width_), 0.0);
  return total;
}

Index leaves_in_flight(const Workers& workers) { return Index{2} * workers.threads(); }

std::vector<double> sum_over_leaves(Index leaves, Index width, Communicator& communicator, Workers& workers,
                                    const std::function<void(Index, Index, std::span<double>)>& leaf,
                                    const std::function<void(Index)>& done) {
  OrderedSum sum{leaves, width, communicator};
  const Range own = sum.own_leaves();
  const Index wave = leaves_in_flight(workers);
  std::vector<double> values(static_cast<std::size_t>(wave * width));
  const auto slot = [&](Index i) {
    return std::span<double>{values.data() + i * width, static_cast<std::size_t>(width)};
  };
  for (Index first = own.begin; first < own.end; first += wave) {
    const Index count = std::min(wave, own.end - first);
    workers.for_each(count, [&](Index i) { leaf(first + i, i, slot(i)); });
    for (Index i = 0; i < count; ++i) sum.push(slot(i));
    if (done) done(first + count - own.begin);
  }
  sum.start(communicator);
  return sum.finish().sums;
}

Index least_of_ranks(Index value, Communicator& communicator) {
  return std::ranges::min(gather_each(value, communicator));
}

bool any_rank(bool vote, Communicator& communicator) { return least_of_ranks(vote ? 0 : 1, communicator) == 0; }

}  // namespace lockstep
