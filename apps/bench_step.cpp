// SPDX-License-Identifier: MIT
// lockstep bench step: whole training steps against the peak of the arithmetic units.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/agreement.hpp"
#include "apps/bench_command.hpp"
#include "apps/json_text.hpp"
#include "apps/placement.hpp"
#include "apps/spread.hpp"
#include "apps/step_phases_report.hpp"
#include "apps/table.hpp"
#include "apps/versions.hpp"
#include "core/error.hpp"
#include "parallel/step_benchmark.hpp"

namespace lockstep {
namespace {

constexpr int repetitions = 5;
constexpr int order_repetitions = 31;

bool is_unsteady(const std::vector<StepRate>& rates) {
  return spread_of(rates, [](const StepRate& rate) { return rate.of_peak(); }).is_unsteady();
}

class BenchStep {
 public:
  BenchStep(CLI::App& command, CommandContext& context) : context_{context} {
    command.add_option("--net", nets_, "Inputs, hidden units and classes, such as 784-512-512-10")
        ->type_name("SIZES")
        ->delimiter(',')
        ->capture_default_str();
    command.add_option("--batch", batches_, "Samples in a step, over all ranks")
        ->type_name("COUNT")
        ->delimiter(',')
        ->check(CLI::Range(Index{1}, Index{1} << 24))
        ->capture_default_str();
    command.add_option("--shard-size", shard_size_, "Samples in a shard; 0: chosen as in training")
        ->type_name("COUNT")
        ->check(CLI::Range(Index{0}, Index{1} << 24))
        ->capture_default_str();
    command.add_option("--precision", precision_, "Numbers that products multiply: float32 or bf16, as in training")
        ->type_name("NAME")
        ->capture_default_str();
    command.add_option("--exchange", exchange_, "Numbers that ranks exchange: float32 or bf16, as in training")
        ->type_name("NAME")
        ->capture_default_str();
    add_ranks_per_host(command, ranks_per_host_);
    CLI::Option* order = command.add_flag("--order", order_, "What the fixed order of sums costs, instead: see below");
    command.add_flag("--phases", phases_, "Where the time of a step goes, instead: see below")->excludes(order);
    add_bench_flags(command, flags_, "Of measuring for each case, in five repetitions (with --order, 31)");
    command.footer(
        "Each case runs whole steps, from gathering samples to updating weights: SGD with momentum, ReLU, softmax\n"
        "cross-entropy, random floats. GFLOP/s count 6 x weights, less 2 x first-layer weights, a sample. The peak is\n"
        "fused multiply-adds in registers on all workers of all ranks; on a busy machine it drifts, so 'of peak' is\n"
        "against the peak measured beside each repetition. Shown are medians of five repetitions, and the least and\n"
        "most of peak among them. Exposed is the share of time in which ranks wait for one another's messages. With\n"
        "--precision bf16 the peak is still that of floats, so steps may exceed it.\n"
        "\n"
        "--order times each case against the same steps without the order that gives the same bits on any threads:\n"
        "each part of the gradient is then one sum to which shards are added as they come. Shown is the median\n"
        "ratio of neighbours, above 1 where the order costs time. (bench allreduce shows what it costs between "
        "ranks.)\n"
        "\n"
        "--phases tells what bounds a step: the share of all workers' time that each phase takes, over all\n"
        "repetitions, and of phases of products, activations included, what a worker at it reaches of its part of the\n"
        "peak. 'other' is what no phase names: waiting for the last of a job most of all. Only one thread of a rank\n"
        "starts messages and waits for them, the others' part of such a wait is 'other' too. (train --profile shows a\n"
        "run as a timeline.)\n"
        "\n"
        "Examples:\n"
        "  lockstep bench step\n"
        "  lockstep bench step --net 784-512-512-10 --batch 128,1024 --threads 4 --json\n"
        "  lockstep bench step --net 784-2048-2048-10 --batch 1024 --precision bf16\n"
        "  lockstep bench step --order --seconds 4\n"
        "  lockstep bench step --phases --net 784-512-512-10 --batch 128\n"
        "  mpirun -n 2 --bind-to none lockstep bench step --threads 1 --exchange bf16\n\n" +
        std::string{bench_exit_statuses});
  }

  int run() {
    if (flags_.json) context_.console.reserve_output_for_json();
    agree_on_problems(context_.mpi.world(), problems());
    Communicator& world = ranks_in_hosts(context_, ranks_per_host_);
    if (world.hosts() != nullptr) ranks_adding_first_ = world.hosts()->within.ranks();
    (void)settled_instruction_set(std::nullopt, precision(), world);
    Workers workers{settled_threads(gather_placements(world), flags_.threads, context_.mpi, context_.console)};
    if (phases_) return measure_all_phases(world, workers);
    return order_ ? measure_order(world, workers) : measure_speed(world, workers);
  }

