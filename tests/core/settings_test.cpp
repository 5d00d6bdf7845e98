// SPDX-License-Identifier: MIT
#include "core/settings.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <set>

#include "core/error.hpp"

namespace lockstep {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// A text other than the default's for every setting.
std::string other_text(const Setting& setting) {
  if (setting.name == "hidden") return "300,100,7";
  if (setting.name == "standardize") return "targets";
  if (setting.kind == SettingKind::boolean) return "false";
  if (setting.kind == SettingKind::integer) return "12345678901";
  if (setting.kind == SettingKind::real) return "0.30000000000000004";
  return std::string{setting.values.substr(setting.values.rfind('|') + 1)} == setting.get(TrainConfig{})
             ? std::string{setting.values.substr(0, setting.values.find('|'))}
             : std::string{setting.values.substr(setting.values.rfind('|') + 1)};
}

std::string error_of(std::string_view name, std::string_view text) {
  TrainConfig config;
  try {
    find_setting(name)->set(config, text);
  } catch (const RequestError& error) {
    EXPECT_EQ(config, TrainConfig{}) << name << " changed although it was refused";
    return error.what();
  }
  return "";
}

TEST(Settings, HaveOneEntryForEachMemberOfTheConfiguration) {
  // Does not compile when TrainConfig gains a member: name it here and in the table.
  [[maybe_unused]] const auto& [hidden, activation, output, initializer, dropout, input_dropout, loss, l1, l2,
                                weight_decay, max_norm, clip_norm, optimizer, learning_rate, momentum, decay_rate,
                                beta1, beta2, epsilon, schedule, warmup, schedule_period, schedule_factor, final_rate,
                                batch_size, shard_size, epochs, steps, seed, shuffle, train_samples, validation,
                                patience, target_loss, target_error, target_of, noise_scale, standardize, precision,
                                exchange, isa, threads, checkpoint_every, compare_every, keep, timeout] = TrainConfig{};
  EXPECT_EQ(settings().size(), 46U);
  std::set<std::string_view> names;
  for (const Setting& setting : settings()) {
    names.insert(setting.name);
    EXPECT_EQ(find_setting(setting.name), &setting);
    EXPECT_FALSE(setting.help.empty() || setting.values.empty() || setting.group.empty()) << setting.name;
    EXPECT_EQ(setting.help.back(), '.') << setting.name;
  }
  EXPECT_EQ(names.size(), settings().size());
  EXPECT_EQ(find_setting("hiden"), nullptr);
}

TEST(Settings, EachChangesItsOwnMemberAndReadsBack) {
  TrainConfig all_changed;
  for (const Setting& setting : settings()) {
    TrainConfig config;
    setting.set(config, other_text(setting));
    EXPECT_NE(config, TrainConfig{}) << setting.name;
    EXPECT_EQ(setting.get(config), other_text(setting)) << setting.name;
    for (const Setting& other : settings()) {
      if (&other == &setting) continue;
      EXPECT_EQ(other.get(config), other.get(TrainConfig{})) << setting.name << " changed " << other.name;
    }
    setting.set(config, setting.get(TrainConfig{}));
    EXPECT_EQ(config, TrainConfig{}) << setting.name;
    setting.set(all_changed, other_text(setting));
  }
  TrainConfig copy;
  for (const Setting& setting : settings()) setting.set(copy, setting.get(all_changed));
  EXPECT_EQ(copy, all_changed);
}

TEST(Settings, NumbersReadBackToTheBit) {
  const Setting& rate = *find_setting("learning-rate");
  for (const double value : {0.1, 1.0 / 3, 1e-300, 123456789.123456789, 5e-324, 1e22, 0.1 + 0.2}) {
    TrainConfig config{.learning_rate = value};
    TrainConfig copy;
    rate.set(copy, rate.get(config));
    EXPECT_EQ(copy.learning_rate, config.learning_rate) << rate.get(config);
  }
}

TEST(Settings, OpenOnesAreWrittenAsAuto) {
  for (const std::string_view name : {"output", "initializer", "loss", "learning-rate", "standardize"}) {
    EXPECT_EQ(find_setting(name)->get(TrainConfig{}), "auto") << name;
    TrainConfig config;
    find_setting(name)->set(config, "auto");
    EXPECT_EQ(config, TrainConfig{}) << name;
  }
}

TEST(Settings, EmptyTextIsTheLinearModel) {
  TrainConfig config;
  find_setting("hidden")->set(config, "");
  EXPECT_TRUE(config.hidden.empty());
  EXPECT_EQ(find_setting("hidden")->get(config), "");
  find_setting("hidden")->set(config, " 5, 7 ");
  EXPECT_EQ(config.hidden, (std::vector<Index>{5, 7}));
}

TEST(Settings, RefuseTextsThatAreNotTheirValues) {
  EXPECT_EQ(error_of("batch-size", "1.5"), "batch-size: '1.5' is not a whole number, like 128");
  EXPECT_EQ(error_of("learning-rate", "fast"), "learning-rate: 'fast' is not a finite number, like 0.001 or 1e-3");
  EXPECT_EQ(error_of("shuffle", "perhaps"), "shuffle: 'perhaps' is neither true nor false");
  EXPECT_NE(error_of("hidden", "512,,7").find("a whole number in a list like 512,256"), std::string::npos);
  EXPECT_NE(error_of("hidden", "512,").find("a list like 512,256"), std::string::npos);
  EXPECT_NE(error_of("seed", "-1").find("from 0 up"), std::string::npos);
  EXPECT_NE(error_of("epochs", "99999999999999999999").find("does not fit"), std::string::npos);
  EXPECT_NE(error_of("activation", "rleu").find("did you mean 'relu'?"), std::string::npos);
  EXPECT_NE(error_of("standardize", "feature").find("did you mean 'features'?"), std::string::npos);
  for (const std::string_view text : {"nan", "inf", "-inf", "1e999", "0.1x", "", "0x1p3"})
    EXPECT_NE(error_of("dropout", text), "") << text;
}

TEST(Settings, OnlyThoseOfTheMachineLeaveTheResultAlone) {
  for (const Setting& setting : settings())
    EXPECT_EQ(setting.affects_result, setting.group != "Machine") << setting.name;
  for (const std::string_view name : {"threads", "checkpoint-every", "compare-every", "keep", "timeout"})
    EXPECT_FALSE(find_setting(name)->affects_result) << name;
}

/// The one problem of the default configuration after a change.
std::string problem_after(const std::function<void(TrainConfig&)>& change) {
  TrainConfig config;
  change(config);
  const std::vector<std::string> found = problems(config);
  EXPECT_LE(found.size(), 1U) << found[1];
  return found.empty() ? "" : found.front();
}

TEST(SettingsProblems, AreNoneForTheDefaultsAndEveryOptimizer) {
  EXPECT_TRUE(problems(TrainConfig{}).empty());
  EXPECT_TRUE(problems({.hidden = {}, .dropout = 0, .validation = 0.1, .patience = 3}).empty());
  EXPECT_TRUE(problems({.dropout = 0.5, .steps = 10, .validation = 5000}).empty());
}

TEST(SettingsProblems, NameTheSettingItsValueAndItsRule) {
  EXPECT_EQ(problem_after([](TrainConfig& c) { c.dropout = 1; }), "dropout is 1; it must be at least 0 and below 1");
  EXPECT_EQ(problem_after([](TrainConfig& c) { c.batch_size = 0; }), "batch-size is 0; it must be at least 1");
  EXPECT_EQ(problem_after([](TrainConfig& c) { c.learning_rate = 0; }),
            "learning-rate is 0; it must be a positive, finite number");
  EXPECT_NE(problem_after([](TrainConfig& c) {
              c.hidden = {5, 0, 3};
            }).find("hidden layer 2 has 0 units"),
            std::string::npos);
  EXPECT_NE(problem_after([](TrainConfig& c) { c.patience = 3; }).find("set validation"), std::string::npos);
  EXPECT_NE(problem_after([](TrainConfig& c) { c.warmup = 11, c.steps = 10; }).find("warmup takes 11 steps"),
            std::string::npos);
}

TEST(SettingsProblems, SayWhyAStepCannotBeTrained) {
  for (const Activation flat : {Activation::step, Activation::sign}) {
    const std::string hidden = problem_after([&](TrainConfig& c) { c.activation = flat; });
    EXPECT_NE(hidden.find("its slope is 0"), std::string::npos) << hidden;
    EXPECT_NE(hidden.find("use logistic or tanh"), std::string::npos) << hidden;
    const std::string output = problem_after([&](TrainConfig& c) {
      c.output = flat;
      c.loss = Loss::mean_squared_error;
    });
    EXPECT_NE(output.find("output '" + std::string{name_of(flat)} + "' cannot be trained"), std::string::npos);
  }
  EXPECT_NE(problem_after([](TrainConfig& c) { c.activation = Activation::softmax; }).find("outputs only"),
            std::string::npos);
}

TEST(SettingsProblems, FindALossThatDoesNotFitTheOutput) {
  EXPECT_NE(problem_after([](TrainConfig& c) { c.loss = Loss::cross_entropy, c.output = Activation::linear; }), "");
  EXPECT_NE(problem_after([](TrainConfig& c) { c.loss = Loss::mean_squared_error, c.output = Activation::softmax; }),
            "");
  EXPECT_EQ(problem_after([](TrainConfig& c) { c.loss = Loss::binary_cross_entropy; }), "");
}

TEST(SettingsProblems, RefuseEveryNumberOutsideItsRange) {
  using Member = double TrainConfig::*;
  const std::vector<std::pair<Member, std::vector<double>>> out_of_range{{&TrainConfig::dropout, {-0.1, 1}},
                                                                         {&TrainConfig::input_dropout, {-0.1, 1}},
                                                                         {&TrainConfig::l1, {-1}},
                                                                         {&TrainConfig::l2, {-1}},
                                                                         {&TrainConfig::weight_decay, {-1}},
                                                                         {&TrainConfig::max_norm, {-1}},
                                                                         {&TrainConfig::clip_norm, {-1}},
                                                                         {&TrainConfig::momentum, {-0.1, 1}},
                                                                         {&TrainConfig::decay_rate, {-0.1, 1}},
                                                                         {&TrainConfig::beta1, {-0.1, 1}},
                                                                         {&TrainConfig::beta2, {-0.1, 1}},
                                                                         {&TrainConfig::epsilon, {0, -1e-8}},
                                                                         {&TrainConfig::schedule_factor, {0, -1}},
                                                                         {&TrainConfig::final_rate, {-0.1, 1.1}},
                                                                         {&TrainConfig::validation, {-0.1, 10.5}}};
  for (const auto& [member, values] : out_of_range) {
    std::vector<double> all = values;
    all.insert(all.end(), {nan_value, infinity, -infinity});
    for (const double value : all) {
      TrainConfig config;
      config.*member = value;
      EXPECT_EQ(problems(config).size(), 1U) << value;
    }
  }
  for (const double value : {0.0, -1.0, nan_value, infinity}) EXPECT_EQ(problems({.learning_rate = value}).size(), 1U);
}

TEST(SettingsProblems, RefuseNegativeCounts) {
  using Member = Index TrainConfig::*;
  for (const Member member : std::vector<Member>{
           &TrainConfig::warmup, &TrainConfig::schedule_period, &TrainConfig::batch_size, &TrainConfig::shard_size,
           &TrainConfig::epochs, &TrainConfig::steps, &TrainConfig::patience, &TrainConfig::threads,
           &TrainConfig::checkpoint_every, &TrainConfig::compare_every, &TrainConfig::keep}) {
    TrainConfig config;
    config.*member = -1;
    EXPECT_EQ(problems(config).size(), 1U);
  }
  EXPECT_EQ(problems({.seed = std::numeric_limits<std::uint64_t>::max()}).size(), 1U);
}

TEST(SettingsProblems, RefuseATimeoutTooShortForASignOfLife) {
  for (const double seconds : {0.0, 1.0, 3600.0}) EXPECT_TRUE(problems({.timeout = seconds}).empty()) << seconds;
  for (const double seconds : {-1.0, 0.5, nan_value, infinity})
    EXPECT_EQ(problems({.timeout = seconds}).size(), 1U) << seconds;
}

TEST(SettingsProblems, AreAllFoundAtOnce) {
  EXPECT_EQ(problems({.hidden = {0}, .dropout = 2, .learning_rate = -1, .batch_size = 0}).size(), 4U);
}

TEST(SettingsWithoutEffect, AreNoneForTheDefaults) { EXPECT_TRUE(settings_without_effect({}).empty()); }

TEST(SettingsWithoutEffect, AreThoseThatTheOthersLeaveUnread) {
  TrainConfig config;
  config.momentum = 0.5;
  config.final_rate = 0.25;
  config.schedule_period = 17;
  EXPECT_EQ(settings_without_effect(config),
            (std::vector<std::string>{
                "--momentum 0.5 has no effect: only the optimizers momentum and nesterov read it",
                "--schedule-period 17 has no effect: only the schedule step reads it",
                "--final-rate 0.25 has no effect: only the schedules linear and cosine read it",
            }));
  config.optimizer = Optimizer::nesterov;
  config.schedule = ScheduleKind::cosine;
  EXPECT_EQ(settings_without_effect(config).size(), 1U);
  config.schedule_period = 0;
  config.beta1 = 0.8;
  EXPECT_EQ(settings_without_effect(config).size(), 1U);
}

TEST(LearningRate, IsTheOptimizersUsualUnlessSet) {
  EXPECT_EQ(learning_rate_of({.optimizer = Optimizer::nesterov}), 0.1);
  EXPECT_EQ(learning_rate_of({.optimizer = Optimizer::adamw}), 0.001);
  EXPECT_EQ(learning_rate_of({.optimizer = Optimizer::sgd, .learning_rate = 0.25}), 0.25);
}

}  // namespace
}  // namespace lockstep
