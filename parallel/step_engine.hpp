// SPDX-License-Identifier: MIT
// One synchronous SGD step on all threads and ranks.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/model.hpp"
#include "core/train_config.hpp"
#include "parallel/gradient_exchange.hpp"
#include "parallel/noise_scale.hpp"
#include "parallel/ordered_sum.hpp"
#include "parallel/parcels.hpp"
#include "parallel/shard_pass.hpp"
#include "parallel/slice_update.hpp"
#include "parallel/weight_gradient.hpp"

namespace lockstep {

/// The figures of one step's batch, or of many.
struct StepSums {
  double samples = 0;
  double loss = 0;
  double hits_or_squares = 0;  ///< samples whose class was named (classification), squared errors in own units
  static constexpr Index width = 3;
};

/// The engine of a run: gather, forward, loss, backward, weight gradients, exchange, update, publish.
///
/// All calls are collective and made by one thread of each rank. The model's parameters are the same on all
/// ranks before and after each call.
class StepEngine {
 public:
  struct Form {
    Index batch_size = 0;
    WorkPlan plan;
    Optimizer optimizer = Optimizer::sgd;
    Precision precision = Precision::float32;  ///< bf16 only where bf16_instruction_set() names something
    Precision exchange = Precision::float32;   ///< see TrainConfig::exchange
    Index compare_every = 0;                   ///< steps between comparisons of all ranks' parameters; 0: never
    Index memory_bytes = Index{2} << 30;       ///< for shards in flight: larger batches go through in waves, same bits
    SumOrder order = SumOrder::tree;           ///< another is for measuring alone
  };
  /// With an exchange in bfloat16 the model's parameters are rounded to it.
  StepEngine(Model& model, const Form& form, Communicator& communicator, Workers& workers);
  // Its parts refer to one another.
  StepEngine(const StepEngine&) = delete;
  StepEngine& operator=(const StepEngine&) = delete;

  struct Report {
    StepSums sums;
    bool vote = false;                   ///< some rank asked to stop
    std::optional<GradientNorms> norms;  ///< when the limits want the norm
  };

  /// One step over `samples`, the batch. Throws DivergenceError, on all ranks the same, when the loss is not finite
  /// (parameters are then unchanged), or a gradient, a weight or an optimizer state after the step (parameters and
  /// state are then of no use); ReplicaError when it is a step to compare in and ranks computed with different
  /// parameters.
  Report step(const Samples& samples, const Pass& pass, const UpdateRule& rule, const UpdateLimits& limits, bool vote);

  /// The gradient of the mean loss over `samples`, in the parameters' layout, and the loss; updates nothing.
  [[nodiscard]] double gradient(const Samples& samples, const Pass& pass, AlignedBuffer& gradient);
  /// The mean loss alone, computed by the same pass.
  [[nodiscard]] double loss(const Samples& samples, const Pass& pass);

  [[nodiscard]] SliceUpdate& update() noexcept { return update_; }

 private:
  enum class Deltas { of_all_layers, of_last_layer };
  /// What the last wave of a batch leaves besides losses and hits.
  struct Wanted {
    Deltas deltas = Deltas::of_last_layer;
    bool sample_norms = false;  ///< the figures' last: the sum of samples' squared gradients; takes all deltas
  };
  /// A batch on its way: all its waves went forward, their figures travel, and the gradients of all but the last are in
  /// `waiting_`.
  struct Batch {
    Wanted wanted;
    Index leaves = 0;
    OrderedSum sum;
    Range wave{};           ///< the last
    TreeCounter counter{};  ///< as the last wave finds it
  };

  [[nodiscard]] Batch compute(const Samples& samples, const Pass& pass, bool vote, Wanted wanted);
  /// The figures when all ranks have theirs.
  [[nodiscard]] Report report_of(Batch& batch) const;
  /// The same; throws when the loss is not finite.
  [[nodiscard]] Report finite_report_of(Batch& batch, std::uint64_t step);

  /// A step of a rank that is alone, each tile updated while its gradient is in cache.
  Report step_by_tiles(const Samples& samples, const Pass& pass, const UpdateRule& rule, const UpdateLimits& limits,
                       bool vote);
  /// A step of many ranks: what has been computed travels, is updated and published while the rest is computed.
  Report step_by_parcels(const Samples& samples, const Pass& pass, const UpdateRule& rule, const UpdateLimits& limits,
                         bool vote);
  /// What large networks have to compute behind the loss, layer by layer, so that parcels can start early.
  [[nodiscard]] Deltas deltas_before_parcels() const;
  /// Computes the last wave's gradients, parcel by parcel, and starts each on its journey. `between` is called on the
  /// calling thread whenever there is something to look after.
  void send_gradient(Batch& batch, const std::function<void()>& between);

  void wait_for_parcel(std::size_t parcel);
  void compute_wave(const Samples& samples, const Pass& pass, Range leaves, Deltas deltas);
  void make_room(const TreeCounter& counter);
  void add_wave(TreeCounter& counter, Range leaves);
  void record(Index shard, double loss);
  [[nodiscard]] std::size_t first_bad_layer(const ShardBuffers& shard) const;
  /// "gradients of layers hidden1 to output", for errors.
  [[nodiscard]] std::string of_layers(const char* what) const;
  void compare_replicas(std::uint64_t step);
  void require_finite(const StepSums& sums, std::uint64_t step);
  [[noreturn]] void throw_divergence(std::uint64_t step, Index block) const;

  Model& model_;
  Form form_;
  Communicator& communicator_;
  Workers& workers_;
  Slices slices_;
  ShardPass pass_;
  WeightGradient weight_gradient_;
  Index shard_scalars_;  ///< of one shard's panels
  Index wave_shards_;
  ShardStore store_;
  std::vector<double> leaf_sums_;        ///< by shard of the wave: StepSums, and samples' squared gradients
  std::vector<std::size_t> bad_layers_;  ///< by shard of the wave: the first that is not finite, or their number
  std::size_t first_bad_layer_ = 0;      ///< of this rank's shards of the step
  std::vector<AlignedBuffer> waiting_;
  std::vector<PlannedParcel> parcels_;
  AlignedBuffer after_;  ///< the parameters after the step under way, where layers still need those before it
  GradientExchange exchange_;
  SliceUpdate update_;
};

}  // namespace lockstep
