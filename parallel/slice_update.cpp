// SPDX-License-Identifier: MIT
// Merge, clip, update, limit, publish.
#include "parallel/slice_update.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/checkpoint.hpp"
#include "core/finite.hpp"
#include "core/norm.hpp"
#include "parallel/trace.hpp"

namespace lockstep {
namespace {

constexpr std::size_t most_states = 3;  ///< arrays that an optimizer keeps, and the master

void limit_norms(const SlicePiece& piece, const UpdateLimits& limits, Scalar* weights) {
  if (limits.max_norm > 0 && !piece.bias)
    limit_unit_norms({weights, static_cast<std::size_t>(piece.size())}, piece.fan_in, limits.max_norm);
}

/// The bytes of each owner's part of a parcel in a buffer of the parameters' layout.
template <class Number>
std::vector<Pieces> bytes_by_owner(const Parcel& parcel, Number* buffer) {
  std::vector<Pieces> parts;
  for (const std::vector<SlicePiece>& pieces : parcel.pieces) {
    Pieces& part = parts.emplace_back();
    for (const SlicePiece& piece : pieces) part.push_back(writable_bytes_of(buffer + piece.offset, piece.size()));
  }
  return parts;
}

}  // namespace

SliceUpdate::SliceUpdate(const ParameterLayout& layout, const Slices& slices, std::vector<Parcel> parcels,
                         Optimizer optimizer, Communicator& communicator, Workers& workers, Precision numbers)
    : layout_{layout}, slices_{slices}, communicator_{communicator}, workers_{workers}, parcels_{std::move(parcels)} {
  for (const Parcel& parcel : parcels_)
    chunks_.push_back(cut_for_workers(parcel.pieces[static_cast<std::size_t>(communicator.rank())]));
  Index units = 0;
  for (const ParameterBlock& block : layout.blocks()) {
    first_unit_.push_back(units);
    units += block.units;
  }
  first_unit_.push_back(units);
  for (std::size_t i = 0; i < optimizer_arrays(optimizer, numbers).size(); ++i)
    state_.emplace_back(slices.size(communicator.rank()));
  if (numbers == Precision::bf16) travelling_.resize(static_cast<std::size_t>(layout.buffer_size()));
}

void SliceUpdate::take_first(AlignedBuffer& parameters) {
  if (!rounds()) return;
  for (const SlicePiece& piece : slices_.of(communicator_.rank()))
    std::copy_n(parameters.data() + piece.offset, piece.size(), master().data() + piece.offset_in_slice);
  std::ranges::transform(parameters.span(), parameters.data(), rounded_to_bf16);
}

bool SliceUpdate::step_part(UpdateRule rule, const SlicePiece& piece, Range inputs, Range units,
                            Columns<const Scalar> sum, Scalar* weights) {
  const TraceSpan span{"update"};
  if (piece.bias) rule.l1 = rule.l2 = rule.weight_decay = 0;
  const Index skipped = (units.begin - piece.units.begin) * piece.fan_in + inputs.begin;
  std::array<Columns<Scalar>, most_states> state;
  for (std::size_t i = 0; i < state_.size(); ++i)
    state[i] = {state_[i].data() + piece.offset_in_slice + skipped, piece.fan_in};
  return update(rule, inputs.size(), units.size(), {weights + skipped, piece.fan_in}, sum,
                {state.data(), state_.size() - (rounds() ? 1 : 0)});
}

bool SliceUpdate::goes_by_parts(const UpdateLimits& limits) const {
  return communicator_.ranks() == 1 && !rounds() && limits.clip_norm == 0 && !limits.norm_wanted;
}

bool SliceUpdate::apply_part(const UpdateRule& rule, Index block, Range inputs, Range units, Columns<const Scalar> sum,
                             AlignedBuffer& parameters) {
  const SlicePiece& piece = slices_.of(0)[static_cast<std::size_t>(block)];  // one rank has all units of all blocks
  return step_part(rule, piece, inputs, units, sum, parameters.data() + piece.offset);
}

template <class Body>
void SliceUpdate::for_each_chunk(const Body& body) {
  for (const std::vector<SlicePiece>& chunks : chunks_)
    workers_.for_each(static_cast<Index>(chunks.size()), [&](Index i) { body(chunks[static_cast<std::size_t>(i)]); });
}

void SliceUpdate::finish_parts(const UpdateLimits& limits, AlignedBuffer& parameters) {
  if (limits.max_norm <= 0) return;
  for_each_chunk([&](const SlicePiece& piece) { limit_norms(piece, limits, parameters.data() + piece.offset); });
}

std::optional<Index> SliceUpdate::take_norm(UpdateRule& rule, const UpdateLimits& limits,
                                            const GradientExchange& exchange) {
  double total = 0;
  const std::vector<double> squares = squares_by_unit(exchange);
  for (std::size_t unit = 0; unit < squares.size(); ++unit) {
    total += squares[unit];
    if (!std::isfinite(total)) return block_of_unit(unit);
  }
  squared_norm_ = total * rule.gradient_scale * rule.gradient_scale;
  rule.gradient_scale *= clip_factor(std::sqrt(total) * rule.gradient_scale, limits.clip_norm);
  summed_ = true;
  return std::nullopt;
}

void SliceUpdate::apply_next(const UpdateRule& rule, const UpdateLimits& limits, const GradientExchange& exchange,
                             const AlignedBuffer& before, AlignedBuffer& after) {
  const std::size_t parcel = applied();
  const std::vector<SlicePiece>& chunks = chunks_[parcel];
  std::vector<unsigned char> finite(chunks.size());
  workers_.for_each(static_cast<Index>(chunks.size()), [&](Index i) {
    const SlicePiece& piece = chunks[static_cast<std::size_t>(i)];
    const Scalar* const sum = summed_ ? merged_.data() + piece.offset_in_slice : exchange.sum(piece).data();
    finite[static_cast<std::size_t>(i)] = step_piece(rule, limits, piece, sum, before, after) ? 1 : 0;
  });
  auto first_bad = static_cast<Index>(layout_.blocks().size());
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (finite[i] == 0) first_bad = std::min(first_bad, chunks[i].block);
  publications_.push_back(publish(parcels_[parcel], after, first_bad));
}

bool SliceUpdate::step_piece(const UpdateRule& rule, const UpdateLimits& limits, const SlicePiece& piece,
                             const Scalar* sum, const AlignedBuffer& before, AlignedBuffer& after) {
  Scalar* const fresh = after.data() + piece.offset;
  Scalar* const weights = rounds() ? master().data() + piece.offset_in_slice : fresh;
  if (!rounds()) std::copy_n(before.data() + piece.offset, piece.size(), fresh);
  const bool finite = step_part(rule, piece, {0, piece.fan_in}, piece.units, {sum, piece.fan_in}, weights);
  limit_norms(piece, limits, weights);
  if (!rounds()) return finite;
  Bf16* const travelling = travelling_.data() + piece.offset;
  ScalarBits greatest = 0;
  for (Index i = 0; i < piece.size(); ++i) {
    travelling[i] = to_bf16(weights[i]);
    fresh[i] = from_bf16(travelling[i]);
    greatest = std::max(greatest, exponent_bits(fresh[i]));
  }
  return finite && greatest < no_number;
}

SliceUpdate::Publication SliceUpdate::publish(const Parcel& parcel, AlignedBuffer& parameters, Index first_bad_block) {
  std::vector<Pieces> parts =
      rounds() ? bytes_by_owner(parcel, travelling_.data()) : bytes_by_owner(parcel, parameters.data());
  Publication publication{.verdicts = std::vector<Index>(parts.size(), first_bad_block), .transfer = nullptr};
  for (std::size_t rank = 0; rank < parts.size(); ++rank)
    parts[rank].push_back(writable_bytes_of(&publication.verdicts[rank], 1));
  publication.transfer = communicator_.all_gather(parts, Lane::parameters);
  return publication;
}

void SliceUpdate::progress() {
  for (const Publication& publication : publications_) (void)publication.transfer->test();
}

std::optional<Index> SliceUpdate::finish(AlignedBuffer& after) {
  const auto none = static_cast<Index>(layout_.blocks().size());
  Index first_bad = none;
  for (std::size_t parcel = 0; parcel < publications_.size(); ++parcel) {
    const Publication& publication = publications_[parcel];
    publication.transfer->wait();
    first_bad = std::min(first_bad, *std::min_element(publication.verdicts.begin(), publication.verdicts.end()));
    if (rounds()) unpack_others(parcels_[parcel], after);
  }
  publications_.clear();
  summed_ = false;
  return first_bad < none ? std::optional{first_bad} : std::nullopt;
}

void SliceUpdate::unpack_others(const Parcel& parcel, AlignedBuffer& after) {
  std::vector<SlicePiece> pieces;
  for (std::size_t owner = 0; owner < parcel.pieces.size(); ++owner)
    if (static_cast<int>(owner) != communicator_.rank())
      pieces.insert(pieces.end(), parcel.pieces[owner].begin(), parcel.pieces[owner].end());
  const std::vector<SlicePiece> parts = cut_for_workers(pieces);
  workers_.for_each(static_cast<Index>(parts.size()), [&](Index i) {
    const SlicePiece& part = parts[static_cast<std::size_t>(i)];
    const Bf16* const arrived = travelling_.data() + part.offset;
    for (Index k = 0; k < part.size(); ++k) after.data()[part.offset + k] = from_bf16(arrived[k]);
  });
}

Index SliceUpdate::block_of_unit(std::size_t unit) const {
  const auto after = std::upper_bound(first_unit_.begin(), first_unit_.end(), static_cast<Index>(unit));
  return static_cast<Index>(after - first_unit_.begin()) - 1;
}

std::vector<double> SliceUpdate::squares_by_unit(const GradientExchange& exchange) {
  if (merged_.size() == 0) merged_ = AlignedBuffer{slices_.size(communicator_.rank())};
  std::vector<double> squares(static_cast<std::size_t>(first_unit_.back()));
  for_each_chunk([&](const SlicePiece& piece) {
    const std::span<const Scalar> sum = exchange.sum(piece);
    std::ranges::copy(sum, merged_.data() + piece.offset_in_slice);
    const auto fan_in = static_cast<std::size_t>(piece.fan_in);
    const Index first = first_unit_[static_cast<std::size_t>(piece.block)] + piece.units.begin;
    for (Index unit = 0; unit < piece.units.size(); ++unit)
      squares[static_cast<std::size_t>(first + unit)] =
          sum_of_squares(sum.subspan(static_cast<std::size_t>(unit) * fan_in, fan_in));
  });
  std::vector<Pieces> parts(static_cast<std::size_t>(slices_.ranks()));
  for (int rank = 0; rank < slices_.ranks(); ++rank)
    for (const SlicePiece& piece : slices_.of(rank))
      parts[static_cast<std::size_t>(rank)].push_back(writable_bytes_of(
          squares.data() + first_unit_[static_cast<std::size_t>(piece.block)] + piece.units.begin, piece.units.size()));
  communicator_.all_gather(parts)->wait();
  return squares;
}

void SliceUpdate::gather_gradient(const GradientExchange& exchange, AlignedBuffer& gradient) {
  for_each_chunk(
      [&](const SlicePiece& piece) { std::ranges::copy(exchange.sum(piece), gradient.data() + piece.offset); });
  communicator_.all_gather(bytes_by_owner(slices_.parcel(), gradient.data()))->wait();
}

std::vector<AlignedBuffer> SliceUpdate::gather_state() {
  const int ranks = communicator_.ranks();
  const bool root = communicator_.rank() == 0;
  std::vector<AlignedBuffer> complete;
  for (AlignedBuffer& own : state_) {
    AlignedBuffer whole{root ? layout_.buffer_size() : 0};
    std::vector<ConstPieces> send(static_cast<std::size_t>(ranks));
    std::vector<Pieces> receive(static_cast<std::size_t>(ranks));
    for (const SlicePiece& piece : slices_.of(communicator_.rank()))
      send[0].push_back(bytes_of(own.data() + piece.offset_in_slice, piece.size()));
    if (root) receive = bytes_by_owner(slices_.parcel(), whole.data());
    communicator_.all_to_all(send, receive)->wait();
    if (root) complete.push_back(std::move(whole));
  }
  return complete;
}

void SliceUpdate::set_state(const std::vector<AlignedBuffer>& state) {
  for (std::size_t i = 0; i < state_.size(); ++i)
    for (const SlicePiece& piece : slices_.of(communicator_.rank()))
      std::copy_n(state[i].data() + piece.offset, piece.size(), state_[i].data() + piece.offset_in_slice);
}

}  // namespace lockstep
