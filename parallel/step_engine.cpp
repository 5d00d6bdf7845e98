// SPDX-License-Identifier: MIT
// The step: computation in waves of shards, then exchange and update.
#include "parallel/step_engine.hpp"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

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

/// Shards of `scalars` scalars that a rank takes through a wave: all of its own, or as many as memory allows.
///
/// A rank that is alone has no messages to hide behind its last wave. Where the gradient, which each wave reads and
/// writes, weighs less than a shard, it takes one shard for each thread: what was computed of it is then still in a
/// cache when its part of the gradient is summed.
Index shards_in_wave(const StepEngine::Form& form, Index scalars, Index parameters, const Communicator& communicator,
                     Index threads) {
  const Index leaves = shard_count(form.batch_size, form.plan.shard_size);
  const Index own = leaves_of_rank(leaves, communicator.rank(), communicator.ranks()).size();
  const bool few = communicator.ranks() == 1 && parameters < scalars;
  const Index bytes = scalars * static_cast<Index>(sizeof(Scalar));
  return std::clamp<Index>(form.memory_bytes / bytes, 1, std::max<Index>(1, few ? std::min(own, threads) : own));
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

std::vector<Parcel> parcels_of(const std::vector<PlannedParcel>& planned) {
  std::vector<Parcel> parcels;
  for (const PlannedParcel& each : planned) parcels.push_back(each.parcel);
  return parcels;
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
      weight_gradient_{model.network, form.order, form.exchange},
      shard_scalars_{ShardStore::scalars_per_shard(model.network, store_form(model, form, 1))},
      wave_shards_{
          shards_in_wave(form, shard_scalars_, model.network.layout().parameters(), communicator, workers.threads())},
      store_{model.network, store_form(model, form, wave_shards_)},
      leaf_sums_(static_cast<std::size_t>(wave_shards_ * leaf_width)),
      bad_layers_(static_cast<std::size_t>(wave_shards_)),
      parcels_{plan_parcels(model.network, slices_, weight_gradient_.tiles())},
      exchange_{slices_, communicator, workers, form.exchange},
      update_{model.network.layout(), slices_, parcels_of(parcels_), form.optimizer,
              communicator,           workers, form.exchange} {
  update_.take_first(model.parameters);
}

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

void StepEngine::compute_wave(const Samples& samples, const Pass& pass, Range leaves, Deltas deltas) {
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
      pass_.forward_alone(passes[static_cast<std::size_t>(shard)], store_[shard]);
      record(shard, pass_.loss(store_[shard]));
      if (deltas == Deltas::of_all_layers) pass_.backward_alone(store_[shard]);
    });
    return;
  }
  workers_.for_each(leaves.size(), gather);
  pass_.forward(passes, store_, workers_);
  workers_.for_each(leaves.size(), [&](Index shard) { record(shard, pass_.loss(store_[shard])); });
  if (deltas == Deltas::of_last_layer) return;
  for (std::size_t layer = model_.network.layers().size() - 1; layer > 0; --layer)
    pass_.backward(layer, leaves.size(), store_, workers_, [] {});
}

void StepEngine::make_room(const TreeCounter& counter) {
  while (waiting_.size() < counter.waiting().size()) waiting_.emplace_back(model_.network.layout().buffer_size());
}

void StepEngine::add_wave(TreeCounter& counter, Range leaves) {
  const TreeCounter next = after_wave(counter, leaves);
  make_room(next);
  workers_.for_each(static_cast<Index>(weight_gradient_.tiles().size()), [&](Index tile) {
    weight_gradient_.add_wave(weight_gradient_.tiles()[static_cast<std::size_t>(tile)], leaves, store_, counter, next,
                              waiting_);
  });
  counter = next;
}

StepEngine::Report StepEngine::report_of(Batch& batch) const {
  const OrderedSum::Total total =
      at_place([&] { return batch.sum.finish(); }, [&] { return of_layers("loss of the batch, after"); });
  Report report{.sums = {.samples = total.sums[0], .loss = total.sums[1], .hits_or_squares = total.sums[2]},
                .vote = total.vote,
                .norms = std::nullopt};
  if (batch.wanted.sample_norms)
    report.norms = {.samples = report.sums.samples, .sample_square = total.sums[3] / report.sums.samples};
  return report;
}

StepEngine::Report StepEngine::finite_report_of(Batch& batch, std::uint64_t step) {
  const Report report = report_of(batch);
  require_finite(report.sums, step);
  return report;
}

