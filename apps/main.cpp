// SPDX-License-Identifier: MIT
// The lockstep command: the only place that catches, and the only one that decides how a process ends.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "apps/agreement.hpp"
#include "apps/command.hpp"
#include "apps/command_line.hpp"
#include "apps/console.hpp"
#include "core/error.hpp"
#include "parallel/mpi_environment.hpp"

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

/// A fault of this rank alone: the others may be waiting for it, so it ends them too.
int leave(MpiEnvironment& mpi, int status) {
  if (mpi.started()) mpi.abort(status);
  return status;
}

int guarded_run(int argc, char** argv, MpiEnvironment& mpi, Console& console) {
  try {
    return run({argv + std::min(argc, 1), argv + argc}, mpi, console);
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
  try {
    lockstep::MpiEnvironment mpi{argc, argv};  // declared first, destroyed last
    lockstep::Console console{mpi.world().rank(), mpi.world().ranks()};
    return lockstep::guarded_run(argc, argv, mpi, console);
  } catch (const std::exception& failure) {
    // MPI did not start, so there is no rank to name and none to end.
    lockstep::Console{0, 1}.error(fmt::format("error: {}", failure.what()));
    return lockstep::exit_fault;
  }
}
