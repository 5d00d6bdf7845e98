// SPDX-License-Identifier: MIT
// lockstep study batch-size: what Shallue et al. (JMLR 20, 2019) and McCandlish et al. (2018) asked.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/study/batch_size_report.hpp"
#include "parallel/gradient_sampling.hpp"
#include "parallel/ordered_sum.hpp"
#include "parallel/step_benchmark.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

constexpr int speed_repetitions = 9;
constexpr double speed_seconds = 0.05;  ///< of each repetition
constexpr Index noise_batch = 16;       ///< samples of a batch whose gradient is compared with the full one
constexpr Index noise_draws = 256;

class BatchSizeStudy final : public Study {
 public:
  BatchSizeStudy(const StudyOptions& options, const StudySetting& setting, std::vector<std::string>& problems)
      : setting_{setting},
        questions_{batch_questions_in(options, setting, problems)},
        draw_samples_{options.count("draw-samples", problems)} {}

  [[nodiscard]] std::vector<WantedPoint> wanted(const StudyResults& known) const override {
    return BatchSizeGrid{questions_, setting_, known}.wanted();
  }

  [[nodiscard]] std::size_t most_runs() const override {
    const std::size_t batches = questions_.batches.size();
    const std::size_t seeds = setting_.seeds.size();
    const bool runs = questions_.asks("target") || questions_.asks("rules") || questions_.asks("generalization");
    const std::size_t others = 1 + (questions_.asks("noise") ? seeds : 0);
    if (!runs) return others;
    return others +
           batches * (static_cast<std::size_t>(questions_.search) + seeds - 1 +
                      (questions_.asks("rules") ? 2 * seeds : 0) + (questions_.asks("generalization") ? seeds : 0));
  }

  [[nodiscard]] std::vector<std::string> measures(const StudyPoint& point) const override {
    std::vector<std::string> names;
    if (is_for_gradient(point)) names.push_back(fmt::format("gradients of {} samples", draw_samples_));
    if (is_for_noise(point)) names.emplace_back("noise");
    return names;
  }

  [[nodiscard]] Json measure(const MeasuredRun& run) const override {
    Json figures = Json::object();
    if (is_for_noise(run.point)) measure_noise(run, figures);
    if (is_for_gradient(run.point)) measure_gradients(run, figures);
    return figures;
  }

  void measure_machine(Communicator& world, int threads) override {
    if (!questions_.asks("speed") && !questions_.asks("target")) return;
    speeds_.clear();
    for (const Index batch : questions_.batches) {
      for (int each = 1; each < threads; each *= 2) add_speed(batch, world, each);
      add_speed(batch, world, threads);
      if (world.ranks() == 1) continue;
      // One rank alone, while the others wait.
      SerialCommunicator alone;
      if (world.rank() == 0) add_speed(batch, alone, threads);
      (void)any_rank(false, world);
    }
  }

  [[nodiscard]] Report report(const StudyResults& results, const StudyDirectory&) const override {
    return batch_size_report(questions_, setting_, results, speeds_);
  }

 private:
  /// Of batches of 1, 2, 4, ... samples.
  void measure_gradients(const MeasuredRun& run, Json& figures) const {
    std::vector<Index> batches;
    for (Index batch = 1; batch < setting_.training_samples; batch *= 2) batches.push_back(batch);
    const GradientSampling sampling = sample_gradients(
        run.model, run.point.request.config, *run.data.train, batches,
        draw_samples_ > 0 ? draw_samples_ : 4 * setting_.training_samples, run.communicator, run.workers);
    figures["gradient_full"] = sampling.full_norm;
    for (const char* name : {"gradient_batches", "gradient_draws", "gradient_variances", "gradient_biases"})
      figures[name] = Json::array();
    for (const GradientSample& sample : sampling.samples) {
      figures["gradient_batches"].push_back(sample.batch);
      figures["gradient_draws"].push_back(sample.draws);
      figures["gradient_variances"].push_back(sample.variance);
      figures["gradient_biases"].push_back(sample.bias);
    }
  }

