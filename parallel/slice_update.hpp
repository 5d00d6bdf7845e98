// SPDX-License-Identifier: MIT
// The owner's part of a step: finish the sum, update the slice, publish it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bf16_number.hpp"
#include "core/optimizer.hpp"
#include "core/parameter_layout.hpp"
#include "core/precision.hpp"
#include "parallel/communicator.hpp"
#include "parallel/gradient_exchange.hpp"
#include "parallel/slices.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// What bounds an update besides its rule.
struct UpdateLimits {
  double max_norm = 0;       ///< of a unit's incoming weights; 0: off
  double clip_norm = 0;      ///< of the whole mean gradient; 0: off
  bool norm_wanted = false;  ///< the whole mean gradient's norm is measured too
};

/// Owns the optimizer state of one rank's slice (ZeRO stage 1; Rajbhandari et al. 2020).
class SliceUpdate {
 public:
  /// `parcels`: all parameters, in the order in which they will be applied. With `numbers` bf16 new parameters are
  /// rounded to bfloat16 and travel as such, and the slice's own are kept unrounded as the last array of the state
  /// (`optimizer_arrays`).
  SliceUpdate(const ParameterLayout& layout, const Slices& slices, std::vector<Parcel> parcels, Optimizer optimizer,
              Communicator& communicator, Workers& workers, Precision numbers = Precision::float32);

  /// Before the first step: with bf16 keeps this rank's part of the parameters as they are, and rounds them all.
  void take_first(AlignedBuffer& parameters);

  /// When all partial sums are here and the norm of the whole gradient is limited or measured: takes the norm, and
  /// adapts `rule.gradient_scale`. Returns, on every rank alike, the first parameter block (an index into the layout)
  /// whose gradient is not finite. Collective.
  [[nodiscard]] std::optional<Index> take_norm(UpdateRule& rule, const UpdateLimits& limits,
                                               const GradientExchange& exchange);
  /// Merges and updates this rank's part of the next parcel, which has arrived, from the parameters `before` the step
  /// to those `after` it, and starts to publish it. `rule.gradient_scale` is 1 / samples, or as `take_norm` left it;
  /// weight penalties apply to weights, not to biases. The buffers must live, and `before` stay unchanged, until
  /// `finish`. Collective.
  void apply_next(const UpdateRule& rule, const UpdateLimits& limits, const GradientExchange& exchange,
                  const AlignedBuffer& before, AlignedBuffer& after);
  /// Parcels applied since the last `finish`.
  [[nodiscard]] std::size_t applied() const noexcept { return publications_.size(); }
  /// Lets publications progress.
  void progress();
  /// After all parcels: returns when every rank's part of `after`, the parameters after the step, is there. Returns, on
  /// every rank alike, the first block of which a gradient, a weight or an optimizer state is not finite; state and new
  /// parameters are then of no use. Collective.
  [[nodiscard]] std::optional<Index> finish(AlignedBuffer& after);

  /// The squared norm of the whole mean gradient that the last `take_norm` found, before
  /// clipping.
  [[nodiscard]] double squared_norm() const noexcept { return squared_norm_; }

  /// True when this rank owns everything and needs no norm of the whole gradient first: each part of the parameters can
  /// then be stepped by `apply_part` as soon as its gradient is there, while it is in cache.
  [[nodiscard]] bool goes_by_parts(const UpdateLimits& limits) const;
  /// Steps the weights from `inputs` to `units` of one block, whose summed gradient is given as a column for each unit.
  /// False when a gradient, a weight or an optimizer state is not finite. Thread-safe on distinct parts.
  [[nodiscard]] bool apply_part(const UpdateRule& rule, Index block, Range inputs, Range units,
                                Columns<const Scalar> sum, AlignedBuffer& parameters);
  /// After all parts: what needs whole units.
  void finish_parts(const UpdateLimits& limits, AlignedBuffer& parameters);

  /// The sum over all leaves, complete, on every rank, in the parameters' layout. Collective.
  void gather_gradient(const GradientExchange& exchange, AlignedBuffer& gradient);

  /// The optimizer state of all ranks, complete on rank 0 (empty elsewhere), in the parameters' layout. Collective.
  [[nodiscard]] std::vector<AlignedBuffer> gather_state();
  /// Takes this rank's part of a complete state.
  void set_state(const std::vector<AlignedBuffer>& state);

 private:
  /// One parcel's new values on their way.
  struct Publication {
    std::vector<Index> verdicts;  ///< by owner: its first bad block, or the number of blocks
    std::unique_ptr<Transfer> transfer;
  };

  /// Steps a part of `piece`, whose first weight is given. Returns whether everything is finite afterwards.
  [[nodiscard]] bool step_part(UpdateRule rule, const SlicePiece& piece, Range inputs, Range units,
                               Columns<const Scalar> sum, Scalar* weights);
  /// Steps a whole piece from `before` to `after`, and makes it ready to travel. Returns likewise.
  [[nodiscard]] bool step_piece(const UpdateRule& rule, const UpdateLimits& limits, const SlicePiece& piece,
                                const Scalar* sum, const AlignedBuffer& before, AlignedBuffer& after);
  [[nodiscard]] bool rounds() const noexcept { return !travelling_.empty(); }
  /// The slice's parameters before they are rounded.
  [[nodiscard]] AlignedBuffer& master() noexcept { return state_.back(); }
  /// The sum of squares of each unit's gradient, all units of all blocks in order, on every rank; leaves this rank's
  /// gradient sums in `merged_`.
  [[nodiscard]] std::vector<double> squares_by_unit(const GradientExchange& exchange);
  [[nodiscard]] Index block_of_unit(std::size_t unit) const;
  /// body(piece) for all of this rank's parameters, on all workers.
  template <class Body>
  void for_each_chunk(const Body& body);
  /// A parcel's part of `parameters` from its owners to all, with their verdicts.
  [[nodiscard]] Publication publish(const Parcel& parcel, AlignedBuffer& parameters, Index first_bad_block);
  /// The other owners' new parameters, which have arrived in bfloat16.
  void unpack_others(const Parcel& parcel, AlignedBuffer& after);

  const ParameterLayout& layout_;
  const Slices& slices_;
  Communicator& communicator_;
  Workers& workers_;
  std::vector<Parcel> parcels_;
  std::vector<std::vector<SlicePiece>> chunks_;  ///< by parcel: this rank's pieces, cut for workers
  std::vector<Publication> publications_;        ///< of the step under way, by parcel
  std::vector<Index> first_unit_;                ///< by block: its first unit among the units of all blocks
  AlignedBuffer merged_;              ///< the slice's gradient sums, when the norm is needed before the update
  bool summed_ = false;               ///< they are those of the step under way
  std::vector<AlignedBuffer> state_;  ///< by optimizer array, in slice order
  std::vector<Bf16> travelling_;      ///< all parameters in bfloat16, where they travel as such
  double squared_norm_ = 0;
};

}  // namespace lockstep
