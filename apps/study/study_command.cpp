// SPDX-License-Identifier: MIT
// lockstep study
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <numeric>

#include "apps/agreement.hpp"
#include "apps/command.hpp"
#include "apps/json_text.hpp"
#include "apps/run_directory.hpp"
#include "apps/setting_flags.hpp"
#include "apps/stop_signal.hpp"
#include "apps/study/grid_runner.hpp"
#include "apps/study/grid_time.hpp"
#include "apps/study/report_page.hpp"
#include "apps/study/study_kind.hpp"
#include "apps/study/study_report.hpp"
#include "apps/table.hpp"
#include "apps/train_flags.hpp"
#include "parallel/step_benchmark.hpp"

namespace lockstep {
namespace {

/// Beyond these somebody should mean it.
constexpr std::size_t many_runs = 500;
constexpr double long_seconds = 3600;
/// Whole steps reach about this share of the peak.
constexpr double share_of_peak = 0.5;
/// Each rank's peak is the best of so many short measurements: other programs only lower it, and a short one fits
/// between them.
constexpr int peak_repetitions = 50;
constexpr double peak_seconds = 0.002;  ///< of each

std::string duration(double seconds) {
  if (seconds < 1.5) return "1 second";
  if (seconds < 90) return fmt::format("{:.0f} seconds", seconds);
  if (seconds < 5400) return fmt::format("{:.0f} minutes", seconds / 60);
  return fmt::format("{:.1f} hours", seconds / 3600);
}

/// How the ranks are used.
struct GroupShape {
  int groups = 1;   ///< that all ranks are split into
  int threads = 1;  ///< of this rank
};

class StudyCommand {
 public:
  StudyCommand(CLI::App& command, CommandContext& context, StudyKind kind) : context_{context}, kind_{std::move(kind)} {
    command.add_option("--config", config_path_, "Settings of the runs as TOML, and in [study] those of the grid")
        ->type_name("STUDY.toml");
    command.add_option("--train", train_, "Training data, made by 'lockstep data'")->type_name("PATH");
    command.add_option("--test", test_, "Test data")->type_name("PATH");
    command.add_option("--out", out_, "Where everything goes; the same command again goes on there")
        ->type_name("DIR")
        ->required();
    command.add_flag("--quick", quick_, "A small grid, to see how it works");
    command.add_option("--groups", groups_, "Groups of ranks that train side by side; 0: one for each rank")
        ->type_name("COUNT")
        ->check(CLI::Range(0, 1 << 20))
        ->capture_default_str();
    command.add_flag("--yes", yes_, "Do not ask before a study of many runs or hours");
    options_.add(command, {.name = "seeds",
                           .type = "COUNT",
                           .usual = "5",
                           .quick = "2",
                           .help = "Seeds of each cell of the grid: --seed and those that follow"});
    options_.add(command, {.name = "test-share",
                           .type = "SHARE",
                           .usual = "0",
                           .quick = "0",
                           .help = "Above 0: no --test, but another random part of the data for each seed"});
    for (const StudyOption& option : kind_.options) options_.add(command, option);
    add_json_flag(command, json_);
    settings_ = std::make_unique<SettingFlags>(command);
    command.footer(
        kind_.footer +
        "\n\nEvery run lies in DIR/runs as a normal run directory. The same command again makes what is missing;\n"
        "with more seeds or another grid it adds to what is there.\n\n"
        "Exit status: 0 done, also when runs diverged; 2 the request is wrong; 75 stopped by a signal, the same\n"
        "command goes on; 1 any other fault.");
  }

  int run();

 private:
  [[nodiscard]] StudyBase understood(std::vector<std::string>& problems);
  [[nodiscard]] std::vector<std::uint64_t> seeds(const TrainConfig& config, std::vector<std::string>& problems) const;
  void confirm(const Study& study, const std::vector<StudyPoint>& points, const StudyGrid& grid,
               const GroupShape& shape) const;
  int conclude(const Study& study, const StudyResults& results, const StudyGrid& grid) const;
  [[nodiscard]] std::string answer() const;

  [[nodiscard]] Communicator& world() const { return context_.mpi.world(); }
  [[nodiscard]] RunPlace place() const {
    return {.communicator = world(), .console = context_.console, .mpi = context_.mpi};
  }