StepEngine::Batch StepEngine::compute(const Samples& samples, const Pass& pass, bool vote, Wanted wanted) {
  const Index leaves = shard_count(samples.samples, form_.plan.shard_size);
  Batch batch{.wanted = wanted, .leaves = leaves, .sum = OrderedSum{leaves, leaf_width, communicator_}};
  const Range own = batch.sum.own_leaves();
  pass_.take_parameters(workers_);
  first_bad_layer_ = model_.network.layers().size();
  for (Index begin = own.begin;; begin = batch.wave.end) {
    batch.wave = {begin, std::min(begin + wave_shards_, own.end)};
    const bool last = batch.wave.end == own.end;
    compute_wave(samples, pass, batch.wave, last ? wanted.deltas : Deltas::of_all_layers);
    if (wanted.sample_norms)
      workers_.for_each(batch.wave.size(), [&](Index shard) {
        leaf_sums_[static_cast<std::size_t>(shard * leaf_width + StepSums::width)] =
            squared_sample_gradients(model_.network, store_[shard]);
      });
    for (Index shard = 0; shard < batch.wave.size(); ++shard) {
      batch.sum.push({&leaf_sums_[static_cast<std::size_t>(shard * leaf_width)], leaf_width});
      first_bad_layer_ = std::min(first_bad_layer_, bad_layers_[static_cast<std::size_t>(shard)]);
    }
    if (last) break;
    add_wave(batch.counter, batch.wave);
  }
  // The figures travel while the last gradients are computed.
  batch.sum.start(communicator_, vote);
  return batch;
}

StepEngine::Report StepEngine::step(const Samples& samples, const Pass& pass, const UpdateRule& rule,
                                    const UpdateLimits& limits, bool vote) {
  UpdateRule scaled = rule;
  scaled.gradient_scale = 1.0 / static_cast<double>(samples.samples);
  if (update_.goes_by_parts(limits)) return step_by_tiles(samples, pass, scaled, limits, vote);
  return step_by_parcels(samples, pass, scaled, limits, vote);
}

StepEngine::Report StepEngine::step_by_tiles(const Samples& samples, const Pass& pass, const UpdateRule& rule,
                                             const UpdateLimits& limits, bool vote) {
  const std::vector<Tile>& tiles = weight_gradient_.tiles();
  Batch batch = compute(samples, pass, vote, {.deltas = Deltas::of_all_layers});
  // Looked at before the update: when they show that training diverged, nothing has been updated.
  const Report report = finite_report_of(batch, pass.step);
  std::vector<unsigned char> finite(tiles.size());
  workers_.for_each(static_cast<Index>(tiles.size()), [&](Index index) {
    const auto i = static_cast<std::size_t>(index);
    const Columns<const Scalar> sum =
        weight_gradient_.add_last_wave(tiles[i], batch.wave, store_, batch.counter, waiting_);
    finite[i] =
        update_.apply_part(rule, tiles[i].block, tiles[i].inputs, tiles[i].units, sum, model_.parameters) ? 1 : 0;
  });
  update_.finish_parts(limits, model_.parameters);
  const auto none = static_cast<Index>(model_.network.layout().blocks().size());
  Index bad_block = none;
  for (std::size_t tile = 0; tile < tiles.size(); ++tile)
    if (finite[tile] == 0) bad_block = std::min(bad_block, tiles[tile].block);
  if (bad_block < none) throw_divergence(pass.step, bad_block);
  return report;
}

StepEngine::Deltas StepEngine::deltas_before_parcels() const {
  return parcels_.front().layer == 0 ? Deltas::of_all_layers : Deltas::of_last_layer;
}

void StepEngine::send_gradient(Batch& batch, const std::function<void()>& between) {
  const TreeCounter after = after_wave(batch.counter, batch.wave);
  make_room(after);
  exchange_.begin(batch.leaves, waiting_);
  const std::thread::id caller = std::this_thread::get_id();
  const auto progress = [&] {
    if (std::this_thread::get_id() != caller) return;
    exchange_.progress();
    update_.progress();
    if (workers_.threads() == 1) between();  // with others, jobs are short, and this one is theirs, too
  };
  const std::size_t last_layer = model_.network.layers().size() - 1;
  std::size_t layer = batch.wanted.deltas == Deltas::of_all_layers ? 0 : last_layer;
  for (const PlannedParcel& planned : parcels_) {
    for (; layer > planned.layer; --layer) {
      pass_.backward(layer, batch.wave.size(), store_, workers_, progress);
      between();
    }
    workers_.for_each(static_cast<Index>(planned.tiles.size()), [&](Index i) {
      const Tile& tile = weight_gradient_.tiles()[planned.tiles[static_cast<std::size_t>(i)]];
      weight_gradient_.add_wave(tile, batch.wave, store_, batch.counter, after, waiting_);
      const ParameterBlock& block = model_.network.layout().blocks()[static_cast<std::size_t>(tile.block)];
      exchange_.pack(block.offset + tile.units.begin * block.fan_in + tile.inputs.begin, tile.inputs.size(),
                     tile.units.size(), block.fan_in);
      progress();
    });
    exchange_.start(planned.parcel);
    between();
  }
}

