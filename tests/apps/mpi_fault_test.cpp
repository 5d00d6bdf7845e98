// SPDX-License-Identifier: MIT
// Faults of a host or of the launcher: a run whose rank receives wrong bits ends, with the step, the layer and the host
// named, and goes on elsewhere to the same hash; an MPI that hangs at its end takes no result away.
#include <unistd.h>

#include <array>
#include <regex>

#include "apps/train_runs.hpp"

namespace lockstep::test {
namespace {

class MpiFault : public TrainRuns {
 protected:
  [[nodiscard]] Arguments compared_in_every_step(const std::string& run, const Arguments& more = {}) const {
    return overridden(train({"--hidden", "131,61", "--compare-every", "1", "--checkpoint-every", "2"}, run), more);
  }

  /// On three ranks, of which rank 1 receives wrong bits from some step on.
  [[nodiscard]] static CommandResult run_with_fault(const Arguments& arguments) {
    Arguments command{"env", "LD_PRELOAD=" LOCKSTEP_MPI_FAULT_SHIM, "MPI_FAULT_RANK=1", "MPI_FAULT_AFTER=41"};
    for (const std::string& argument : mpirun_command(3, arguments)) command.push_back(argument);
    return run_command(command);
  }

  static std::string host() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
  }
};

TEST_F(MpiFault, OfOneRankEndsTheRunWithStepLayerAndHost) {
  const CommandResult result = run_with_fault(compared_in_every_step("faulty"));
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_TRUE(std::regex_search(
      result.err, std::regex{R"(error: in step [0-9]+, the parameters hidden1/(weights|bias) of rank 1 were not those )"
                             R"(of the other ranks: .*; look at rank 1 \()" +
                             host() + R"(\); the same command goes on from the last checkpoint)"}))
      << result.err;
}

TEST_F(MpiFault, OfOneRankIsToldAsJsonToo) {
  const CommandResult result = run_with_fault(compared_in_every_step("faulty", {"--json"}));
  const Json object = Json::parse(result.out);
  EXPECT_EQ(object.at("exit_status"), 1);
  EXPECT_NE(object.at("error").at(0).get<std::string>().find("of rank 1 were not those of the other ranks"),
            std::string::npos)
      << result.out;
}

TEST_F(MpiFault, OfOneRankLeavesCheckpointsFromWhichAHealthyMachineReachesTheSameBits) {
  ASSERT_EQ(run_with_fault(compared_in_every_step("faulty")).status, 1);
  const CommandResult healed = run_lockstep_on(2, compared_in_every_step("faulty"));
  ASSERT_EQ(healed.status, 0) << healed.err;
  EXPECT_NE(healed.err.find("going on"), std::string::npos) << "there was no checkpoint: " << healed.err;
  ASSERT_EQ(run_lockstep(compared_in_every_step("healthy")).status, 0);
  EXPECT_EQ(summary("faulty").at("weights_hash"), summary("healthy").at("weights_hash"));
}

TEST_F(MpiFault, AtTheEndDoesNotTakeTheResultAway) {
  Arguments command{"env", "LD_PRELOAD=" LOCKSTEP_MPI_FAULT_SHIM, "MPI_FAULT_AT_END=1"};
  for (const std::string& argument : mpirun_command(2, train({"--timeout", "2"}))) command.push_back(argument);
  const CommandResult result = run_command(command);
  EXPECT_NE(
      result.err.find("error: ending MPI does not come to an end: other ranks are missing, or the launcher hangs; "
                      "this rank ends with status 0"),
      std::string::npos)
      << result.err;
  EXPECT_EQ(summary().at("epochs"), 5);
}

}  // namespace
}  // namespace lockstep::test
