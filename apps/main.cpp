// SPDX-License-Identifier: MIT
// The lockstep command: the only place that catches, and the only one that decides how a process ends.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "apps/agreement.hpp"
#include "apps/bus_error.hpp"
#include "apps/command.hpp"
#include "apps/command_line.hpp"
#include "apps/console.hpp"
#include "apps/stop_signal.hpp"
#include "apps/versions.hpp"
#include "core/error.hpp"
#include "parallel/mpi_environment.hpp"
#include "parallel/replica_check.hpp"

namespace lockstep {
namespace {

int run(std::vector<std::string> arguments, MpiEnvironment& mpi, Console& console) {
  const std::unique_ptr<CLI::App> root = make_root_command();
  CommandContext context{.console = console, .mpi = mpi, .run = {}};
  add_data_command(*root, context);
  add_train_command(*root, context);
  add_evaluate_command(*root, context);
  add_predict_command(*root, context);
  add_checkpoint_command(*root, context);
  add_doctor_command(*root, context);
  add_bench_command(*root, context);
  add_study_command(*root, context);
  try {
    if (!parse_command_line(*root, std::move(arguments), console)) return exit_done;
  } catch (const RequestError& failure) {
    throw AgreedError(failure.problems());  // all ranks were given the same command line
  }
  return context.run();
}

/// Of the ranks that are left the first speaks; another does when that one could not end all of them meanwhile.
void say_missing(const MissingRanksError& failure, const std::vector<std::string>& hosts, MpiEnvironment& mpi,
                 Console& console) {
  const std::vector<int>& missing = failure.ranks();
  int first_left = 0;
  while (std::find(missing.begin(), missing.end(), first_left) != missing.end()) ++first_left;
  if (mpi.world().rank() != first_left) std::this_thread::sleep_for(std::chrono::seconds{3});
  console.failure_here(
      {fmt::format("{}; missing: {}; all ranks end, and the same command goes on from the last checkpoint, if the run "
                   "has come to one",
                   failure.what(), hosts.empty() ? "unknown" : ranks_and_hosts(missing, hosts))},
      exit_fault);
}

/// A fault of this rank alone: the others may be waiting for it, so it ends them too.
int leave(MpiEnvironment& mpi, int status) {
  if (mpi.started()) mpi.abort(status);
  return status;
}

/// Nobody knows here whose fault it is: MPI's own start and end wait for other ranks and for the launcher.
void say_hanging(const char* what, int status) {
  Console{0, 1}.error(
      fmt::format("error: {} does not come to an end: other ranks are missing, or the launcher hangs; this rank ends "
                  "with status {}",
                  what, status));
}

int guarded_run(const std::vector<std::string>& arguments, MpiEnvironment& mpi, Console& console) {
  std::vector<std::string> hosts;
  mpi.hurry_when([] { return StopSignals::received() == "SIGTERM"; });
  try {
    hosts = require_same_facts(mpi.world(), build_facts());
    require_same_command(mpi.world(), arguments);
    const int status = run(arguments, mpi, console);
    mpi.leave();
    if (console.loss().empty() || status != exit_done) return status;
    console.error(fmt::format("error: standard output could not be written ({}): what was printed is incomplete",
                              console.loss()));
    return exit_fault;
  } catch (const MissingRanksError& failure) {
    say_missing(failure, hosts, mpi, console);
    return leave(mpi, exit_fault);
  } catch (const ReplicaError& failure) {
    return console.failure({fmt::format("{}; look at {}; the same command goes on from the last checkpoint, if the run "
                                        "has come to one",
                                        failure.what(), ranks_and_hosts(failure.ranks(), hosts))},
                           exit_fault);
  } catch (const AgreedError& failure) {
    return console.failure(failure.problems(), exit_wrong_request);
  } catch (const AgreedFault& failure) {
    return console.failure({failure.what()}, exit_fault);
  } catch (const RequestError& failure) {
    return leave(mpi, console.failure_here(failure.problems(), exit_wrong_request));
  } catch (const std::bad_alloc&) {
    return leave(mpi, console.failure_here(
                          {"out of memory; try a smaller network, batch or data set, or more ranks on other hosts"},
                          exit_fault));
  } catch (const std::exception& failure) {
    return leave(mpi, console.failure_here({failure.what()}, exit_fault));
  }
}

}  // namespace
}  // namespace lockstep

int main(int argc, char** argv) {
  // A reader that leaves early, as head does, must not end a run.
  std::signal(SIGPIPE, SIG_IGN);
  // Nor must a limit on the size of files leave half of one: the write fails, and is dealt with like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  lockstep::explain_bus_errors();
  const std::vector<std::string> arguments{argv + std::min(argc, 1), argv + argc};
  const bool json = lockstep::asks_for_json(arguments);
  lockstep::Console alone{0, 1};  // while MPI did not start, there is no rank to name and none to end
  if (json) alone.report_failures_as_json();
  try {
    lockstep::MpiEnvironment mpi{argc, argv, lockstep::say_hanging};
    lockstep::Console console{mpi.world().rank(), mpi.world().ranks()};
    if (json) console.report_failures_as_json();
    const int status = lockstep::guarded_run(arguments, mpi, console);
    mpi.ends_with(status);
    return status;
  } catch (const lockstep::RequestError& failure) {
    return alone.failure(failure.problems(), lockstep::exit_wrong_request);
  } catch (const std::exception& failure) {
    return alone.failure({failure.what()}, lockstep::exit_fault);
  }
}
