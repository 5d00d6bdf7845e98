// SPDX-License-Identifier: MIT
// lockstep bench scaling: efficiency by ranks and threads, a cost model of it, and what that foretells for many ranks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/agreement.hpp"
#include "apps/bench_command.hpp"
#include "apps/json_text.hpp"
#include "apps/placement.hpp"
#include "apps/spread.hpp"
#include "apps/table.hpp"
#include "parallel/leading_ranks.hpp"
#include "parallel/scaling_model.hpp"

namespace lockstep {
namespace {

constexpr int repetitions = 5;
using Json = nlohmann::ordered_json;

/// 1, 2, 4, ... and `most`.
std::vector<int> up_to(int most) {
  std::vector<int> counts;
  for (int count = 1; count < most; count *= 2) counts.push_back(count);
  counts.push_back(most);
  return counts;
}

/// A shape and a batch, measured.
struct Case {
  ScalingPoint point;
  std::string scaling;  ///< "strong": one batch for all shapes; "weak": as many samples for each worker
  Spread seconds;       ///< of a step
  double exposed = 0;   ///< the share of communication that no computation hides
};

class BenchScaling {
 public:
  BenchScaling(CLI::App& command, CommandContext& context) : context_{context} {
    command.add_option("--net", net_, "Inputs, hidden units and classes")->type_name("SIZES")->capture_default_str();
    command.add_option("--batch", batch_, "Samples in a step, over all ranks")
        ->type_name("COUNT")
        ->check(CLI::Range(Index{1}, Index{1} << 24))
        ->capture_default_str();
    command.add_option("--latency", latency_, "Foretell for a network with this latency, in microseconds, instead")
        ->type_name("MICROSECONDS")
        ->check(CLI::Range(0.01, 1e6));
    command.add_option("--bandwidth", bandwidth_, "and this bandwidth of each rank, in Gb/s")
        ->type_name("GIGABITS")
        ->check(CLI::Range(0.001, 1e5));
    add_bench_flags(command, flags_, "Of measuring for each case, in five repetitions");
    command.footer(
        "How do steps scale, and how far would they? Under mpirun the first 1, 2, 4, ... of its ranks train with 1, "
        "2,\n"
        "4, ... up to --threads threads each: one batch for all shapes (strong scaling), and as many samples for each\n"
        "worker as one has of a quarter of the batch (weak). 'Efficiency' is that of one worker's rate times\n"
        "workers; 'exposed' the share of time in which ranks wait for one another. A cost model (operations, "
        "messages,\n"
        "bytes, additions) is fitted to the strong cases, and for the latency to a tiny network, and tested on the "
        "weak\n"
        "ones; then it foretells large numbers of ranks: by the latency and bandwidth between the ranks measured here, "
        "unless told otherwise.\n"
        "\n"
        "Examples:\n"
        "  mpirun -n 2 --bind-to none lockstep bench scaling --threads 1\n"
        "  mpirun -n 4 --bind-to none lockstep bench scaling --threads 8 --net 784-2048-2048-10 --batch 8192\n"
        "  mpirun -n 2 --bind-to none lockstep bench scaling --threads 1 --latency 2 --bandwidth 100 --json\n\n" +
        std::string{bench_exit_statuses});
  }

  int run() {
    if (flags_.json) context_.console.reserve_output_for_json();
    agree_on_problems(world(), problems());
    const std::vector<double> threads =
        gather_each(static_cast<double>(
                        settled_threads(gather_placements(world()), flags_.threads, world().rank(), context_.console)),
                    world());
    const int most_threads = static_cast<int>(std::ranges::min(threads));
    for (const int ranks : up_to(world().ranks()))
      for (const int used : up_to(most_threads)) measure_shape(ranks, used);
    if (world().rank() > 0) return exit_done;
    const auto [model, error] = tested_model();
    report(model, error, most_threads);
    return exit_done;
  }

 private:
  [[nodiscard]] Communicator& world() const { return context_.mpi.world(); }

