// SPDX-License-Identifier: MIT
// lockstep bench allreduce: the ordered exchange against MPI_Allreduce.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/agreement.hpp"
#include "apps/bench_command.hpp"
#include "apps/json_text.hpp"
#include "apps/placement.hpp"
#include "apps/spread.hpp"
#include "apps/table.hpp"
#include "parallel/exchange_benchmark.hpp"
#include "parallel/mpi_allreduce.hpp"

namespace lockstep {
namespace {

constexpr int repetitions = 31;
constexpr const char* example = "mpirun -n 2 --bind-to none lockstep bench allreduce";

class BenchAllreduce {
 public:
  BenchAllreduce(CLI::App& command, CommandContext& context) : context_{context} {
    command.add_option("--floats", floats_, "Numbers to add up, as many from each rank")
        ->type_name("COUNT")
        ->delimiter(',')
        ->check(CLI::Range(Index{16}, Index{1} << 30))
        ->capture_default_str();
    command
        .add_option("--shards", shards_,
                    "Shards of the batch, which the ranks share; 0: 4, or the next power of two from the ranks on")
        ->type_name("COUNT")
        ->check(CLI::Range(Index{0}, Index{1} << 20))
        ->capture_default_str();
    add_ranks_per_host(command, ranks_per_host_);
    add_bench_flags(command, flags_, "Of measuring for each size, in 31 repetitions");
    command.footer(fmt::format(
        "What does it cost that sums over ranks have one order, whatever the ranks? Each size is added up\n"
        "as a training step does it (partial sums to the owners of slices, the rest of the tree there, the\n"
        "whole back to all ranks) and by MPI_Allreduce, in turn. Shown are medians of {} repetitions; the\n"
        "ratio is that of two neighbours, below 1 where the ordered sum is the faster one. A rank whose\n"
        "share of the shards is not one subtree sends several partial sums to each owner: 'partial sums'\n"
        "is the most that any rank sends; as many ranks as a power of two send one.\n"
        "\n"
        "Examples:\n"
        "  {}\n"
        "  mpirun -n 3 --oversubscribe lockstep bench allreduce --floats 25000,6000000 --shards 16 --json\n\n"
        "{}",
        repetitions, example, bench_exit_statuses));
  }

  int run() {
    if (flags_.json) context_.console.reserve_output_for_json();
    agree_on_problems(context_.mpi.world(), problems());
    Communicator& world = ranks_in_hosts(context_, ranks_per_host_);
    if (world.hosts() != nullptr) ranks_adding_first_ = world.hosts()->within.ranks();
    Workers workers{settled_threads(gather_placements(world), flags_.threads, context_.mpi, context_.console)};
    const SumInAnyOrder by_mpi = [this](std::span<const Scalar> values, std::span<Scalar> sum) {
      mpi_allreduce(*context_.mpi.use(), values, sum);
    };
    if (!flags_.json) context_.console.out(heading(workers));
    nlohmann::ordered_json cases = nlohmann::ordered_json::array();
    double logarithms = 0;
    std::vector<std::string> unsteady;
    for (const Index floats : floats_) {
      context_.console.transient(fmt::format("measuring {} floats ...", with_thousands(static_cast<double>(floats))));
      const std::vector<ExchangeTimes> times = measure_exchange({.floats = floats, .leaves = shards()}, repetitions,
                                                                flags_.seconds / repetitions, by_mpi, world, workers);
      const Spread ratio = spread_of(times, [](const ExchangeTimes& t) { return t.ratio(); });
      logarithms += std::log(ratio.median);
      if (ratio.is_unsteady()) unsteady.push_back(with_thousands(static_cast<double>(floats)));
      if (!flags_.json) context_.console.out(line(floats, times));
      cases.push_back(object(floats, times, workers));
    }
    const double mean = std::exp(logarithms / static_cast<double>(floats_.size()));
    if (flags_.json)
      context_.console.json(json_text({{"mpi", MpiEnvironment::library()}, {"ratio", mean}, {"cases", cases}}));
    else
      context_.console.out(fmt::format("ratio {:.2f} (geometric mean), {}", mean, MpiEnvironment::library()));
    if (!unsteady.empty())
      context_.console.note(fmt::format(
          "note: the machine is busy: the ratios at {} floats differ by more than a third of their greatest; end other "
          "programs, use no more ranks than cores, or measure longer by --seconds",
          fmt::join(unsteady, ", ")));
    return exit_done;
  }

