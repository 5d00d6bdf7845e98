// SPDX-License-Identifier: MIT
// lockstep bench scaling: efficiency by ranks and threads, a cost model of it, and what that foretells for many ranks.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "apps/agreement.hpp"
#include "apps/bench_command.hpp"
#include "apps/json_text.hpp"
#include "apps/placement.hpp"
#include "apps/scaling_report.hpp"
#include "apps/table.hpp"
#include "io/durable_file.hpp"

namespace lockstep {
namespace {

constexpr int repetitions = 5;

/// 1, 2, 4, ... and `most`.
std::vector<int> up_to(int most) {
  std::vector<int> counts;
  for (int count = 1; count < most; count *= 2) counts.push_back(count);
  counts.push_back(most);
  return counts;
}

/// Ranks on the fullest host of the first `ranks`.
int ranks_on_a_host(std::span<const Placement> placements, int ranks) {
  const std::span<const Placement> some = placements.first(static_cast<std::size_t>(ranks));
  std::ptrdiff_t most = 0;
  for (const Placement& one : some) most = std::max(most, std::ranges::count(some, one.host, &Placement::host));
  return static_cast<int>(most);
}

/// Whether on each host there are as many cores as workers. One worker always fits.
bool fits(std::span<const Placement> placements, const ScalingShape& shape) {
  const auto ranks = static_cast<std::size_t>(shape.ranks);
  if (shape.ranks * shape.threads == 1) return true;
  for (std::size_t rank = 0; rank < ranks; ++rank)
    if (!threads_have_cores(placements.first(ranks), rank, shape.threads)) return false;
  return true;
}

class BenchScaling {
 public:
  BenchScaling(CLI::App& command, CommandContext& context) : context_{context} {
    command.add_option("--net", net_, "Inputs, hidden units and classes")->type_name("SIZES")->capture_default_str();
    command.add_option("--batch", batch_, "Samples in a step, over all ranks")
        ->type_name("COUNT")
        ->check(CLI::Range(Index{1}, Index{1} << 24))
        ->capture_default_str();
    command.add_option("--out", out_, "Write tables (JSON, CSV) and pictures (SVG, PNG) into this new folder")
        ->type_name("DIR");
    command.add_option("--latency", latency_, "Foretell for hosts with this latency between them, in microseconds,")
        ->type_name("MICROSECONDS")
        ->check(number_in(0.01, 1e6));
    command.add_option("--bandwidth", bandwidth_, "and this bandwidth of each host, in Gb/s")
        ->type_name("GIGABITS")
        ->check(number_in(0.001, 1e5));
    command.add_option("--ranks-per-host", ranks_per_host_, "and so many ranks on each; 0: as many as on hosts here")
        ->type_name("COUNT")
        ->check(CLI::Range(0, 1 << 14))
        ->capture_default_str();
    add_bench_flags(command, flags_, "Of measuring for each case, in five rounds");
    command.footer(
        "How do steps scale, and how far would they? Under mpirun the first 1, 2, 4, ... of its ranks train with 1,\n"
        "2, 4, ... up to --threads threads each, as far as there are cores: a sixteenth of the batch, all of it and\n"
        "four times it (strong scaling), and a quarter of it for each worker (weak). 'Efficiency' is that of one\n"
        "worker's rate times workers; 'exposed' the share of time in which ranks wait for one another; 'model' how\n"
        "far a cost model is off, fitted to the strong cases and to exchanges alone, and tested on the weak ones (*).\n"
        "It looks at the least time of each case, to which other programs add least; off by more than 15 %, it is\n"
        "not to be trusted, and a note says so. All else are medians.\n"
        "\n"
        "Then it foretells 64 to 16,384 ranks, with shards small enough for all of them (--shard-size of 'train'):\n"
        "by what was measured between hosts; on one host by what was measured there, which is optimistic; or by\n"
        "--latency, --bandwidth and --ranks-per-host. 'Efficient batch' is the least, of doublings, that has 80 %\n"
        "efficiency. The model knows no rank that is late and no network that many hosts slow down. Measured is the\n"
        "direct exchange, also on several hosts.\n"
        "\n"
        "Examples:\n"
        "  mpirun -n 2 --bind-to none lockstep bench scaling --threads 1\n"
        "  mpirun -n 4 --bind-to none lockstep bench scaling --threads 8 --net 784-2048-2048-10 --out scaling\n"
        "  mpirun -n 2 --bind-to none lockstep bench scaling --latency 2 --bandwidth 100 --ranks-per-host 4\n"
        "\n" +
        std::string{bench_exit_statuses});
  }

  int run() {
    if (flags_.json) context_.console.reserve_output_for_json();
    agree_on_problems(world(), problems());
    on_first_rank(world(), [&] {
      if (!out_.empty()) claim_out();
    });
    const std::vector<Placement> placements = gather_placements(world());
    const int own_threads = settled_threads(placements, flags_.threads, context_.mpi, context_.console);
    const int threads = std::ranges::min(gather_each(own_threads, world()));
    const std::vector<ScalingShape> shapes = shapes_that_fit(placements, threads);
    ScalingMeasurement measurement{network_sizes(net_), batch_, shapes};
    for (int round = 1; round <= repetitions; ++round)
      measurement.measure_round(flags_.seconds / repetitions, world(), [&](const std::string& what) {
        context_.console.transient(fmt::format("round {} of {}: {} ...", round, repetitions, what));
      });
    return world().rank() == 0 ? report(measurement, shapes.back()) : exit_done;
  }

