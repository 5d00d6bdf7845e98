// SPDX-License-Identifier: MIT
// Merge, clip, update, limit, publish.
#include "parallel/slice_update.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/norm.hpp"
#include "parallel/trace.hpp"

namespace lockstep {
namespace {

constexpr std::size_t most_states = 2;  ///< arrays that an optimizer keeps

/// Scalars of a chunk, about: its sum, weights and state stay in the first-level caches.
constexpr Index chunk_scalars = 8192;

std::span<Scalar> run(AlignedBuffer& buffer, Index offset, Index size) {
  return buffer.span().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

void limit_norms(const SlicePiece& piece, const UpdateLimits& limits, AlignedBuffer& parameters) {
  if (limits.max_norm > 0 && !piece.bias)
    limit_unit_norms(run(parameters, piece.offset, piece.size()), piece.fan_in, limits.max_norm);
}

/// The bytes of each owner's part of a parcel in a buffer of the parameters' layout.
std::vector<Pieces> bytes_by_owner(const Parcel& parcel, AlignedBuffer& buffer) {
  std::vector<Pieces> parts;
  for (const std::vector<SlicePiece>& pieces : parcel.pieces) {
    Pieces& part = parts.emplace_back();
    for (const SlicePiece& piece : pieces)
      part.push_back(writable_bytes_of(buffer.data() + piece.offset, piece.size()));
  }
  return parts;
}

/// The pieces cut into chunks.
std::vector<SlicePiece> chunks_of(const std::vector<SlicePiece>& pieces) {
  std::vector<SlicePiece> chunks;
  for (const SlicePiece& piece : pieces) {
    const Index units_per_chunk = std::max<Index>(1, chunk_scalars / piece.fan_in);
    for (Index begin = piece.units.begin; begin < piece.units.end; begin += units_per_chunk)
      chunks.push_back(piece.part({begin, std::min(begin + units_per_chunk, piece.units.end)}));
  }
  return chunks;
}

}  // namespace

SliceUpdate::SliceUpdate(const ParameterLayout& layout, const Slices& slices, std::vector<Parcel> parcels,
                         Optimizer optimizer, Communicator& communicator, Workers& workers)
    : layout_{layout}, slices_{slices}, communicator_{communicator}, workers_{workers}, parcels_{std::move(parcels)} {
  for (const Parcel& parcel : parcels_)
    chunks_.push_back(chunks_of(parcel.pieces[static_cast<std::size_t>(communicator.rank())]));
  Index units = 0;
  for (const ParameterBlock& block : layout.blocks()) {
    first_unit_.push_back(units);
    units += block.units;
  }
  first_unit_.push_back(units);
  for (std::size_t i = 0; i < state_names(optimizer).size(); ++i) state_.emplace_back(slices.size(communicator.rank()));
}

bool SliceUpdate::step_part(UpdateRule rule, const SlicePiece& piece, Range inputs, Range units,
                            Columns<const Scalar> sum, AlignedBuffer& parameters) {
  const TraceSpan span{"update"};
  if (piece.bias) rule.l1 = rule.l2 = rule.weight_decay = 0;
  const Index skipped = (units.begin - piece.units.begin) * piece.fan_in + inputs.begin;
  std::array<Columns<Scalar>, most_states> state;
  for (std::size_t i = 0; i < state_.size(); ++i)
    state[i] = {state_[i].data() + piece.offset_in_slice + skipped, piece.fan_in};
  return update(rule, inputs.size(), units.size(), {parameters.data() + piece.offset + skipped, piece.fan_in}, sum,
                {state.data(), state_.size()});
}

bool SliceUpdate::goes_by_parts(const UpdateLimits& limits) const {
  return communicator_.ranks() == 1 && limits.clip_norm == 0 && !limits.norm_wanted;
}

bool SliceUpdate::apply_part(const UpdateRule& rule, Index block, Range inputs, Range units, Columns<const Scalar> sum,
                             AlignedBuffer& parameters) {
  const SlicePiece& piece = slices_.of(0)[static_cast<std::size_t>(block)];  // one rank has all units of all blocks
  return step_part(rule, piece, inputs, units, sum, parameters);
}

template <class Body>
void SliceUpdate::for_each_chunk(const Body& body) {
  for (const std::vector<SlicePiece>& chunks : chunks_)
    workers_.for_each(static_cast<Index>(chunks.size()), [&](Index i) { body(chunks[static_cast<std::size_t>(i)]); });
}

void SliceUpdate::finish_parts(const UpdateLimits& limits, AlignedBuffer& parameters) {
  if (limits.max_norm <= 0) return;
  for_each_chunk([&](const SlicePiece& piece) { limit_norms(piece, limits, parameters); });
}

std::optional<Index> SliceUpdate::clip(UpdateRule& rule, const UpdateLimits& limits, const GradientExchange& exchange) {
  double total = 0;
  const std::vector<double> squares = squares_by_unit(exchange);
  for (const double square : squares) total += square;
  if (!std::isfinite(total)) {
    const auto bad = std::find_if(squares.begin(), squares.end(), [](double square) { return !std::isfinite(square); });
    return block_of_unit(static_cast<std::size_t>(bad - squares.begin()));
  }
  squared_norm_ = total * rule.gradient_scale * rule.gradient_scale;
  rule.gradient_scale *= clip_factor(std::sqrt(total) * rule.gradient_scale, limits.clip_norm);
  clipped_ = true;
  return std::nullopt;
}

void SliceUpdate::apply_next(const UpdateRule& rule, const UpdateLimits& limits, const GradientExchange& exchange,
                             const AlignedBuffer& before, AlignedBuffer& after) {
  const std::size_t parcel = applied();
  const std::vector<SlicePiece>& chunks = chunks_[parcel];
  std::vector<unsigned char> finite(chunks.size());
  workers_.for_each(static_cast<Index>(chunks.size()), [&](Index i) {
    const SlicePiece& piece = chunks[static_cast<std::size_t>(i)];
    const Scalar* const sum = clipped_ ? merged_.data() + piece.offset_in_slice : exchange.sum(piece).data();
    std::copy_n(before.data() + piece.offset, piece.size(), after.data() + piece.offset);
    finite[static_cast<std::size_t>(i)] =
        step_part(rule, piece, {0, piece.fan_in}, piece.units, {sum, piece.fan_in}, after) ? 1 : 0;
    limit_norms(piece, limits, after);
  });
  auto first_bad = static_cast<Index>(layout_.blocks().size());
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (finite[i] == 0) first_bad = std::min(first_bad, chunks[i].block);
  publications_.push_back(publish(parcels_[parcel], after, first_bad));
}

SliceUpdate::Publication SliceUpdate::publish(const Parcel& parcel, AlignedBuffer& parameters, Index first_bad_block) {
  std::vector<Pieces> parts = bytes_by_owner(parcel, parameters);
  Publication publication{.verdicts = std::vector<Index>(parts.size(), first_bad_block), .transfer = nullptr};
  for (std::size_t rank = 0; rank < parts.size(); ++rank)
    parts[rank].push_back(writable_bytes_of(&publication.verdicts[rank], 1));
  publication.transfer = communicator_.all_gather(parts, Lane::parameters);
  return publication;
}

void SliceUpdate::progress() {
  for (const Publication& publication : publications_) (void)publication.transfer->test();
}

std::optional<Index> SliceUpdate::finish() {
  const auto none = static_cast<Index>(layout_.blocks().size());
  Index first_bad = none;
  for (const Publication& publication : publications_) {
    publication.transfer->wait();
    first_bad = std::min(first_bad, *std::min_element(publication.verdicts.begin(), publication.verdicts.end()));
  }
  publications_.clear();
  clipped_ = false;
  return first_bad < none ? std::optional{first_bad} : std::nullopt;
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
  communicator_.all_gather(bytes_by_owner(slices_.parcel(), gradient))->wait();
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
    if (root) receive = bytes_by_owner(slices_.parcel(), whole);
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
