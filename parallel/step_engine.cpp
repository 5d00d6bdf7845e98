// SPDX-License-Identifier: MIT
// The step: computation in waves of shards, then exchange and update.
#include "parallel/step_engine.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/metrics.hpp"
#include "core/norm.hpp"
#include "parallel/replica_check.hpp"

namespace lockstep {
namespace {

/// Of a shard: its StepSums, and the sum of its samples' squared gradients.
constexpr Index leaf_width = StepSums::width + 1;

constexpr const char* advice = "lower --learning-rate, add --warmup, or clip gradients with --clip-norm 1";

ShardStore::Form store_form(const Model& model, const StepEngine::Form& form, Index shards) {
  return {.shards = shards,
          .shard_size = form.plan.shard_size,
          .target_values = model.task == Task::regression ? model.network.spec().outputs : 0,
          .training = true,
          .precision = form.precision};
}

/// Shards of `scalars` scalars that a rank holds at once: all of its own, or as many as memory allows.
Index shards_in_flight(const StepEngine::Form& form, Index scalars, const Communicator& communicator) {
  const Index leaves = shard_count(form.batch_size, form.plan.shard_size);
  const Index own = leaves_of_rank(leaves, communicator.rank(), communicator.ranks()).size();
  const Index bytes = scalars * static_cast<Index>(sizeof(Scalar));
  return std::clamp<Index>(form.memory_bytes / bytes, 1, std::max<Index>(1, own));
}

double hits(const ShardBuffers& shard) {
  const ConstPanel outputs = shard.outputs.back();
  Index count = 0;
  for (Index column = 0; column < outputs.columns; ++column)
    if (predicted_class({outputs.column(column), static_cast<std::size_t>(outputs.rows)}) ==
        shard.labels[static_cast<std::size_t>(column)])
      ++count;
  return static_cast<double>(count);
}

bool is_finite(ConstPanel panel) {
  for (Index column = 0; column < panel.columns; ++column)
    if (!all_finite({panel.column(column), static_cast<std::size_t>(panel.rows)})) return false;
  return true;
}

}  // namespace

StepEngine::StepEngine(Model& model, const Form& form, Communicator& communicator, Workers& workers)
    : model_{model},
      form_{form},
      communicator_{communicator},
      workers_{workers},
      slices_{model.network.layout(), communicator.ranks()},
      pass_{model, form.plan, form.precision},
      weight_gradient_{model.network, form.order},
      shard_scalars_{ShardStore::scalars_per_shard(model.network, store_form(model, form, 1))},
      wave_shards_{shards_in_flight(form, shard_scalars_, communicator)},
      store_{model.network, store_form(model, form, wave_shards_)},
      leaf_sums_(static_cast<std::size_t>(wave_shards_ * leaf_width)),
      bad_layers_(static_cast<std::size_t>(wave_shards_)),
      exchange_{slices_, communicator},
      update_{model.network.layout(), slices_, form.optimizer, communicator, workers} {}

std::size_t StepEngine::first_bad_layer(const ShardBuffers& shard) const {
  const auto bad = std::find_if_not(shard.outputs.begin(), shard.outputs.end(), is_finite);
  return static_cast<std::size_t>(bad - shard.outputs.begin());
}

/// The figures of a shard of the wave, while its outputs are there.
void StepEngine::record(Index shard, double loss) {
  const ShardBuffers& buffers = store_[shard];
  double* sums = &leaf_sums_[static_cast<std::size_t>(shard * leaf_width)];
  sums[0] = static_cast<double>(buffers.input.columns);
  sums[1] = loss;
  sums[2] = model_.task == Task::classification
                ? hits(buffers)
                : squared_errors(buffers.outputs.back(), buffers.values, model_.target_transform);
  bad_layers_[static_cast<std::size_t>(shard)] =
      std::isfinite(loss) ? model_.network.layers().size() : first_bad_layer(buffers);
}

void StepEngine::compute_wave(const Samples& samples, const Pass& pass, Range leaves) {
  std::vector<Pass> passes(static_cast<std::size_t>(leaves.size()), pass);
  for (Index shard = 0; shard < leaves.size(); ++shard)
    passes[static_cast<std::size_t>(shard)].first_position = (leaves.begin + shard) * form_.plan.shard_size;
  const auto gather = [&](Index shard) {
    pass_.gather(samples, leaves.begin + shard, passes[static_cast<std::size_t>(shard)], store_, shard);
  };
  // Shards one by one, each in one worker's caches, or layer by layer, the weights in all workers' caches. The pieces,
  // and so the bits, are the same.
  const Index threads = workers_.threads();
  const bool occupies_all = leaves.size() % threads == 0 || leaves.size() >= 4 * threads;
  const bool weights_are_more = model_.network.layout().parameters() > leaves.size() * shard_scalars_;
  if (occupies_all && !weights_are_more) {
    workers_.for_each(leaves.size(), [&](Index shard) {
      gather(shard);
      record(shard, pass_.forward_and_backward(passes[static_cast<std::size_t>(shard)], store_[shard]));
    });
    return;
  }
  workers_.for_each(leaves.size(), gather);
  pass_.forward(passes, store_, workers_);
  workers_.for_each(leaves.size(), [&](Index shard) { record(shard, pass_.loss(store_[shard])); });
  pass_.backward(leaves.size(), store_, workers_);
}

void StepEngine::add_wave(TreeCounter& counter, Range leaves) {
  const TreeCounter next = after_wave(counter, leaves);
  while (waiting_.size() < next.waiting().size()) waiting_.emplace_back(model_.network.layout().buffer_size());
  workers_.for_each(static_cast<Index>(weight_gradient_.tiles().size()), [&](Index tile) {
    weight_gradient_.add_wave(weight_gradient_.tiles()[static_cast<std::size_t>(tile)], leaves, store_, counter, next,
                              waiting_);
  });
  counter = next;
}

StepEngine::Report StepEngine::report_of(OrderedSum& sum, std::uint64_t step, Wanted wanted) {
  const OrderedSum::Total total =
      at_place([&] { return sum.finish(); }, [&] { return of_layers("loss of the batch, after"); });
  Report report{.sums = {.samples = total.sums[0], .loss = total.sums[1], .hits_or_squares = total.sums[2]},
                .vote = total.vote,
                .norms = std::nullopt};
  if (wanted.sample_norms)
    report.norms = {.samples = report.sums.samples, .sample_square = total.sums[3] / report.sums.samples};
  require_finite(report.sums, step);
  return report;
}

StepEngine::Report StepEngine::compute(const Samples& samples, const Pass& pass, bool vote, Wanted wanted,
                                       const TileSink& sink) {
  const Index leaves = shard_count(samples.samples, form_.plan.shard_size);
  OrderedSum sum{leaves, leaf_width, communicator_};
  const Range own = sum.own_leaves();
  TreeCounter counter;
  pass_.take_parameters(workers_);
  first_bad_layer_ = model_.network.layers().size();
  Range wave{own.begin, own.begin};
  do {
    wave = {wave.end, std::min(wave.end + wave_shards_, own.end)};
    compute_wave(samples, pass, wave);
    if (wanted.sample_norms)
      workers_.for_each(wave.size(), [&](Index shard) {
        leaf_sums_[static_cast<std::size_t>(shard * leaf_width + StepSums::width)] =
            squared_sample_gradients(model_.network, store_[shard]);
      });
    for (Index shard = 0; shard < wave.size(); ++shard) {
      sum.push({&leaf_sums_[static_cast<std::size_t>(shard * leaf_width)], leaf_width});
      first_bad_layer_ = std::min(first_bad_layer_, bad_layers_[static_cast<std::size_t>(shard)]);
    }
    const bool last = wave.end == own.end;
    // The figures travel while the last gradients are computed.
    if (last) sum.start(communicator_, vote);
    if (wanted.gradient && !(last && sink)) add_wave(counter, wave);
  } while (wave.end < own.end);
  // They are looked at before the update: when they show that training diverged, nothing has been updated.
  const Report report = report_of(sum, pass.step, wanted);
  if (sink)
    workers_.for_each(static_cast<Index>(weight_gradient_.tiles().size()), [&](Index index) {
      const auto tile = static_cast<std::size_t>(index);
      sink(tile, weight_gradient_.add_last_wave(weight_gradient_.tiles()[tile], wave, store_, counter, waiting_));
    });
  return report;
}

StepEngine::Report StepEngine::step(const Samples& samples, const Pass& pass, const UpdateRule& rule,
                                    const UpdateLimits& limits, bool vote) {
  UpdateRule scaled = rule;
  scaled.gradient_scale = 1.0 / static_cast<double>(samples.samples);
  if (update_.goes_by_parts(limits)) return step_by_tiles(samples, pass, scaled, limits, vote);
  Report report = compute(samples, pass, vote, {.gradient = true, .sample_norms = limits.norm_wanted});
  exchange_.start(shard_count(samples.samples, form_.plan.shard_size), waiting_);
  at_place([&] { exchange_.wait(); }, [&] { return of_layers("gradients of"); });
  compare_replicas(pass.step + 1);
  const auto bad_block = at_place([&] { return update_.apply(scaled, limits, exchange_, model_.parameters); },
                                  [&] { return of_layers("new parameters of"); });
  if (bad_block) throw_divergence(pass.step, *bad_block);
  if (report.norms) report.norms->batch_square = update_.squared_norm();
  return report;
}

StepEngine::Report StepEngine::step_by_tiles(const Samples& samples, const Pass& pass, const UpdateRule& rule,
                                             const UpdateLimits& limits, bool vote) {
  const std::vector<Tile>& tiles = weight_gradient_.tiles();
  std::vector<unsigned char> finite(tiles.size());
  const Report report =
      compute(samples, pass, vote, {.gradient = true}, [&](std::size_t tile, Columns<const Scalar> sum) {
        const Tile& part = tiles[tile];
        finite[tile] = update_.apply_part(rule, part.block, part.inputs, part.units, sum, model_.parameters) ? 1 : 0;
      });
  update_.finish_parts(limits, model_.parameters);
  const auto none = static_cast<Index>(model_.network.layout().blocks().size());
  Index bad_block = none;
  for (std::size_t tile = 0; tile < tiles.size(); ++tile)
    if (finite[tile] == 0) bad_block = std::min(bad_block, tiles[tile].block);
  if (bad_block < none) throw_divergence(pass.step, bad_block);
  return report;
}

void StepEngine::throw_divergence(std::uint64_t step, Index block) const {
  throw DivergenceError{step + 1, model_.network.layout().blocks()[static_cast<std::size_t>(block)].name, advice};
}

/// Owners publish every parameter anew in every step, which heals a replica that drifted. So the comparison comes after
/// the gradients were computed and before the update: it sees what they were computed with.
void StepEngine::compare_replicas(std::uint64_t step) {
  if (form_.compare_every == 0 || step % static_cast<std::uint64_t>(form_.compare_every) != 0) return;
  at_place(
      [&] {
        require_same_parameters(model_.network.layout(), model_.parameters.span(), step, communicator_, workers_);
      },
      [&] { return of_layers("comparison of the parameters of"); });
}

double StepEngine::gradient(const Samples& samples, const Pass& pass, AlignedBuffer& gradient) {
  const Report report = compute(samples, pass, false, {.gradient = true});
  exchange_.start(shard_count(samples.samples, form_.plan.shard_size), waiting_);
  exchange_.wait();
  update_.gather_gradient(exchange_, gradient);
  for (Scalar& value : gradient.span()) value /= static_cast<Scalar>(samples.samples);
  return report.sums.loss / report.sums.samples;
}

double StepEngine::loss(const Samples& samples, const Pass& pass) {
  const Report report = compute(samples, pass, false, {});
  return report.sums.loss / report.sums.samples;
}

std::string StepEngine::of_layers(const char* what) const {
  const auto& layers = model_.network.layers();
  const std::string first{layers.front()->name()};
  const std::string last{layers.back()->name()};
  return std::string{what} + (layers.size() == 1 ? " layer " + first : " layers " + first + " to " + last);
}

void StepEngine::require_finite(const StepSums& sums, std::uint64_t step) {
  if (std::isfinite(sums.loss)) return;
  // All ranks see the same sum and come here together; they agree on the first layer that any of them found.
  const auto layer = static_cast<std::size_t>(least_of_ranks(static_cast<Index>(first_bad_layer_), communicator_));
  const auto& layers = model_.network.layers();
  throw DivergenceError{step + 1, layer < layers.size() ? layers[layer]->name() : "loss", advice};
}

}  // namespace lockstep
