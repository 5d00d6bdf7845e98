// SPDX-License-Identifier: MIT
// lockstep data split
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/data_command.hpp"
#include "apps/json_text.hpp"
#include "apps/table.hpp"
#include "core/error.hpp"
#include "io/dataset_split.hpp"

namespace lockstep {
namespace {

/// Samples of the first part: a count, or a fraction of all below 1.
Index samples_at(const std::string& text, Index samples) {
  double at = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), at);
  const bool number = code == std::errc{} && stop == text.data() + text.size();
  const bool fraction = text.find('.') != std::string::npos;  // 1.0 could mean one sample or all of them
  if (!number || !(at > 0) || (fraction && at >= 1) || at > 1e15) {
    throw RequestError{fmt::format("--at: '{}' is neither a number of samples nor a fraction between 0 and 1", text)};
  }
  return at < 1 ? std::llround(at * static_cast<double>(samples)) : static_cast<Index>(at);
}

class DataSplit {
 public:
  DataSplit(CLI::App& command, CommandContext& context) : context_{context}, output_{command} {
    command.add_option("IN.h5", input_, "The data set to split")->required();
    command.add_option("FIRST.h5", first_, "Gets the first part")->required();
    command.add_option("REST.h5", rest_, "Gets the rest")->required();
    command.add_option("--at", at_, "Samples of the first part: a count, or a fraction below 1 of all")
        ->type_name("COUNT|FRACTION")
        ->required();
    command.add_flag("--shuffle", shuffle_,
                     "Choose the samples of the first part at random, and mix the order of both");
    seed_option_ = command.add_option("--seed", seed_, "Of the shuffling")
                       ->type_name("NUMBER")
                       ->check(seed_check())
                       ->capture_default_str();
    add_json_flag(command, json_);
    command.footer(
        std::string{
            "Names, classes and the columns of an imported table are kept in both parts. Features are stored as\n"
            "uint8, divided by 255, or as float32.\n\n"} +
        data_exit_statuses +
        "\n\n"
        "Examples:\n"
        "  lockstep data split all.h5 train.h5 test.h5 --at 0.8 --shuffle --seed 7\n"
        "  lockstep data split train.h5 small.h5 rest.h5 --at 5000");
  }

  int run() {
    if (json_) context_.console.reserve_output_for_json();
    on_first_rank(context_.mpi.world(), [&] { split(); });
    return exit_done;
  }

 private:
  void split() {
    const DatasetInfo info = open_dataset(input_, TargetsWanted::optional)->info();
    const Index samples = info.samples;
    note_surprises(info);
    const DatasetSplit request{
        .input = input_, .first_samples = samples_at(at_, samples), .shuffle = shuffle_, .seed = seed_};
    with_progress(context_.console, "split", [&](const WorkProgress& progress) {
      split_dataset(request, output_.output(first_), output_.output(rest_), progress);
    });
    const Index rest = samples - request.first_samples;
    context_.console.out(fmt::format("{}: {}\n{}: {}", first_, counted(request.first_samples, "sample", "samples"),
                                     rest_, counted(rest, "sample", "samples")));
    if (!json_) return;
    const nlohmann::ordered_json object{{"input", input_},
                                        {"first", {{"path", first_}, {"samples", request.first_samples}}},
                                        {"rest", {{"path", rest_}, {"samples", rest}}},
                                        {"shuffle", shuffle_},
                                        {"seed", seed_}};
    context_.console.json(json_text(object));
  }

  void note_surprises(const DatasetInfo& info) const {
    if (!shuffle_ && seed_option_->count() > 0) {
      context_.console.note("note: --seed changes nothing without --shuffle: the first samples go to the first part");
    }
    const std::string type = dataset_storage(input_).type;
    if (!info.byte_features && type != "float32") {
      context_.console.note(
          fmt::format("note: the features of {} are {}; both parts store them as float32", input_, type));
    }
  }

  CommandContext& context_;
  OutputFlags output_;
  CLI::Option* seed_option_ = nullptr;
  std::string input_;
  std::string first_;
  std::string rest_;
  std::string at_;
  bool shuffle_ = false;
  std::uint64_t seed_ = 1;
  bool json_ = false;
};

}  // namespace

void add_data_split(CLI::App& data, CommandContext& context) {
  CLI::App* command = data.add_subcommand("split", "Split a data set in two, in order or at random");
  const auto split = std::make_shared<DataSplit>(*command, context);
  command->callback([split, &context] { context.run = [split] { return split->run(); }; });
}

}  // namespace lockstep