 private:
  [[nodiscard]] Communicator& world() const { return context_.mpi.world(); }

  [[nodiscard]] std::vector<std::string> problems() const {
    std::vector<std::string> found;
    if (network_sizes(net_).empty()) found.push_back(no_network(net_));
    if ((latency_ > 0) != (bandwidth_ > 0))
      found.emplace_back("--latency and --bandwidth describe a network together; give both, or neither");
    if (ranks_per_host_ > 0 && !std::has_single_bit(static_cast<unsigned>(ranks_per_host_)))
      found.push_back(fmt::format(
          "--ranks-per-host is {}, but what is foretold are 64, 128, ... ranks; take a power of two", ranks_per_host_));
    return found;
  }

  [[nodiscard]] std::vector<ScalingShape> shapes_that_fit(std::span<const Placement> placements, int threads) const {
    std::vector<ScalingShape> shapes;
    std::vector<std::string> left_out;
    for (const int ranks : up_to(world().ranks()))
      for (const int used : up_to(threads)) {
        const ScalingShape shape{.ranks = ranks, .threads = used, .ranks_per_host = ranks_on_a_host(placements, ranks)};
        if (fits(placements, shape))
          shapes.push_back(shape);
        else
          left_out.push_back(fmt::format("{} x {}", ranks, used));
      }
    if (!left_out.empty())
      context_.console.note(
          fmt::format("note: not measured, for there are more workers than cores: {} (ranks x threads)",
                      fmt::join(left_out, ", ")));
    return shapes;
  }

  /// Made before anything is measured, so that it can be written to in the end.
  void claim_out() const {
    std::error_code failure;
    if (std::filesystem::exists(out_, failure) &&
        (!std::filesystem::is_directory(out_, failure) || !std::filesystem::is_empty(out_, failure)))
      throw RequestError(fmt::format("{} is there already, and nothing in it is replaced; choose another --out", out_));
    make_directories_durably(out_);
  }

  /// The exit status: what was measured is told also where files cannot be written.
  [[nodiscard]] int report(const ScalingMeasurement& measurement, const ScalingShape& most) {
    ScalingFindings findings{
        .net = net_, .measured = measurement, .model = measurement.model(), .forecast = {}, .network = {}};
    foretell(findings, most);
    context_.console.out(scaling_text(findings));
    if (flags_.json) context_.console.json(json_text(scaling_json(findings)));
    const std::string caution = model_caution(measurement.greatest_error(findings.model));
    if (!caution.empty()) context_.console.note("note: " + caution);
    if (out_.empty()) return exit_done;
    try {
      const std::string missing = write_scaling(findings, out_);
      context_.console.out(fmt::format("\nfiles         {}", out_));
      if (!missing.empty()) context_.console.note("note: " + missing);
      return exit_done;
    } catch (const Error& failure) {
      return context_.console.failure_here(
          {fmt::format("{}; the figures are above, what {} holds is incomplete", failure.what(), out_)}, exit_fault);
    }
  }

  /// By the network that was given, that between hosts, or that within this one.
  void foretell(ScalingFindings& findings, const ScalingShape& most) const {
    ScalingModel model = findings.model;
    if (latency_ > 0) {
      model = model.with_network({.latency_seconds = 1e-6 * latency_, .bytes_per_second = 1e9 / 8 * bandwidth_});
      findings.network = fmt::format("For hosts with {} us a message and {} Gb/s between them", latency_, bandwidth_);
    } else if (model.between_hosts()) {
      findings.network = "For more of these hosts";
    } else if (const auto inside = model.inside_host()) {
      model = model.with_network(*inside);
      findings.network =
          "For hosts between which messages go as fast as within this one, which is optimistic (--latency, "
          "--bandwidth)";
    } else {
      findings.network =
          "No forecast: one rank sends no messages; start several, or give --latency and --bandwidth of a network";
      return;
    }
    const int local = ranks_per_host_ > 0 ? ranks_per_host_ : most.ranks_per_host;
    findings.network += fmt::format(", {} on each:", counted(local, "rank", "ranks"));
    findings.forecast.emplace(
        model, ForecastRequest{
                   .sizes = network_sizes(net_), .batch = batch_, .threads = most.threads, .ranks_per_host = local});
  }

  CommandContext& context_;
  std::string net_ = "784-512-512-10";
  Index batch_ = 1024;
  std::string out_;
  double latency_ = 0;
  double bandwidth_ = 0;
  int ranks_per_host_ = 0;
  BenchFlags flags_;
};

}  // namespace

void add_bench_scaling(CLI::App& bench, CommandContext& context) {
  CLI::App* command =
      bench.add_subcommand("scaling", "Efficiency by ranks and threads, and what it foretells for many");
  const auto scaling = std::make_shared<BenchScaling>(*command, context);
  command->callback([scaling, &context] { context.run = [scaling] { return scaling->run(); }; });
}

}  // namespace lockstep