  /// What the run measured, epoch by epoch; and at its end, as a check, from batches of few samples and all samples.
  void measure_noise(const MeasuredRun& run, Json& figures) const {
    for (const std::string_view name : noise_columns) {
      figures[std::string{name}] = Json::array();
      for (const std::string& line : run.history)
        figures[std::string{name}].push_back(Json::parse(line).at(std::string{name}));
    }
    const Index batch = std::min<Index>(noise_batch, setting_.training_samples - 1);
    const GradientSampling sampling = sample_gradients(run.model, run.point.request.config, *run.data.train, {batch},
                                                       noise_draws * batch, run.communicator, run.workers);
    figures["noise_scale_at_end"] =
        variance_of_one(sampling.samples.front(), setting_.training_samples) / sampling.full_norm;
  }

  [[nodiscard]] bool is_for_gradient(const StudyPoint& point) const {
    return questions_.asks("gradient") && point.seed == setting_.seeds.front() &&
           point.cell == cell_name(BatchSizeGrid{questions_, setting_, {}}.pilot());
  }

  [[nodiscard]] bool is_for_noise(const StudyPoint& point) const {
    return questions_.asks("noise") && point.cell == cell_name(BatchSizeGrid{questions_, setting_, {}}.noise_cell());
  }

  void add_speed(Index batch, Communicator& communicator, int threads) {
    if (batch < communicator.ranks()) return;
    StepCase what{.sizes = {setting_.data.features}, .batch_size = batch, .precision = setting_.config.precision};
    what.sizes.insert(what.sizes.end(), setting_.config.hidden.begin(), setting_.config.hidden.end());
    what.sizes.push_back(std::max<Index>(2, setting_.data.classes));
    Workers workers{threads};
    const std::vector<StepRate> rates = measure_steps(what, speed_repetitions, speed_seconds, communicator, workers);
    speeds_.push_back(
        {.batch = batch,
         .ranks = communicator.ranks(),
         .threads = threads,
         .samples_per_second = spread_of(rates, [](const StepRate& rate) { return rate.samples_per_second; })});
  }

  StudySetting setting_;
  BatchQuestions questions_;
  Index draw_samples_;
  std::vector<MeasuredSpeed> speeds_;
};

}  // namespace

StudyKind batch_size_study() {
  return {
      .name = "batch-size",
      .description = "What the batch size does: steps to a target, rate rules, generalisation, gradients, speed",
      .footer =
          "Questions, after Shallue et al. (JMLR 20, 2019) and McCandlish et al. (2018):\n"
          "  target          steps, samples and seconds to a validation loss or error, the rate tuned for each\n"
          "                  batch; the regimes of perfect scaling, diminishing returns and maximum; the\n"
          "                  largest useful batch\n"
          "  rules           linear and square-root scaling of the rate, with warm-up, against the tuned rate\n"
          "  generalization  test error at equal training loss\n"
          "  gradient        bias and variance of the minibatch gradient of n samples, for n = 1, 2, 4, ... N\n"
          "  noise           the simple noise scale of the gradient along training\n"
          "  speed           samples a second by batch and ranks x threads\n\n"
          "Examples:\n"
          "  lockstep study batch-size --quick --train train.h5 --test test.h5 --validation 0.1 --out quick\n"
          "  mpirun -n 2 --bind-to none lockstep study batch-size --threads 1 \\\n"
          "    --config apps/recipes/batch-size-optdigits.toml --train train.h5 --test test.h5 --out optdigits",
      .options =
          {{"questions", "NAME,...", "all", "all", "Which: target, rules, generalization, gradient, noise, speed; all"},
           {"batches", "SAMPLES,...", "1,2,4,8,16,32,64,128,256,512,1024,2048,4096,8192", "16,64,256,1024",
            "Batch sizes; those above the training samples are left out"},
           {"target", "VALUE", "0", "0",
            "Validation loss or error to come to; 0: what the study's settings come to in half of their epochs"},
           {"target-kind", "loss|error", "loss", "loss",
            "What --target is: a loss, or the share of samples misnamed (of values, the RMSE)"},
           {"search", "COUNT", "9", "5", "Most runs of the search for one batch's learning rate"},
           {"factor", "FACTOR", "2", "2", "Between neighbouring learning rates of the search"},
           {"least-steps", "COUNT", "500", "100", "Steps that every run may take, however large its batch"},
           {"draw-samples", "COUNT", "0", "0",
            "Samples in all batches of one size whose gradients are looked at; 0: four times the training samples"}},
      .make = [](const StudyOptions& options, const StudySetting& setting, std::vector<std::string>& problems)
          -> std::unique_ptr<Study> { return std::make_unique<BatchSizeStudy>(options, setting, problems); }};
}

}  // namespace lockstep