StepEngine::Report StepEngine::step_by_parcels(const Samples& samples, const Pass& pass, const UpdateRule& rule,
                                               const UpdateLimits& limits, bool vote) {
  if (after_.size() == 0) after_ = AlignedBuffer{model_.network.layout().buffer_size()};
  const bool measures = limits.norm_wanted;
  Batch batch =
      compute(samples, pass, vote,
              {.deltas = measures ? Deltas::of_all_layers : deltas_before_parcels(), .sample_norms = measures});
  UpdateRule scaled = rule;
  std::optional<Report> report;
  const auto apply_next = [&] {
    // The figures are here, for they left before the gradients. Where they show that training diverged nothing is
    // updated, but everything still sent comes home.
    if (!report) report = report_of(batch);
    if (!std::isfinite(report->sums.loss)) return false;
    update_.apply_next(scaled, limits, exchange_, model_.parameters, after_);
    return true;
  };
  const bool norm_first = measures || limits.clip_norm > 0;
  send_gradient(batch, [&] {
    exchange_.relay();
    while (!norm_first && update_.applied() < exchange_.started() && exchange_.arrived(update_.applied()))
      if (!apply_next()) break;
  });
  while (!norm_first && update_.applied() < parcels_.size()) {
    wait_for_parcel(update_.applied());
    if (!apply_next()) break;
  }
  for (std::size_t parcel = update_.applied(); parcel < parcels_.size(); ++parcel) wait_for_parcel(parcel);
  if (!report) report = report_of(batch);
  require_finite(report->sums, pass.step);
  if (norm_first) {
    if (const auto bad_block = update_.take_norm(scaled, limits, exchange_)) throw_divergence(pass.step, *bad_block);
    if (report->norms) report->norms->batch_square = update_.squared_norm();
    while (update_.applied() < parcels_.size()) (void)apply_next();
  }
  const auto bad_block =
      at_place([&] { return update_.finish(after_); }, [&] { return of_layers("new parameters of"); });
  compare_replicas(pass.step + 1);
  if (bad_block) throw_divergence(pass.step, *bad_block);
  std::swap(model_.parameters, after_);
  return *report;
}

void StepEngine::wait_for_parcel(std::size_t parcel) {
  at_place([&] { exchange_.wait(parcel, [&] { update_.progress(); }); }, [&] { return of_layers("gradients of"); });
}

void StepEngine::throw_divergence(std::uint64_t step, Index block) const {
  throw DivergenceError{step + 1, model_.network.layout().blocks()[static_cast<std::size_t>(block)].name, advice};
}

/// Owners publish every parameter anew in every step, which heals a replica that drifted. So what is compared is what
/// the gradients were computed with, before the new parameters take its place.
void StepEngine::compare_replicas(std::uint64_t step) {
  if (form_.compare_every == 0 || step % static_cast<std::uint64_t>(form_.compare_every) != 0) return;
  at_place(
      [&] {
        require_same_parameters(model_.network.layout(), model_.parameters.span(), step, communicator_, workers_);
      },
      [&] { return of_layers("comparison of the parameters of"); });
}

double StepEngine::gradient(const Samples& samples, const Pass& pass, AlignedBuffer& gradient) {
  Batch batch = compute(samples, pass, false, {.deltas = deltas_before_parcels()});
  send_gradient(batch, [] {});
  for (std::size_t parcel = 0; parcel < parcels_.size(); ++parcel) wait_for_parcel(parcel);
  const Report report = finite_report_of(batch, pass.step);
  update_.gather_gradient(exchange_, gradient);
  for (Scalar& value : gradient.span()) value /= static_cast<Scalar>(samples.samples);
  return report.sums.loss / report.sums.samples;
}

double StepEngine::loss(const Samples& samples, const Pass& pass) {
  Batch batch = compute(samples, pass, false, {});
  const Report report = finite_report_of(batch, pass.step);
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