  [[nodiscard]] std::vector<std::string> problems() const {
    std::vector<std::string> found;
    if (network_sizes(net_).empty()) found.push_back(no_network(net_));
    if ((latency_ > 0) != (bandwidth_ > 0))
      found.emplace_back("--latency and --bandwidth describe a network together; give both, or neither");
    return found;
  }

  void measure_shape(int ranks, int threads) {
    const std::vector<Index> sizes = network_sizes(net_);
    const Index share = std::max<Index>(1, batch_ / 4);
    cases_.push_back(measured({{sizes, batch_}, ranks, threads}, "strong"));
    cases_.push_back(measured({{sizes, share * ranks * threads}, ranks, threads}, "weak"));
    cases_.push_back(measured({{sizes, 4 * batch_}, ranks, threads}, "strong"));
    // A network so small that its steps are little but messages, which larger ones hide among the rest.
    if (ranks > 1) small_.push_back(measured({{{16, 16, 2}, 16 * ranks}, ranks, threads}, "small"));
  }

  /// Collective; the others wait while the first `point.ranks` ranks take steps.
  [[nodiscard]] Case measured(ScalingPoint point, const std::string& scaling) {
    context_.console.transient(fmt::format("measuring {} of {}, batch {} ...", counted(point.ranks, "rank", "ranks"),
                                           counted(point.threads, "thread", "threads"), point.what.batch_size));
    std::vector<StepRate> rates(1);
    if (world().rank() < point.ranks) {
      LeadingRanks some{world(), point.ranks};
      Workers workers{point.threads};
      rates = measure_steps(point.what, repetitions, flags_.seconds / repetitions, some, workers);
    }
    (void)gather_each(0, world());
    const auto batch = static_cast<double>(point.what.batch_size);
    return {.point = std::move(point),
            .scaling = scaling,
            .seconds = spread_of(rates, [batch](const StepRate& rate) { return batch / rate.samples_per_second; }),
            .exposed = spread_of(rates, [](const StepRate& rate) { return rate.exposed; }).median};
  }

  /// Fitted to the strong cases; the greatest relative error on the weak ones.
  [[nodiscard]] std::pair<ScalingModel, double> tested_model() const {
    std::vector<ScalingModel::Measured> fitting;
    for (std::size_t i = 0; i < cases_.size(); ++i)
      if (i % 3 != 1) fitting.push_back({cases_[i].point, cases_[i].seconds.median});
    for (const Case& one : small_) fitting.push_back({one.point, one.seconds.median});
    const ScalingModel model = ScalingModel::fitted(fitting);
    double error = 0;
    for (std::size_t i = 1; i < cases_.size(); i += 3)
      error = std::max(error, std::abs(model.seconds(cases_[i].point) / cases_[i].seconds.median - 1));
    return {model, error};
  }

  [[nodiscard]] double rate(const Case& one) const {
    return static_cast<double>(one.point.what.batch_size) / one.seconds.median;
  }

  /// Against the case of one worker of the same scaling: the same batch, or as many samples a worker.
  [[nodiscard]] double efficiency(const Case& one) const {
    const auto alone = std::find_if(cases_.begin(), cases_.end(), [&](const Case& other) {
      return other.point.ranks == 1 && other.point.threads == 1 && other.scaling == one.scaling &&
             (one.scaling == "weak" || other.point.what.batch_size == one.point.what.batch_size);
    });
    return rate(one) / rate(*alone) / (one.point.ranks * one.point.threads);
  }

  [[nodiscard]] Json object(const Case& one) const {
    return {{"scaling", one.scaling},
            {"ranks", one.point.ranks},
            {"threads", one.point.threads},
            {"batch", one.point.what.batch_size},
            {"samples_per_second", rate(one)},
            {"step_seconds", one.seconds.median},
            {"step_seconds_least", one.seconds.least},
            {"step_seconds_most", one.seconds.greatest},
            {"efficiency", efficiency(one)},
            {"exposed_communication", one.exposed}};
  }

