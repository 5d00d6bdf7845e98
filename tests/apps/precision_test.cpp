// SPDX-License-Identifier: MIT
// Whole commands with --precision bf16, and their refusal where there is none.
#include "apps/train_runs.hpp"
#include "core/bf16_product.hpp"

namespace lockstep::test {
namespace {

class PrecisionOfRuns : public TrainRuns {
 protected:
  void expect_refused(const Arguments& arguments, const std::vector<std::string>& words) const {
    for (const int ranks : {1, 2}) {
      const CommandResult result = run_lockstep_on(ranks, arguments);
      EXPECT_EQ(result.status, 2) << result.err;
      for (const std::string& word : words)
        EXPECT_NE(result.err.find(word), std::string::npos) << word << " in " << result.err;
      EXPECT_FALSE(fs::exists(run_path()));
    }
  }
};

class Bf16Runs : public PrecisionOfRuns {
 protected:
  void SetUp() override {
    if (!bf16_instruction_set()) GTEST_SKIP() << bf16_problem();
  }
  [[nodiscard]] Arguments bf16(const Arguments& more = {}, const std::string& run = "run") const {
    return train(overridden({"--precision", "bf16"}, more), run);
  }
};

TEST_F(PrecisionOfRuns, IsRefusedWithInstructionsThatHaveNoBf16) {
  for (const char* isa : {"sse41", "avx2", "avx512"})
    expect_refused(train({"--precision", "bf16", "--isa", isa}),
                   {std::string{"precision is bf16, but isa is "} + isa, "take precision float32"});
}

TEST_F(PrecisionOfRuns, IsAskedForWithInstructionsThatOnlyBf16Reads) {
  expect_refused(train({"--isa", "amx"}), {"isa is amx", "take precision bf16"});
}

TEST_F(PrecisionOfRuns, NamesWhatIsKnown) {
  expect_refused(train({"--precision", "bf61"}), {"unknown precision 'bf61'", "did you mean 'bf16'"});
}

TEST_F(PrecisionOfRuns, OfTheExchangeGivesTheSameBitsOnAnyShapeAndSurvivesAnInterruption) {
  const Arguments bf16{"--exchange", "bf16", "--checkpoint-every", "3"};
  ASSERT_EQ(run_lockstep(train(bf16)).status, 0);
  ASSERT_EQ(run_lockstep_on(3, train(overridden(bf16, {"--threads", "2"}), "wide")).status, 0);
  ASSERT_EQ(run_lockstep(train({}, "floats")).status, 0);
  EXPECT_EQ(summary("wide").at("weights_hash"), summary().at("weights_hash"));
  EXPECT_NE(summary("floats").at("weights_hash"), summary().at("weights_hash"));
  // The newest checkpoint is lost; the run goes on from the one before.
  std::vector<std::string> checkpoints;
  for (const auto& entry : fs::directory_iterator(runs_ / "wide/checkpoints"))
    checkpoints.push_back(entry.path().string());
  ASSERT_GT(checkpoints.size(), 1U);
  fs::remove(*std::max_element(checkpoints.begin(), checkpoints.end()));
  fs::remove(runs_ / "wide/summary.json");
  const CommandResult again = run_lockstep_on(2, train(bf16, "wide"));
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(summary("wide").at("weights_hash"), summary().at("weights_hash"));
}

TEST_F(PrecisionOfRuns, OfTheExchangeIsKept) {
  ASSERT_EQ(run_lockstep(train({"--exchange", "bf16"})).status, 0);
  const CommandResult again = run_lockstep(train());
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("exchange was 'bf16'"), std::string::npos) << again.err;
}

TEST_F(PrecisionOfRuns, IsRefusedWhereTheProcessorHasNoBf16) {
  if (bf16_instruction_set()) GTEST_SKIP() << "this processor has products in bfloat16";
  expect_refused(train({"--precision", "bf16"}), {"precision is bf16, but"});
  expect_refused({"bench", "step", "--precision", "bf16", "--seconds", "0.01"}, {"precision is bf16, but"});
}

TEST_F(Bf16Runs, GiveTheSameBitsOnAnyShapeAndOthersThanFloats) {
  ASSERT_EQ(run_lockstep(bf16()).status, 0);
  ASSERT_EQ(run_lockstep_on(3, bf16({"--threads", "2"}, "wide")).status, 0);
  ASSERT_EQ(run_lockstep(train({}, "floats")).status, 0);
  EXPECT_EQ(summary("wide").at("weights_hash"), summary().at("weights_hash"));
  EXPECT_EQ(summary("wide").at("test_loss"), summary().at("test_loss"));
  EXPECT_NE(summary("floats").at("weights_hash"), summary().at("weights_hash"));
}

TEST_F(Bf16Runs, KeepTheirPrecisionAndInstructions) {
  ASSERT_EQ(run_lockstep(bf16()).status, 0);
  const std::string isa{text_in(instruction_set_names, *bf16_instruction_set())};
  const std::string settings = text_of(run_path() + "/config.toml");
  EXPECT_NE(settings.find("precision = \"bf16\""), std::string::npos) << settings;
  EXPECT_NE(settings.find("isa = \"" + isa + '"'), std::string::npos) << settings;
  const CommandResult again = run_lockstep(train());
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("precision was 'bf16'"), std::string::npos) << again.err;
  const CommandResult repeated =
      run_lockstep({"train", "--config", run_path() + "/config.toml", "--train", in_folder("train.h5"), "--run",
                    runs_ / "repeated", "--expect-hash", summary().at("weights_hash").get<std::string>()});
  EXPECT_EQ(repeated.status, 0) << repeated.err;
}

TEST_F(Bf16Runs, AreEvaluatedInFloatsAnywhere) {
  ASSERT_EQ(run_lockstep(bf16()).status, 0);
  const CommandResult result =
      run_lockstep({"evaluate", run_path(), in_folder("test.h5"), "--isa", "avx2", "--json", "--threads", "1"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NEAR(Json::parse(result.out).at("loss").get<double>(), summary().at("test_loss").get<double>(), 1e-5);
}

TEST_F(Bf16Runs, AreMeasured) {
  const CommandResult result = run_lockstep({"bench", "step", "--net", "13-7-3", "--batch", "37", "--precision", "bf16",
                                             "--seconds", "0.01", "--threads", "1", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json one = Json::parse(result.out).at("cases").at(0);
  EXPECT_EQ(one.at("precision"), "bf16");
  EXPECT_GT(one.at("samples_per_second").get<double>(), 0);
}

TEST(Doctor, SaysWhatMultipliesBf16) {
  const CommandResult result = run_lockstep({"doctor", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const std::optional<InstructionSet> used = bf16_instruction_set();
  EXPECT_EQ(Json::parse(result.out).at("versions").at("instructions of products in bf16"),
            used ? text_in(instruction_set_names, *used) : "none");
}

}  // namespace
}  // namespace lockstep::test