  CommandContext& context_;
  StudyKind kind_;
  std::string config_path_;
  std::string train_;
  std::string test_;
  std::string out_;
  bool quick_ = false;
  bool yes_ = false;
  bool json_ = false;
  int groups_ = 0;
  StudyOptions options_;
  std::unique_ptr<SettingFlags> settings_;
};

StudyBase StudyCommand::understood(std::vector<std::string>& problems) {
  StudyBase base;
  SectionTexts section;
  base.request.config.keep = 1;  // a study has many runs
  if (!config_path_.empty()) read_settings_file(config_path_, world(), base.request, problems, &section);
  options_.settle(section, quick_, problems);
  if (!train_.empty()) base.request.train = train_;
  if (!test_.empty()) base.request.test = test_;
  settings_->apply(base.request.config, problems);
  base.test_share = options_.number("test-share", problems);
  if (base.test_share < 0 || base.test_share >= 1)
    problems.push_back(fmt::format("--test-share is {}; it must be at least 0 and below 1", base.test_share));
  if (base.test_share > 0 && !base.request.test.empty())
    problems.emplace_back("--test-share draws test data from the training data; give no --test then");
  if (base.request.train.empty()) problems.emplace_back("no training data: give --train A.h5");
  if (!base.request.init_from.empty()) problems.emplace_back("runs of a study begin anew; leave init-from out");
  if (groups_ > world().ranks())
    problems.push_back(fmt::format("--groups {} are more than {}; give at most as many groups as ranks", groups_,
                                   counted(world().ranks(), "rank", "ranks")));
  return base;
}

std::vector<std::uint64_t> StudyCommand::seeds(const TrainConfig& config, std::vector<std::string>& problems) const {
  const Index count = options_.count("seeds", problems);
  constexpr Index most_seeds = 10'000;
  if (count < 1 || count > most_seeds) {
    problems.push_back(fmt::format("--seeds is {}; it must be from 1 to {}", count, most_seeds));
    return {};
  }
  std::vector<std::uint64_t> seeds;
  for (Index i = 0; i < count; ++i) seeds.push_back(config.seed + static_cast<std::uint64_t>(i));
  return seeds;
}

/// What a person says; "" where nobody can be asked. Rank 0's, on all ranks.
std::string StudyCommand::answer() const {
  std::string line;
  if (context_.console.interactive() && ::isatty(STDIN_FILENO) != 0) {
    context_.console.note("Go on? [y/N]");
    std::getline(std::cin, line);
  }
  return text_of_first(world(), line);
}

/// Says how much it will be; has it confirmed when that is a lot.
void StudyCommand::confirm(const Study& study, const std::vector<StudyPoint>& points, const StudyGrid& grid,
                           const GroupShape& shape) const {
  Workers workers{shape.threads};
  SerialCommunicator alone;
  double own = 0;
  for (int i = 0; i < peak_repetitions; ++i) own = std::max(own, measure_peak(peak_seconds, alone, workers));
  const std::vector<double> peaks = gather_each(own, world());
  const double peak = std::accumulate(peaks.begin(), peaks.end(), 0.0);
  std::vector<double> each;  // run on one group
  for (const StudyPoint& point : points)
    each.push_back(work_of(point.request, grid.info()).seconds(share_of_peak * peak / shape.groups));
  double seconds = seconds_side_by_side(each, shape.groups);
  const std::size_t most = std::max(study.most_runs(), points.size());
  seconds *= static_cast<double>(most) / static_cast<double>(std::max<std::size_t>(1, points.size()));
  const std::string size =
      fmt::format("{} runs, about {} on this machine when nothing is there yet", most, duration(seconds));
  context_.console.note(fmt::format("study {}: {}", kind_.name, size));
  const bool large = text_of_first(world(), most > many_runs || seconds > long_seconds ? "large" : "") == "large";
  if (!large || yes_) return;
  const std::string said = answer();
  if (said == "y" || said == "Y" || said == "yes") return;
  throw AgreedError(
      fmt::format("{}: that is a lot, and nothing was begun; add --yes to mean it, or give fewer values, "
                  "fewer --seeds or --quick",
                  size));
}

int StudyCommand::conclude(const Study& study, const StudyResults& results, const StudyGrid& grid) const {
  on_first_rank(world(), [&] {
    const StudyDirectory directory{out_};
    const Report report = study.report(results, directory);
    const std::string missing =
        write_report(report, results, directory,
                     {.study = kind_.name, .base = grid.base(), .data = grid.info(), .options = options_.texts()});
    context_.console.out(report_text(report));
    std::size_t diverged = 0;
    for (const auto& [name, record] : results.records()) diverged += record.diverged ? 1 : 0;
    context_.console.out(listing({{"runs", fmt::format("{}, {} diverged", results.records().size(), diverged)},
                                  {"report", directory.file("report.html")},
                                  {"results", directory.file("results.csv") + ", results.json, times.csv"},
                                  {"plots", directory.file("plots") + " (SVG, PNG, data and gnuplot scripts)"}}));
    if (!missing.empty()) context_.console.note("note: " + missing);
    if (json_)
      context_.console.json(json_text({{"study", kind_.name},
                                       {"out", out_},
                                       {"runs", results.records().size()},
                                       {"diverged", diverged},
                                       {"report", directory.file("report.html")},
                                       {"results", directory.file("results.json")}}));
  });
  return exit_done;
}

int StudyCommand::run() {
  if (json_) context_.console.reserve_output_for_json();
  std::vector<std::string> problems;
  StudyBase base = understood(problems);
  context_.mpi.set_timeout(base.request.config.timeout);
  const StudyDirectory directory{out_};
  // Data and settings first: they say what is wrong with both at once.
  agree_on_problems(world(), problems);
  StudyGrid grid{std::move(base), directory, place()};
  TrainConfig config = resolved(grid.base().request.config, grid.info().task);
  const int threads = placed_threads(config, grid.info(), place());
  const StudySetting setting{.data = grid.info(),
                             .config = config,
                             .seeds = seeds(config, problems),
                             .tested = !grid.base().request.test.empty() || grid.base().test_share > 0,
                             .training_samples = grid.training_samples(),
                             .steps = static_cast<Index>(grid.work_of_base().steps),
                             .world = world(),
                             .threads = threads};
  const std::unique_ptr<Study> study = kind_.make(options_, setting, problems);
  agree_on_problems(world(), problems);

  StudyResults results;
  std::vector<WantedPoint> wanted = study->wanted(results);
  const int groups = groups_ > 0 ? groups_ : usual_groups(world().ranks(), wanted.size());
  grid.share_among((world().ranks() + groups - 1) / groups);
  std::optional<RunLock> lock;
  bool claimed = false;
  const auto claim = [&] {
    if (claimed) return;
    claimed = true;
    on_first_rank(world(), [&] {
      directory.claim(grid.identity(kind_.name));
      lock.emplace(RunDirectory{out_}, "--out");
    });
  };
  if (grid.base().test_share > 0) claim();  // splits of the data are made there
  std::vector<StudyPoint> points = grid.points(wanted);
  confirm(*study, points, grid, {.groups = groups, .threads = threads});
  claim();
  const int number = group_of(world().rank(), world().ranks(), groups);
  const GridRunner runner{*study,
                          grid,
                          directory,
                          {.mpi = context_.mpi,
                           .console = context_.console,
                           .group = context_.mpi.group(number),
                           .number = number,
                           .groups = groups,
                           .threads = threads}};
  const StopSignals signals;
  for (std::size_t known = 0;; known = results.records().size()) {
    if (!runner.run(points, results)) {
      context_.console.note(
          fmt::format("stopped by {}; the same command goes on in {}", stopped_by(context_.mpi.started()), out_));
      if (json_)
        context_.console.json(json_text({{"status", "interrupted"},
                                         {"signal", StopSignals::received()},
                                         {"out", out_},
                                         {"runs", results.records().size()}}));
      return exit_interrupted;
    }
    if (results.records().size() == known) break;
    points = grid.points(study->wanted(results));
  }
  study->measure_machine(world(), threads);
  return conclude(*study, results, grid);
}

void add_study(CLI::App& parent, CommandContext& context, StudyKind kind) {
  CLI::App* command = parent.add_subcommand(kind.name, kind.description);
  const auto study = std::make_shared<StudyCommand>(*command, context, std::move(kind));
  command->callback([study, &context] { context.run = [study] { return study->run(); }; });
}

}  // namespace

void add_study_command(CLI::App& root, CommandContext& context) {
  CLI::App* study = root.add_subcommand("study", "Train a whole grid of runs, and make tables and pictures of it");
  study->require_subcommand(1);
  study->footer(
      "Examples:\n"
      "  lockstep study dropout --quick --train train.h5 --test test.h5 --out studies/dropout\n"
      "  mpirun -n 2 --bind-to none lockstep study dropout --quick --train train.h5 --test test.h5 \\\n"
      "    --out studies/dropout --threads 1     the same bits, two runs side by side");
  add_study(*study, context, batch_size_study());
  add_study(*study, context, dropout_study());
}

}  // namespace lockstep