 private:
  /// body(network, case) for each, announced.
  template <class Body>
  void for_each_case(const Body& body) const {
    for (const std::string& net : nets_)
      for (const Index batch : batches_) {
        context_.console.transient(fmt::format("measuring {} at batch {} ...", net, batch));
        body(net, step_case(net, batch));
      }
  }

  int measure_speed(Communicator& world, Workers& workers) {
    if (!flags_.json) context_.console.out(heading(workers));
    nlohmann::ordered_json cases = nlohmann::ordered_json::array();
    std::vector<StepRate> all;
    std::vector<std::string> unsteady;
    for_each_case([&](const std::string& net, const StepCase& what) {
      const std::vector<StepRate> rates =
          measure_steps(what, repetitions, flags_.seconds / repetitions, world, workers);
      all.insert(all.end(), rates.begin(), rates.end());
      if (is_unsteady(rates)) unsteady.push_back(fmt::format("{} at batch {}", net, what.batch_size));
      if (!flags_.json) context_.console.out(line(net, what, rates));
      cases.push_back(object(net, what, rates, workers));
    });
    const double peak = spread_of(all, [](const StepRate& rate) { return rate.peak_flops; }).median;
    if (flags_.json)
      context_.console.json(json_text({{"peak_gflops", peak / 1e9}, {"cases", cases}}));
    else
      context_.console.out(fmt::format("peak {:.0f} GFLOP/s (median)", peak / 1e9));
    if (!unsteady.empty())
      context_.console.note(
          fmt::format("note: the machine is busy: the repetitions of {} differ by more than a third of their best; end "
                      "other programs, or measure longer by --seconds",
                      fmt::join(unsteady, ", ")));
    return exit_done;
  }

  int measure_order(Communicator& world, Workers& workers) {
    if (!flags_.json)
      context_.console.out(fmt::format(
          "{} of {}\n{:>20} {:>6} {:>6} {:>16} {:>14}", counted(world.ranks(), "rank", "ranks"),
          counted(workers.threads(), "thread", "threads"), "net", "batch", "shard", "tree / one sum", "least to most"));
    nlohmann::ordered_json cases = nlohmann::ordered_json::array();
    double logarithms = 0;
    for_each_case([&](const std::string& net, const StepCase& what) {
      const Spread ratio =
          spread_of(measure_tree_cost(what, order_repetitions, flags_.seconds / order_repetitions, world, workers),
                    [](double value) { return value; });
      logarithms += std::log(ratio.median);
      if (!flags_.json)
        context_.console.out(fmt::format("{:>20} {:>6} {:>6} {:>16.3f} {:>6.3f} to {:.3f}", net, what.batch_size,
                                         shard_size_of(what), ratio.median, ratio.least, ratio.greatest));
      cases.push_back({{"net", net},
                       {"batch", what.batch_size},
                       {"shard", shard_size_of(what)},
                       {"ranks", world.ranks()},
                       {"threads", workers.threads()},
                       {"precision", precision_},
                       {"ratio", ratio.median},
                       {"ratio_least", ratio.least},
                       {"ratio_most", ratio.greatest},
                       {"repetitions", order_repetitions}});
    });
    const double mean = std::exp(logarithms / static_cast<double>(cases.size()));
    if (flags_.json)
      context_.console.json(json_text({{"ratio", mean}, {"cases", cases}}));
    else
      context_.console.out(fmt::format("tree / one sum {:.3f} (geometric mean)", mean));
    return exit_done;
  }

  int measure_all_phases(Communicator& world, Workers& workers) {
    std::vector<PhasedCase> rows;
    nlohmann::ordered_json cases = nlohmann::ordered_json::array();
    for_each_case([&](const std::string& net, const StepCase& what) {
      rows.push_back(
          {net, what.batch_size, measure_phases(what, repetitions, flags_.seconds / repetitions, world, workers)});
      cases.push_back(phases_object(rows.back(), what, workers));
    });
    if (flags_.json)
      context_.console.json(json_text({{"cases", cases}}));
    else
      context_.console.out(fmt::format("{} of {}\n{}", counted(world.ranks(), "rank", "ranks"),
                                       counted(workers.threads(), "thread", "threads"), phases_table(rows)));
    return exit_done;
  }

  /// What was asked for, which its figures follow.
  [[nodiscard]] nlohmann::ordered_json case_object(const std::string& net, const StepCase& what,
                                                   const Workers& workers) const {
    return {{"net", net},
            {"batch", what.batch_size},
            {"shard", shard_size_of(what)},
            {"ranks", context_.mpi.world().ranks()},
            {"ranks_per_host", ranks_adding_first_},
            {"threads", workers.threads()},
            {"precision", precision_},
            {"exchange", exchange_}};
  }

