// SPDX-License-Identifier: MIT
// The lockstep command: the only place that catches, and the only one that decides how a process ends.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "apps/agreement.hpp"
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
  try {
    if (!parse_command_line(*root, std::move(arguments), console)) return exit_done;
  } catch (const RequestError& failure) {
    throw AgreedError(failure.problems());  // all ranks were given the same command line
  }
  return context.run();
}

std::string error_lines(const RequestError& failure) {
  return fmt::format("error: {}", fmt::join(failure.problems(), "\nerror: "));
}

/// Of the ranks that are left the first speaks; another does when that one could not end all of them meanwhile.
void say_missing(const MissingRanksError& failure, const std::vector<std::string>& hosts, MpiEnvironment& mpi,
                 Console& console) {
  const std::vector<int>& missing = failure.ranks();
  int first_left = 0;
  while (std::find(missing.begin(), missing.end(), first_left) != missing.end()) ++first_left;
  if (mpi.world().rank() != first_left) std::this_thread::sleep_for(std::chrono::seconds{3});
  console.error(
      fmt::format("error: {}; missing: {}; all ranks end, and the same command goes on from the last "
                  "checkpoint, if the run has come to one",
                  failure.what(), hosts.empty() ? "unknown" : ranks_and_hosts(missing, hosts)));
}

/// A fault of this rank alone: the others may be waiting for it, so it ends them too.
int leave(MpiEnvironment& mpi, int status) {
  if (mpi.started()) mpi.abort(status);
  return status;
}

void say_hanging(const char* what) {
  Console{0, 1}.error(fmt::format("error: {} does not come to an end: other ranks are missing; all ranks end", what));
}

int guarded_run(int argc, char** argv, MpiEnvironment& mpi, Console& console) {
  std::vector<std::string> hosts;
  mpi.hurry_when([] { return StopSignals::received() == "SIGTERM"; });
  try {
    hosts = require_same_facts(mpi.world(), build_facts());
    const int status = run({argv + std::min(argc, 1), argv + argc}, mpi, console);
    mpi.leave();
    if (console.loss().empty() || status != exit_done) return status;
    console.error(fmt::format("error: standard output could not be written ({}): what was printed is incomplete",
                              console.loss()));
    return exit_fault;
  } catch (const MissingRanksError& failure) {
    say_missing(failure, hosts, mpi, console);
    return leave(mpi, exit_fault);
  } catch (const ReplicaError& failure) {
    console.note(
        fmt::format("error: {}; look at {}; the same command goes on from the last checkpoint, if the run has "
                    "come to one",
                    failure.what(), ranks_and_hosts(failure.ranks(), hosts)));
    return exit_fault;
  } catch (const AgreedError& failure) {
    console.note(error_lines(failure));
    return exit_wrong_request;
  } catch (const AgreedFault& failure) {
    console.note(fmt::format("error: {}", failure.what()));
    return exit_fault;
  } catch (const RequestError& failure) {
    console.error(error_lines(failure));
    return leave(mpi, exit_wrong_request);
  } catch (const std::bad_alloc&) {
    console.error("error: out of memory; try a smaller network, batch or data set, or more ranks on other hosts");
    return leave(mpi, exit_fault);
  } catch (const std::exception& failure) {
    console.error(fmt::format("error: {}", failure.what()));
    return leave(mpi, exit_fault);
  }
}

}  // namespace
}  // namespace lockstep

int main(int argc, char** argv) {
  // A reader that leaves early, as head does, must not end a run.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    lockstep::MpiEnvironment mpi{argc, argv, lockstep::say_hanging};  // declared first, destroyed last
    lockstep::Console console{mpi.world().rank(), mpi.world().ranks()};
    return lockstep::guarded_run(argc, argv, mpi, console);
  } catch (const lockstep::RequestError& failure) {
    lockstep::Console{0, 1}.error(lockstep::error_lines(failure));
    return lockstep::exit_wrong_request;
  } catch (const std::exception& failure) {
    // MPI did not start, so there is no rank to name and none to end.
    lockstep::Console{0, 1}.error(fmt::format("error: {}", failure.what()));
    return lockstep::exit_fault;
  }
}
