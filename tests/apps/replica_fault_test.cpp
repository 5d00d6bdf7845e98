// SPDX-License-Identifier: MIT
// A rank whose network or memory turns over a bit: the run ends, the step, the layer and the host are named, and the
// run goes on elsewhere to the hash that it would have had.
#include <unistd.h>

#include <array>
#include <regex>

#include "apps/train_runs.hpp"

namespace lockstep::test {
namespace {

class ReplicaFault : public TrainRuns {
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

TEST_F(ReplicaFault, EndsTheRunWithStepLayerAndHost) {
  const CommandResult result = run_with_fault(compared_in_every_step("faulty"));
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_TRUE(std::regex_search(
      result.err, std::regex{R"(error: in step [0-9]+, the parameters hidden1/(weights|bias) of rank 1 were not those )"
                             R"(of the other ranks: .*; look at rank 1 \()" +
                             host() + R"(\); the same command goes on from the last checkpoint)"}))
      << result.err;
}

TEST_F(ReplicaFault, IsToldAsJsonToo) {
  const CommandResult result = run_with_fault(compared_in_every_step("faulty", {"--json"}));
  const Json object = Json::parse(result.out);
  EXPECT_EQ(object.at("exit_status"), 1);
  EXPECT_NE(object.at("error").at(0).get<std::string>().find("of rank 1 were not those of the other ranks"),
            std::string::npos)
      << result.out;
}

TEST_F(ReplicaFault, LeavesCheckpointsFromWhichAHealthyMachineReachesTheSameBits) {
  ASSERT_EQ(run_with_fault(compared_in_every_step("faulty")).status, 1);
  const CommandResult healed = run_lockstep_on(2, compared_in_every_step("faulty"));
  ASSERT_EQ(healed.status, 0) << healed.err;
  EXPECT_NE(healed.err.find("going on"), std::string::npos) << "there was no checkpoint: " << healed.err;
  ASSERT_EQ(run_lockstep(compared_in_every_step("healthy")).status, 0);
  EXPECT_EQ(summary("faulty").at("weights_hash"), summary("healthy").at("weights_hash"));
}

}  // namespace
}  // namespace lockstep::test