  /// What the model says of 64 to 16,384 ranks.
  [[nodiscard]] Json foretold(const ScalingModel& model, int threads) const {
    Json rows = Json::array();
    for (int ranks = 64; ranks <= 16384; ranks *= 4) {
      const auto at = [&](Index batch) {
        return ScalingPoint{{.sizes = network_sizes(net_), .batch_size = batch}, ranks, threads};
      };
      const auto share = [&](Index batch) { return model.communication_seconds(at(batch)) / model.seconds(at(batch)); };
      Index efficient = batch_;
      while (share(efficient) > 0.5 && efficient < (Index{1} << 40)) efficient *= 2;
      rows.push_back({{"ranks", ranks},
                      {"threads", threads},
                      {"batch", batch_},
                      {"samples_per_second", static_cast<double>(batch_) / model.seconds(at(batch_))},
                      {"communication", share(batch_)},
                      {"batch_of_half_communication", efficient}});
    }
    return rows;
  }

  void report(const ScalingModel& measured, double error, int threads) {
    const ScalingModel model = latency_ > 0 ? measured.with_network(1e-6 * latency_, 1e9 / 8 * bandwidth_) : measured;
    const Json rows = foretold(model, threads);
    if (flags_.json) {
      Json cases = Json::array();
      for (const Case& one : cases_) cases.push_back(object(one));
      const auto finite = [](double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); };
      context_.console.json(json_text({{"net", net_},
                                       {"cases", cases},
                                       {"model",
                                        {{"flops_of_worker", finite(measured.compute_flops())},
                                         {"message_seconds", measured.latency_seconds()},
                                         {"bytes_per_second", finite(measured.bandwidth_bytes())},
                                         {"additions_of_worker", finite(measured.merge_additions())},
                                         {"greatest_error_on_held_out", error}}},
                                       {"foretold", rows}}));
      return;
    }
    Table table;
    table.add(
        {"scaling", "ranks", "threads", "batch", "samples/s", "step, us", "least to most", "efficiency", "exposed"});
    for (const Case& one : cases_)
      table.add({one.scaling, std::to_string(one.point.ranks), std::to_string(one.point.threads),
                 std::to_string(one.point.what.batch_size), with_thousands(rate(one)),
                 fmt::format("{:.0f}", 1e6 * one.seconds.median),
                 fmt::format("{:.0f} to {:.0f}", 1e6 * one.seconds.least, 1e6 * one.seconds.greatest),
                 fmt::format("{:.0f} %", 100 * efficiency(one)), fmt::format("{:.0f} %", 100 * one.exposed)});
    context_.console.out(table.text());
    context_.console.out(
        fmt::format("\nmodel: {:.1f} GFLOP/s and {:.2f} G additions/s a worker, {:.1f} us a message, {:.2f} GB/s; off "
                    "by at most {:.0f} % "
                    "on cases that it was not fitted to\n",
                    measured.compute_flops() / 1e9, measured.merge_additions() / 1e9, 1e6 * measured.latency_seconds(),
                    measured.bandwidth_bytes() / 1e9, 100 * error));
    Table many;
    many.add({"foretold", "batch", "samples/s", "communication", "half at batch"});
    for (const Json& row : rows)
      many.add({counted(row.at("ranks"), "rank", "ranks"), with_thousands(row.at("batch")),
                with_thousands(row.at("samples_per_second")),
                fmt::format("{:.0f} %", 100 * row.at("communication").get<double>()),
                with_thousands(row.at("batch_of_half_communication"))});
    context_.console.out(many.text());
  }

  CommandContext& context_;
  std::string net_ = "784-512-512-10";
  Index batch_ = 1024;
  double latency_ = 0;
  double bandwidth_ = 0;
  BenchFlags flags_;
  std::vector<Case> cases_;  ///< three for each shape: strong, weak, strong with a larger batch
  std::vector<Case> small_;  ///< for the latency alone
};

}  // namespace

void add_bench_scaling(CLI::App& bench, CommandContext& context) {
  CLI::App* command =
      bench.add_subcommand("scaling", "Efficiency by ranks and threads, and what it foretells for many");
  const auto scaling = std::make_shared<BenchScaling>(*command, context);
  command->callback([scaling, &context] { context.run = [scaling] { return scaling->run(); }; });
}

}  // namespace lockstep
