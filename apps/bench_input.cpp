// SPDX-License-Identifier: MIT
// lockstep bench input: samples from a data set as training takes them, against memcpy and a plain read.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "apps/agreement.hpp"
#include "apps/bench_command.hpp"
#include "apps/bench_data.hpp"
#include "apps/interruptible.hpp"
#include "apps/json_text.hpp"
#include "apps/placement.hpp"
#include "apps/spread.hpp"
#include "apps/table.hpp"
#include "io/page_cache.hpp"
#include "parallel/collective_timing.hpp"
#include "parallel/input_benchmark.hpp"

namespace lockstep {
namespace {

constexpr int warm_repetitions = 5;
constexpr int cold_repetitions = 3;

/// One repetition: rates of neighbours in time.
struct InputRate {
  double samples_per_second = 0;
  double bytes_per_second = 0;       ///< the same samples, as they are stored
  double copy_bytes_per_second = 0;  ///< memcpy; 0: not measured, the page cache being cold
  double read_bytes_per_second = 0;  ///< of the file as it lies on disk, from first to last
  [[nodiscard]] double of_copy() const {
    return copy_bytes_per_second > 0 ? bytes_per_second / copy_bytes_per_second : 0;
  }
  /// Against memcpy of as many bytes as the gathered numbers take.
  [[nodiscard]] double delivered_of_copy(const StoredFeatures& stored) const {
    return of_copy() * static_cast<double>(stored.features * static_cast<Index>(sizeof(Scalar))) /
           static_cast<double>(stored.row_bytes);
  }
  [[nodiscard]] double of_read(double file_bytes, double stored_bytes) const {
    return bytes_per_second / (read_bytes_per_second * stored_bytes / file_bytes);
  }
};

class BenchInput {
 public:
  BenchInput(CLI::App& command, CommandContext& context) : context_{context} {
    command.add_option("DATA.h5", path_, "A data set of your own; else three are made: contiguous, chunked, gzip");
    command.add_option("--samples", made_.samples, "Of the data sets that are made")
        ->type_name("COUNT")
        ->check(CLI::Range(Index{16}, Index{1} << 40))
        ->capture_default_str();
    command.add_option("--features", made_.features, "Of each of their samples")
        ->type_name("COUNT")
        ->check(CLI::Range(Index{1}, Index{1} << 24))
        ->capture_default_str();
    command.add_flag("--floats", made_.floats, "Their features are float32 instead of uint8");
    command.add_option("--directory", made_.directory, "Where they are made, and removed again; else the system's")
        ->type_name("DIR");
    command.add_option("--batch", batch_, "Samples gathered at once, over all ranks")
        ->type_name("COUNT")
        ->check(CLI::Range(Index{1}, Index{1} << 24))
        ->capture_default_str();
    add_bench_flags(command, flags_, "Of gathering for each data set with a warm page cache, in five repetitions");
    command.footer(
        "Can the input keep up? Batches are gathered as training does it, in an epoch's shuffled order: converted to\n"
        "floats, tested for NaN, shared out over all workers of all ranks, but nothing is computed. Beside it, in\n"
        "each repetition: memcpy of as many bytes, as they are stored, between two places in memory by the same\n"
        "workers, and a plain sequential read of the file by one thread. 'Warm': the file lies in the page cache;\n"
        "'cold': it was dropped from there (posix_fadvise), and a whole epoch is gathered. Bytes are those of the\n"
        "features as they are stored, uncompressed. Bytes become floats of four bytes each on the way, so 'delivered'\n"
        "compares what is written, in floats, with memcpy. Shown are medians, and the least and most of memcpy.\n"
        "\n"
        "Examples:\n"
        "  lockstep bench input\n"
        "  lockstep bench input train.h5 --batch 128 --json\n"
        "  lockstep bench input --floats --samples 1000000 --directory /scratch\n\n" +
        std::string{bench_exit_statuses});
  }

  int run() {
    if (flags_.json) context_.console.reserve_output_for_json();
    const int threads = settled_threads(gather_placements(world()), flags_.threads, context_.mpi, context_.console);
    Workers workers{threads};
    if (!flags_.json) context_.console.out(heading(workers));
    interruptible([&](const std::function<void()>& check) {
      if (!path_.empty()) return measure({.path = path_, .name = ""}, workers, check);
      const BenchDirectory directory{made_.directory, world()};
      for (const BenchDataset& data : made_data_sets(directory.path())) {
        on_first_rank(world(), [&] { make_bench_data(made_, data, context_.console, check); });
        measure(data, workers, check);
        on_first_rank(world(), [&] { remove_bench_data(data); });
      }
    });
    if (flags_.json) context_.console.json(json_text({{"cases", cases_}}));
    if (!undropped_.empty())
      context_.console.note(
          fmt::format("note: the page cache kept more than a tenth of {}: 'cold' is not cold; is it on a "
                      "file system in memory? --directory names another",
                      fmt::join(undropped_, ", ")));
    return exit_done;
  }

