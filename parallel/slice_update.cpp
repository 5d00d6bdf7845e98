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

/// The bytes of each rank's slice in a buffer of the parameters' layout.
std::vector<Pieces> slice_pieces(const Slices& slices, int ranks, AlignedBuffer& buffer) {
  std::vector<Pieces> parts(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank)
    for (const SlicePiece& piece : slices.of(rank))
      parts[static_cast<std::size_t>(rank)].push_back(writable_bytes_of(buffer.data() + piece.offset, piece.size()));
  return parts;
}

}  // namespace

SliceUpdate::SliceUpdate(const ParameterLayout& layout, const Slices& slices, Optimizer optimizer,
                         Communicator& communicator, Workers& workers)
    : layout_{layout}, slices_{slices}, communicator_{communicator}, workers_{workers} {
  for (const SlicePiece& piece : slices.of(communicator.rank())) {
    const Index units_per_chunk = std::max<Index>(1, chunk_scalars / piece.fan_in);
    for (Index begin = piece.units.begin; begin < piece.units.end; begin += units_per_chunk) {
      SlicePiece part = piece;
      part.units = {begin, std::min(begin + units_per_chunk, piece.units.end)};
      part.offset += (begin - piece.units.begin) * piece.fan_in;
      part.offset_in_slice += (begin - piece.units.begin) * piece.fan_in;
      chunks_.push_back({.piece = part, .whole = piece});
    }
  }
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

void SliceUpdate::finish_parts(const UpdateLimits& limits, AlignedBuffer& parameters) {
  if (limits.max_norm <= 0) return;
  workers_.for_each(static_cast<Index>(chunks_.size()),
                    [&](Index i) { limit_norms(chunks_[static_cast<std::size_t>(i)].piece, limits, parameters); });
}

std::optional<Index> SliceUpdate::apply(UpdateRule rule, const UpdateLimits& limits, const GradientExchange& exchange,
                                        AlignedBuffer& parameters) {
  const bool whole_first = limits.clip_norm > 0 || limits.norm_wanted;
  if (whole_first) {
    double total = 0;
    const std::vector<double> squares = squares_by_unit(exchange);
    for (const double square : squares) total += square;
    if (!std::isfinite(total)) {
      const auto bad =
          std::find_if(squares.begin(), squares.end(), [](double square) { return !std::isfinite(square); });
      return block_of_unit(static_cast<std::size_t>(bad - squares.begin()));
    }
    squared_norm_ = total * rule.gradient_scale * rule.gradient_scale;
    rule.gradient_scale *= clip_factor(std::sqrt(total) * rule.gradient_scale, limits.clip_norm);
  }
  std::vector<unsigned char> finite(chunks_.size());
  workers_.for_each(static_cast<Index>(chunks_.size()), [&](Index i) {
    const Chunk& chunk = chunks_[static_cast<std::size_t>(i)];
    const std::span<const Scalar> sum = whole_first ? run(merged_, chunk.piece.offset_in_slice, chunk.piece.size())
                                                    : exchange.sum(chunk.whole, chunk.piece.units);
    const SlicePiece& piece = chunk.piece;
    finite[static_cast<std::size_t>(i)] =
        step_part(rule, piece, {0, piece.fan_in}, piece.units, {sum.data(), piece.fan_in}, parameters) ? 1 : 0;
    limit_norms(piece, limits, parameters);
  });
  const auto none = static_cast<Index>(layout_.blocks().size());
  const auto bad = std::find(finite.begin(), finite.end(), 0);  // chunks lie in the order of blocks
  const Index first_bad_block = publish_with_verdict(
      parameters, bad == finite.end() ? none : chunks_[static_cast<std::size_t>(bad - finite.begin())].piece.block);
  return first_bad_block < none ? std::optional{first_bad_block} : std::nullopt;
}

Index SliceUpdate::block_of_unit(std::size_t unit) const {
  const auto after = std::upper_bound(first_unit_.begin(), first_unit_.end(), static_cast<Index>(unit));
  return static_cast<Index>(after - first_unit_.begin()) - 1;
}

std::vector<double> SliceUpdate::squares_by_unit(const GradientExchange& exchange) {
  const int ranks = communicator_.ranks();
  if (merged_.size() == 0) merged_ = AlignedBuffer{slices_.size(communicator_.rank())};
  std::vector<double> squares(static_cast<std::size_t>(first_unit_.back()));
  workers_.for_each(static_cast<Index>(chunks_.size()), [&](Index i) {
    const Chunk& chunk = chunks_[static_cast<std::size_t>(i)];
    const std::span<const Scalar> sum = exchange.sum(chunk.whole, chunk.piece.units);
    std::ranges::copy(sum, merged_.data() + chunk.piece.offset_in_slice);
    const auto fan_in = static_cast<std::size_t>(chunk.piece.fan_in);
    const Index first = first_unit_[static_cast<std::size_t>(chunk.piece.block)] + chunk.piece.units.begin;
    for (Index unit = 0; unit < chunk.piece.units.size(); ++unit)
      squares[static_cast<std::size_t>(first + unit)] =
          sum_of_squares(sum.subspan(static_cast<std::size_t>(unit) * fan_in, fan_in));
  });
  std::vector<Pieces> parts(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank)
    for (const SlicePiece& piece : slices_.of(rank))
      parts[static_cast<std::size_t>(rank)].push_back(writable_bytes_of(
          squares.data() + first_unit_[static_cast<std::size_t>(piece.block)] + piece.units.begin, piece.units.size()));
  communicator_.all_gather(parts)->wait();
  return squares;
}

Index SliceUpdate::publish_with_verdict(AlignedBuffer& parameters, Index first_bad_block) {
  std::vector<Pieces> parts = slice_pieces(slices_, communicator_.ranks(), parameters);
  std::vector<Index> verdicts(parts.size(), first_bad_block);
  for (std::size_t rank = 0; rank < parts.size(); ++rank) parts[rank].push_back(writable_bytes_of(&verdicts[rank], 1));
  communicator_.all_gather(parts)->wait();
  return *std::min_element(verdicts.begin(), verdicts.end());
}

void SliceUpdate::publish(AlignedBuffer& buffer) {
  communicator_.all_gather(slice_pieces(slices_, communicator_.ranks(), buffer))->wait();
}

void SliceUpdate::gather_gradient(const GradientExchange& exchange, AlignedBuffer& gradient) {
  workers_.for_each(static_cast<Index>(chunks_.size()), [&](Index i) {
    const Chunk& chunk = chunks_[static_cast<std::size_t>(i)];
    std::ranges::copy(exchange.sum(chunk.whole, chunk.piece.units), gradient.data() + chunk.piece.offset);
  });
  publish(gradient);
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
    if (root) receive = slice_pieces(slices_, ranks, whole);
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