  [[nodiscard]] nlohmann::ordered_json phases_object(const PhasedCase& row, const StepCase& what,
                                                     const Workers& workers) const {
    nlohmann::ordered_json phases = nlohmann::ordered_json::array();
    for (const StepPhase& phase : row.measured.phases) {
      phases.push_back({{"phase", phase.name}, {"of_time", phase.of_time}});
      if (phase.of_peak > 0) phases.back()["of_peak"] = phase.of_peak;
    }
    nlohmann::ordered_json result = case_object(row.net, what, workers);
    result.update({{"samples_per_second", row.measured.samples_per_second},
                   {"gflops", row.measured.flops / 1e9},
                   {"peak_gflops", row.measured.peak_flops / 1e9},
                   {"of_peak", row.measured.of_peak()},
                   {"repetitions", repetitions},
                   {"phases", phases}});
    return result;
  }

  [[nodiscard]] std::vector<std::string> problems() const {
    std::vector<std::string> found;
    for (const std::string& net : nets_)
      if (network_sizes(net).empty()) found.push_back(no_network(net));
    for (const auto& [kind, name] : {std::pair{"precision", &precision_}, std::pair{"exchange", &exchange_}}) {
      try {
        (void)value_in(precision_names, kind, *name);
      } catch (const RequestError& failure) {
        found.insert(found.end(), failure.problems().begin(), failure.problems().end());
      }
    }
    return found;
  }

  [[nodiscard]] Precision precision() const { return value_in(precision_names, "precision", precision_); }

  [[nodiscard]] StepCase step_case(const std::string& net, Index batch) const {
    return {.sizes = network_sizes(net),
            .batch_size = batch,
            .shard_size = shard_size_,
            .precision = precision(),
            .exchange = value_in(precision_names, "exchange", exchange_)};
  }

  [[nodiscard]] std::string heading(const Workers& workers) const {
    return fmt::format("{} of {}\n{:>20} {:>6} {:>6} {:>12} {:>9} {:>10} {:>14} {:>9}",
                       counted(context_.mpi.world().ranks(), "rank", "ranks"),
                       counted(workers.threads(), "thread", "threads"), "net", "batch", "shard", "samples/s", "GFLOP/s",
                       "of peak", "least to most", "exposed");
  }

  static std::string line(const std::string& net, const StepCase& what, const std::vector<StepRate>& rates) {
    const Spread share = spread_of(rates, [](const StepRate& rate) { return 100 * rate.of_peak(); });
    return fmt::format("{:>20} {:>6} {:>6} {:>12} {:>9.1f} {:>8.1f} % {:>5.1f} to {:>4.1f} % {:>7.1f} %", net,
                       what.batch_size, shard_size_of(what),
                       with_thousands(spread_of(rates, [](const StepRate& r) { return r.samples_per_second; }).median),
                       spread_of(rates, [](const StepRate& r) { return r.flops; }).median / 1e9, share.median,
                       share.least, share.greatest,
                       100 * spread_of(rates, [](const StepRate& r) { return r.exposed; }).median);
  }

  [[nodiscard]] nlohmann::ordered_json object(const std::string& net, const StepCase& what,
                                              const std::vector<StepRate>& rates, const Workers& workers) const {
    const Spread share = spread_of(rates, [](const StepRate& rate) { return rate.of_peak(); });
    nlohmann::ordered_json result = case_object(net, what, workers);
    result.update(
        {{"samples_per_second", spread_of(rates, [](const StepRate& r) { return r.samples_per_second; }).median},
         {"gflops", spread_of(rates, [](const StepRate& r) { return r.flops; }).median / 1e9},
         {"of_peak", share.median},
         {"of_peak_least", share.least},
         {"of_peak_most", share.greatest},
         {"exposed_communication", spread_of(rates, [](const StepRate& r) { return r.exposed; }).median},
         {"repetitions", rates.size()}});
    return result;
  }

  CommandContext& context_;
  std::vector<std::string> nets_{"784-128-10", "784-512-512-10", "784-2048-2048-10"};
  std::vector<Index> batches_{32, 128, 1024, 8192};
  Index shard_size_ = 0;
  std::string precision_{text_in(precision_names, Precision::float32)};
  std::string exchange_{text_in(precision_names, Precision::float32)};
  int ranks_per_host_ = 0;
  int ranks_adding_first_ = 1;  ///< on each host, before it exchanges with others; 1: none
  bool order_ = false;
  bool phases_ = false;
  BenchFlags flags_;
};

}  // namespace

void add_bench_step(CLI::App& bench, CommandContext& context) {
  CLI::App* command = bench.add_subcommand("step", "Whole training steps against the peak of the arithmetic units");
  const auto step = std::make_shared<BenchStep>(*command, context);
  command->callback([step, &context] { context.run = [step] { return step->run(); }; });
}

}  // namespace lockstep