 private:
  [[nodiscard]] Communicator& world() const { return context_.mpi.world(); }

  void measure(const BenchDataset& data, Workers& workers, const std::function<void()>& check) {
    const StoredFeatures stored = agreed(world(), [&] { return stored_features(data.path); });
    const std::string layout = data.name.empty() ? stored.layout : data.name;
    context_.console.transient(fmt::format("measuring {}, warm ...", layout));
    report(layout, "warm", stored, warm_rates(data.path, stored, workers), workers);
    std::vector<InputRate> cold;
    for (int repetition = 0; repetition < cold_repetitions; ++repetition) {
      check();
      context_.console.transient(
          fmt::format("measuring {}, cold, {} of {} ...", layout, repetition + 1, cold_repetitions));
      cold.push_back(cold_rate(data.path, layout, stored, workers));
    }
    report(layout, "cold", stored, cold, workers);
  }

  [[nodiscard]] std::vector<InputRate> warm_rates(const std::string& path, const StoredFeatures& stored,
                                                  Workers& workers) {
    (void)read_rate(path);
    const std::unique_ptr<Dataset> data = agreed(world(), [&] { return open_dataset(path, TargetsWanted::optional); });
    InputLoop loop{*data, batch_, world(), workers};
    const auto gather = [&] { loop.gather_batch(); };
    for (Index batch = 0; batch < loop.batches(); ++batch) gather();
    Index calls = calls_for(flags_.seconds / warm_repetitions, world(), gather);
    // What is read by windows comes in bursts: only whole epochs are fair.
    if (data->read_pattern().block * data->read_pattern().window > 1)
      calls = std::max<Index>(1, calls / loop.batches()) * loop.batches();
    const auto batch_bytes = static_cast<std::size_t>(stored.row_bytes * loop.batch_size());
    CopyLoop copy{static_cast<std::size_t>(stored.row_bytes * stored.samples), batch_bytes, world(), workers};
    std::vector<InputRate> rates;
    for (int repetition = 0; repetition < warm_repetitions; ++repetition) {
      const double copying = collective_seconds(calls, world(), [&] { copy.copy_part(); });
      const double gathering = collective_seconds(calls, world(), gather);
      rates.push_back(rate(static_cast<double>(calls * loop.batch_size()), gathering, stored));
      rates.back().copy_bytes_per_second = static_cast<double>(calls) * static_cast<double>(batch_bytes) / copying;
      rates.back().read_bytes_per_second = read_rate(path);
    }
    return rates;
  }

  [[nodiscard]] InputRate cold_rate(const std::string& path, const std::string& layout, const StoredFeatures& stored,
                                    Workers& workers) {
    drop(path, layout);
    const double reading = read_rate(path);
    drop(path, layout);
    const std::unique_ptr<Dataset> data = agreed(world(), [&] { return open_dataset(path, TargetsWanted::optional); });
    InputLoop loop{*data, batch_, world(), workers};
    const double gathering = collective_seconds(loop.batches(), world(), [&] { loop.gather_batch(); });
    InputRate cold = rate(static_cast<double>(loop.batches() * loop.batch_size()), gathering, stored);
    cold.read_bytes_per_second = reading;
    return cold;
  }

  static InputRate rate(double samples, double seconds, const StoredFeatures& stored) {
    return {.samples_per_second = samples / seconds,
            .bytes_per_second = samples * static_cast<double>(stored.row_bytes) / seconds};
  }

  /// Bytes a second that rank 0 reads the file with; the same on all ranks.
  [[nodiscard]] double read_rate(const std::string& path) const {
    double rate = 0;
    on_first_rank(world(), [&] {
      const auto start = std::chrono::steady_clock::now();
      const std::uint64_t bytes = read_sequentially(path);
      rate =
          static_cast<double>(bytes) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    });
    return gather_each(rate, world()).front();
  }