 private:
  [[nodiscard]] std::vector<std::string> problems() const {
    if (context_.mpi.world().ranks() > 1) return {};
    return {
        fmt::format("bench allreduce measures what goes between ranks, and this is one alone; start several, such "
                    "as '{}'",
                    example)};
  }

  /// As the usual plan cuts a batch, with work for every rank.
  [[nodiscard]] Index shards() const {
    if (shards_ > 0) return shards_;
    const auto ranks = static_cast<unsigned>(context_.mpi.world().ranks());
    return std::max<Index>(4, static_cast<Index>(std::bit_ceil(ranks)));
  }

  [[nodiscard]] Index partial_sums() const { return most_partial_sums(shards(), context_.mpi.world().ranks()); }

  [[nodiscard]] std::string heading(const Workers& workers) const {
    return fmt::format("{} of {}, {}: {}\n{:>10} {:>12} {:>14} {:>7} {:>14}",
                       counted(context_.mpi.world().ranks(), "rank", "ranks"),
                       counted(workers.threads(), "thread", "threads"), counted(shards(), "shard", "shards"),
                       counted(partial_sums(), "partial sum a rank", "partial sums a rank at most"), "floats",
                       "ordered, us", "Allreduce, us", "ratio", "least to most");
  }

  static std::string line(Index floats, const std::vector<ExchangeTimes>& times) {
    const Spread ratio = spread_of(times, [](const ExchangeTimes& t) { return t.ratio(); });
    return fmt::format("{:>10} {:>12.0f} {:>14.0f} {:>7.2f} {:>6.2f} to {:>4.2f}",
                       with_thousands(static_cast<double>(floats)),
                       1e6 * spread_of(times, [](const ExchangeTimes& t) { return t.ordered_seconds; }).median,
                       1e6 * spread_of(times, [](const ExchangeTimes& t) { return t.any_order_seconds; }).median,
                       ratio.median, ratio.least, ratio.greatest);
  }

  [[nodiscard]] nlohmann::ordered_json object(Index floats, const std::vector<ExchangeTimes>& times,
                                              const Workers& workers) const {
    const Spread ratio = spread_of(times, [](const ExchangeTimes& t) { return t.ratio(); });
    return {{"floats", floats},
            {"bytes", floats * static_cast<Index>(sizeof(Scalar))},
            {"shards", shards()},
            {"partial_sums", partial_sums()},
            {"ranks", context_.mpi.world().ranks()},
            {"ranks_per_host", ranks_adding_first_},
            {"threads", workers.threads()},
            {"ordered_seconds", spread_of(times, [](const ExchangeTimes& t) { return t.ordered_seconds; }).median},
            {"allreduce_seconds", spread_of(times, [](const ExchangeTimes& t) { return t.any_order_seconds; }).median},
            {"ratio", ratio.median},
            {"ratio_least", ratio.least},
            {"ratio_most", ratio.greatest},
            {"repetitions", times.size()}};
  }

  CommandContext& context_;
  std::vector<Index> floats_{25'000, 100'000, 400'000, 1'600'000, 6'000'000};
  Index shards_ = 0;
  int ranks_per_host_ = 0;
  int ranks_adding_first_ = 1;  ///< on each host, before it exchanges with others; 1: none
  BenchFlags flags_;
};

}  // namespace

void add_bench_allreduce(CLI::App& bench, CommandContext& context) {
  CLI::App* command = bench.add_subcommand("allreduce", "The ordered sum over ranks against MPI_Allreduce");
  const auto allreduce = std::make_shared<BenchAllreduce>(*command, context);
  command->callback([allreduce, &context] { context.run = [allreduce] { return allreduce->run(); }; });
}

}  // namespace lockstep
