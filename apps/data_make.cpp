// SPDX-License-Identifier: MIT
// lockstep data make
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "apps/data_command.hpp"
#include "apps/json_text.hpp"
#include "apps/table.hpp"
#include "io/synthetic/synthetic.hpp"

namespace lockstep {
namespace {

std::string list_of_names() {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const SyntheticName& entry : synthetic_names()) entries.emplace_back("  " + std::string{entry.name}, entry.help);
  return "NAME is one of\n" + listing(entries);
}

class DataMake {
 public:
  DataMake(CLI::App& command, CommandContext& context) : context_{context}, output_{command} {
    command.add_option("NAME", name_, "Which data set")->required();
    command.add_option("OUT.h5", path_, "The file to make")->required();
    command.add_option("--samples", samples_, "How many samples")->type_name("COUNT")->capture_default_str();
    command.add_option("--seed", seed_, "Sample i depends on the seed and i alone; other seeds give other samples")
        ->type_name("NUMBER")
        ->check(seed_check())
        ->capture_default_str();
    add_json_flag(command, json_);
    command.footer(list_of_names() + "\n\n" + data_exit_statuses +
                   "\n\n"
                   "Examples:\n"
                   "  lockstep data make digits train.h5 --samples 12000 --seed 1\n"
                   "  lockstep data make digits test.h5 --samples 2000 --seed 2\n"
                   "  lockstep data make xor xor.h5 --samples 400");
  }

  int run() {
    if (json_) context_.console.reserve_output_for_json();
    on_first_rank(context_.mpi.world(), [&] { make(); });
    return exit_done;
  }

 private:
  void make() {
    DatasetInfo info;
    with_progress(context_.console, "draw", [&](const WorkProgress& progress) {
      info = write_synthetic(name_, samples_, seed_, output_.output(path_), progress);
    });
    context_.console.out(fmt::format("{}: {} of {}, {}, seed {}", path_, counted(info.samples, "sample", "samples"),
                                     name_, counted(info.features, "feature", "features"), seed_));
    if (!json_) return;
    const nlohmann::ordered_json object{{"path", path_},
                                        {"name", name_},
                                        {"task", name_of(info.task)},
                                        {"samples", info.samples},
                                        {"features", info.features},
                                        {"classes", info.classes},
                                        {"seed", seed_}};
    context_.console.json(json_text(object));
  }

  CommandContext& context_;
  OutputFlags output_;
  std::string name_;
  std::string path_;
  Index samples_ = 1000;
  std::uint64_t seed_ = 1;
  bool json_ = false;
};

}  // namespace

void add_data_make(CLI::App& data, CommandContext& context) {
  CLI::App* command = data.add_subcommand("make", "Draw a data set from a formula and a seed; needs no download");
  const auto make = std::make_shared<DataMake>(*command, context);
  command->callback([make, &context] { context.run = [make] { return make->run(); }; });
}

}  // namespace lockstep