  void drop(const std::string& path, const std::string& layout) {
    on_first_rank(world(), [&] {
      drop_from_page_cache(path);
      const bool noted = std::find(undropped_.begin(), undropped_.end(), layout) != undropped_.end();
      if (share_in_page_cache(path) > 0.1 && !noted) undropped_.push_back(layout);
    });
  }

  [[nodiscard]] std::string heading(const Workers& workers) const {
    return fmt::format("{} of {}, {} a batch\n{:>12} {:>6} {:>13} {:>9} {:>11} {:>9} {:>10} {:>16} {:>10} {:>9}",
                       counted(world().ranks(), "rank", "ranks"), counted(workers.threads(), "thread", "threads"),
                       counted(batch_, "sample", "samples"), "data set", "cache", "samples/s", "MB/s", "memcpy MB/s",
                       "read MB/s", "of memcpy", "least to most", "delivered", "of read");
  }

  void report(const std::string& layout, const std::string& cache, const StoredFeatures& stored,
              const std::vector<InputRate>& rates, const Workers& workers) {
    const auto median = [&](auto figure) { return spread_of(rates, figure).median; };
    const Spread of_copy = spread_of(rates, [](const InputRate& rate) { return rate.of_copy(); });
    const double samples_per_second = median([](const InputRate& rate) { return rate.samples_per_second; });
    const double bytes_per_second = median([](const InputRate& rate) { return rate.bytes_per_second; });
    const double copy = median([](const InputRate& rate) { return rate.copy_bytes_per_second; });
    const double read = median([](const InputRate& rate) { return rate.read_bytes_per_second; });
    const Spread of_read = spread_of(rates, [&](const InputRate& rate) {
      return rate.of_read(stored.file_bytes, static_cast<double>(stored.row_bytes * stored.samples));
    });
    nlohmann::ordered_json one{{"layout", layout},
                               {"cache", cache},
                               {"type", stored.type},
                               {"samples", stored.samples},
                               {"features", stored.features},
                               {"chunk_samples", stored.chunk_samples},
                               {"bytes", stored.row_bytes * stored.samples},
                               {"file_bytes", stored.file_bytes},
                               {"batch", batch_},
                               {"ranks", world().ranks()},
                               {"threads", workers.threads()},
                               {"samples_per_second", samples_per_second},
                               {"bytes_per_second", bytes_per_second},
                               {"read_file_bytes_per_second", read},
                               {"of_read", of_read.median},
                               {"of_read_least", of_read.least},
                               {"of_read_most", of_read.greatest},
                               {"repetitions", rates.size()}};
    if (copy > 0)
      one.update(
          {{"memcpy_bytes_per_second", copy},
           {"of_memcpy", of_copy.median},
           {"of_memcpy_least", of_copy.least},
           {"of_memcpy_most", of_copy.greatest},
           {"delivered_of_memcpy", median([&](const InputRate& rate) { return rate.delivered_of_copy(stored); })}});
    cases_.push_back(one);
    if (flags_.json) return;
    const std::string share = copy > 0 ? fmt::format("{:.0f} %", 100 * of_copy.median) : "";
    const std::string range =
        copy > 0 ? fmt::format("{:.0f} to {:.0f} %", 100 * of_copy.least, 100 * of_copy.greatest) : "";
    const std::string delivered = copy > 0 ? fmt::format("{:.0f} %", 100 * one.value("delivered_of_memcpy", 0.0)) : "";
    context_.console.out(fmt::format("{:>12} {:>6} {:>13} {:>9.0f} {:>11} {:>9.0f} {:>10} {:>16} {:>10} {:>7.0f} %",
                                     layout, cache, with_thousands(samples_per_second), bytes_per_second / 1e6,
                                     copy > 0 ? fmt::format("{:.0f}", copy / 1e6) : "", read / 1e6, share, range,
                                     delivered, 100 * of_read.median));
  }

  CommandContext& context_;
  std::string path_;
  BenchDataForm made_;
  Index batch_ = 1024;
  BenchFlags flags_;
  nlohmann::ordered_json cases_ = nlohmann::ordered_json::array();
  std::vector<std::string> undropped_;  ///< on rank 0
};

}  // namespace

void add_bench_input(CLI::App& bench, CommandContext& context) {
  CLI::App* command = bench.add_subcommand("input", "Samples from data sets against memcpy and a plain read");
  const auto input = std::make_shared<BenchInput>(*command, context);
  command->callback([input, &context] { context.run = [input] { return input->run(); }; });
}

}  // namespace lockstep
