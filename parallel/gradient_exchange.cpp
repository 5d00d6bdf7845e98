// SPDX-License-Identifier: MIT
// The ordered reduce-scatter.
#include "parallel/gradient_exchange.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace lockstep {
namespace {

/// Where each host's slice begins in what this rank collects, by host; and the scalars of it all.
std::vector<Index> collection_of(const Slices& slices, const HostGroups& groups) {
  std::vector<Index> begins{0};
  const int places = groups.within.ranks();
  for (int host = 0; host < groups.across.ranks(); ++host)
    begins.push_back(begins.back() + slices.size(host * places + groups.within.rank()));
  return begins;
}

/// The blocks of each of `members`, who have `ranks_of_member` ranks each, the first of them rank `first` of `ranks`.
std::vector<std::vector<TreeBlock>> blocks_of(Index leaves, int first, int members, int ranks_of_member, int ranks) {
  std::vector<std::vector<TreeBlock>> blocks;
  for (int member = 0; member < members; ++member) {
    const int rank = first + member * ranks_of_member;
    blocks.push_back(maximal_blocks(
        {leaves_of_rank(leaves, rank, ranks).begin, leaves_of_rank(leaves, rank + ranks_of_member - 1, ranks).end}));
  }
  return blocks;
}

}  // namespace

GradientExchange::GradientExchange(const Slices& slices, Communicator& communicator, Workers& workers,
                                   Precision numbers)
    : ranks_{communicator.ranks()},
      workers_{workers},
      last_{communicator.hosts() == nullptr ? communicator : communicator.hosts()->across,
            slices.size(communicator.rank()), numbers} {
  const HostGroups* const groups = communicator.hosts();
  if (groups == nullptr) return;
  const std::vector<Index> begins = collection_of(slices, *groups);
  collection_.emplace(
      Collection{.groups = *groups, .begins = begins, .hop = SumHop{groups->within, begins.back(), numbers}});
}

void GradientExchange::begin(Index leaves, const std::vector<AlignedBuffer>& own) {
  if (!collection_) {
    last_.begin(blocks_of(leaves, 0, ranks_, 1, ranks_), own);
    return;
  }
  const int places = collection_->groups.within.ranks();
  const int host = collection_->groups.across.rank();
  collection_->relays.clear();
  collection_->hop.begin(blocks_of(leaves, host * places, places, 1, ranks_), own);
  std::vector<std::vector<TreeBlock>> blocks = blocks_of(leaves, 0, ranks_ / places, places, ranks_);
  std::vector<AlignedBuffer>& sums = collection_->sums;
  while (sums.size() < blocks[static_cast<std::size_t>(host)].size()) sums.emplace_back(collection_->begins.back());
  last_.begin(std::move(blocks), sums);
}

void GradientExchange::start(const Parcel& parcel) {
  if (!collection_) return last_.start(parcel);
  const Parcel collected = within_host(parcel);
  const auto place = static_cast<std::size_t>(collection_->groups.within.rank());
  collection_->relays.push_back({.parts = cut_for_workers(collected.pieces[place]), .parcel = across_hosts(parcel)});
  collection_->hop.start(collected);
}

void GradientExchange::progress() {
  if (collection_) collection_->hop.progress();
  last_.progress();
}

void GradientExchange::relay() {
  if (!collection_) return;
  while (last_.started() < started() && collection_->hop.arrived(last_.started())) send_on();
}

void GradientExchange::wait(std::size_t parcel, const std::function<void()>& meanwhile) {
  while (last_.started() <= parcel) {
    collection_->hop.wait(last_.started(), [&] {
      last_.progress();
      meanwhile();
    });
    send_on();
  }
  last_.wait(parcel, [&] {
    relay();
    meanwhile();
  });
}

void GradientExchange::send_on() {
  const Relay& relay = collection_->relays[last_.started()];
  workers_.for_each(static_cast<Index>(relay.parts.size()), [&](Index i) {
    const SlicePiece& part = relay.parts[static_cast<std::size_t>(i)];
    const BlockSums blocks = collection_->hop.merged(part);
    assert(blocks.size() <= collection_->sums.size());
    for (std::size_t k = 0; k < blocks.size(); ++k)
      std::copy_n(blocks[k], part.size(), collection_->sums[k].data() + part.offset_in_slice);
    last_.pack(part.offset_in_slice, part.size(), 1, 0);
  });
  last_.start(relay.parcel);
}

Parcel GradientExchange::within_host(const Parcel& parcel) const {
  const HostGroups& groups = collection_->groups;
  const auto places = static_cast<std::size_t>(groups.within.ranks());
  Parcel collected{.pieces = std::vector<std::vector<SlicePiece>>(places)};
  for (std::size_t rank = 0; rank < parcel.pieces.size(); ++rank)
    for (SlicePiece piece : parcel.pieces[rank]) {
      // Right for this rank's own collection: where others put theirs is their affair.
      piece.offset_in_slice += collection_->begins[rank / places];
      collected.pieces[rank % places].push_back(piece);
    }
  return collected;
}

Parcel GradientExchange::across_hosts(const Parcel& parcel) const {
  const HostGroups& groups = collection_->groups;
  const auto places = static_cast<std::size_t>(groups.within.ranks());
  Parcel sent;
  for (std::size_t rank = static_cast<std::size_t>(groups.within.rank()); rank < parcel.pieces.size(); rank += places) {
    sent.pieces.push_back(parcel.pieces[rank]);
    for (SlicePiece& piece : sent.pieces.back()) piece = in_collection(piece, rank / places);
  }
  return sent;
}

SlicePiece GradientExchange::in_collection(SlicePiece piece, std::size_t host) const {
  piece.offset = collection_->begins[host] + piece.offset_in_slice;
  return piece;
}

std::span<const Scalar> GradientExchange::sum(const SlicePiece& piece) const {
  const SlicePiece place =
      collection_ ? in_collection(piece, static_cast<std::size_t>(collection_->groups.across.rank())) : piece;
  return {last_.sum(place), static_cast<std::size_t>(piece.size())};
}

}  // namespace lockstep
