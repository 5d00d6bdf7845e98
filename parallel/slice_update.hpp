// SPDX-License-Identifier: MIT
// The owner's part of a step: finish the sum, update the slice, publish it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/optimizer.hpp"
#include "core/parameter_layout.hpp"
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
  /// `parcels`: all parameters, in the order in which they will be applied.
  SliceUpdate(const ParameterLayout& layout, const Slices& slices, std::vector<Parcel> parcels, Optimizer optimizer,
              Communicator& communicator, Workers& workers);

  /// When all partial sums are here and the norm of the whole gradient is limited or measured: takes the norm, and
  /// adapts `rule.gradient_scale`. Returns, on every rank alike, the first parameter block (an index into the layout)
  /// whose gradient is not finite. Collective.
  [[nodiscard]] std::optional<Index> clip(UpdateRule& rule, const UpdateLimits& limits,
                                          const GradientExchange& exchange);
  /// Merges and updates this rank's part of the next parcel, which has arrived, from the parameters `before` the step
  /// to those `after` it, and starts to publish it. `rule.gradient_scale` is 1 / samples, or as `clip` left it; weight
  /// penalties apply to weights, not to biases. The buffers must live, and `before` stay unchanged, until `finish`.
  /// Collective.
  void apply_next(const UpdateRule& rule, const UpdateLimits& limits, const GradientExchange& exchange,
                  const AlignedBuffer& before, AlignedBuffer& after);
  /// Parcels applied since the last `finish`.
  [[nodiscard]] std::size_t applied() const noexcept { return publications_.size(); }
  /// Lets publications progress.
  void progress();
  /// After all parcels: returns when every rank's parameters after the step are complete. Returns, on every rank alike,
  /// the first block of which a gradient, a weight or an optimizer state is not finite; state and new parameters are
  /// then of no use. Collective.
  [[nodiscard]] std::optional<Index> finish();

  /// The squared norm of the whole mean gradient that the last `clip` found, before
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

  /// Steps a part of `piece`. Returns whether everything is finite afterwards.
  [[nodiscard]] bool step_part(UpdateRule rule, const SlicePiece& piece, Range inputs, Range units,
                               Columns<const Scalar> sum, AlignedBuffer& parameters);
  /// The sum of squares of each unit's gradient, all units of all blocks in order, on every rank; leaves this rank's
  /// gradient sums in `merged_`.
  [[nodiscard]] std::vector<double> squares_by_unit(const GradientExchange& exchange);
  [[nodiscard]] Index block_of_unit(std::size_t unit) const;
  /// body(piece) for all of this rank's parameters, on all workers.
  template <class Body>
  void for_each_chunk(const Body& body);
  /// A parcel's part of `parameters` from its owners to all, with their verdicts.
  [[nodiscard]] Publication publish(const Parcel& parcel, AlignedBuffer& parameters, Index first_bad_block);

  const ParameterLayout& layout_;
  const Slices& slices_;
  Communicator& communicator_;
  Workers& workers_;
  std::vector<Parcel> parcels_;
  std::vector<std::vector<SlicePiece>> chunks_;  ///< by parcel: this rank's pieces, cut for workers
  std::vector<Publication> publications_;        ///< of the step under way, by parcel
  std::vector<Index> first_unit_;                ///< by block: its first unit among the units of all blocks
  AlignedBuffer merged_;              ///< the slice's gradient sums, when the norm is needed before the update
  bool clipped_ = false;              ///< they are those of the step under way
  std::vector<AlignedBuffer> state_;  ///< by state name, in slice order
  double squared_norm_ = 0;
};

}  // namespace lockstep
