// SPDX-License-Identifier: MIT
#include "apps/versions.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/gemm.hpp"
#include "support/command.hpp"
#include "support/data_files.hpp"

namespace lockstep {
namespace {

using Strings = std::vector<std::string>;

TEST(BuildFacts, AreComparedFactByFact) {
  const Facts common{{"compiler", "g++ 12.2.0"}, {"oneTBB", "2021.8"}};
  const Facts other{{"compiler", "g++ 12.2.0"}, {"oneTBB", "2021.9"}};
  const Facts older{{"compiler", "g++ 11.4.0"}};
  const std::vector<RankFacts> ranks{{"a", common}, {"b", other}, {"b", other}, {"c", common}, {"c", older}};
  EXPECT_EQ(differences(ranks), (Strings{"compiler is g++ 11.4.0 on rank 4 (c), but g++ 12.2.0 on rank 0 (a)",
                                         "oneTBB is 2021.9 on ranks 1, 2 (b), but 2021.8 on rank 0 (a)",
                                         "oneTBB is unknown on rank 4 (c), but 2021.8 on rank 0 (a)"}));
  EXPECT_TRUE(differences(std::vector<RankFacts>{{"a", common}, {"c", common}}).empty());
}

TEST(RanksAndHosts, NameEachHostOnce) {
  const Strings hosts{"a", "a", "b", "b"};
  EXPECT_EQ(ranks_and_hosts(std::vector<int>{1}, hosts), "rank 1 (a)");
  EXPECT_EQ(ranks_and_hosts(std::vector<int>{2, 3}, hosts), "ranks 2, 3 (b)");
  EXPECT_EQ(ranks_and_hosts(std::vector<int>{0, 1, 3}, hosts), "ranks 0, 1 (a), 3 (b)");
}

class InstructionSets : public testing::Test {
 protected:
  void SetUp() override {
    if (!product_instruction_set()) GTEST_SKIP() << "Eigen multiplies here";
    if (*product_instruction_set() < InstructionSet::avx2) GTEST_SKIP() << "this processor has one choice only";
    test::write_blobs(folder_ / "train.h5", 97);
  }

  [[nodiscard]] Strings train(const std::string& run, const Strings& more = {}) const {
    Strings all{"train", "--train", folder_ / "train.h5", "--run", folder_ / run, "--epochs", "2", "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  TemporaryDirectory folder_;
};

TEST_F(InstructionSets, AreASettingOfTheRun) {
  ASSERT_EQ(test::run_lockstep(train("pinned", {"--isa", "avx2"})).status, 0);
  const auto again = test::run_lockstep(train("pinned", {"--isa", "avx"}));
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("isa was 'avx2'"), std::string::npos) << again.err;
}

TEST_F(InstructionSets, AreRefusedWhenOthersAreUsedAlready) {
  const std::string used{text_in(instruction_set_names, *product_instruction_set())};
  EXPECT_NO_THROW(use_instruction_set(*product_instruction_set()));
  try {
    use_instruction_set(InstructionSet::sse41);
    FAIL() << "products of this process have used more already";
  } catch (const RequestError& failure) {
    EXPECT_NE(std::string{failure.what()}.find("isa is sse41, but matrix products use " + used), std::string::npos)
        << failure.what();
  }
}

TEST_F(InstructionSets, ThatDifferBetweenRanksAreRefusedByName) {
  Strings command = test::mpirun_command(1, train("mixed"));
  command.insert(command.end() - static_cast<std::ptrdiff_t>(train("mixed").size()) - 1,
                 {"-x", "ONEDNN_MAX_CPU_ISA=AVX"});
  const Strings others = test::lockstep_command(train("mixed"));
  command.insert(command.end(), {":", "-n", "2"});
  command.insert(command.end(), others.begin(), others.end());
  const auto result = test::run_command(command);
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find(" on ranks 1, 2 ("), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("but avx on rank 0 ("), std::string::npos) << result.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "mixed"));
}

TEST(Slurm, TasksThatMpiDoesNotConnectAreRefused) {
  ::setenv("SLURM_STEP_NUM_TASKS", "4", 1);
  const auto result = test::run_lockstep({"doctor"});
  ::unsetenv("SLURM_STEP_NUM_TASKS");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("srun --mpi=pmix"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace lockstep
