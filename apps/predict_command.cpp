// SPDX-License-Identifier: MIT
// lockstep predict
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/agreement.hpp"
#include "apps/command.hpp"
#include "apps/inference.hpp"
#include "apps/interruptible.hpp"
#include "apps/json_text.hpp"
#include "apps/progress.hpp"
#include "apps/table.hpp"
#include "core/metrics.hpp"
#include "io/output_path.hpp"
#include "io/prediction_file.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/monte_carlo.hpp"

namespace lockstep {
namespace {

class PredictCommand {
 public:
  PredictCommand(CLI::App& command, CommandContext& context)
      : context_{context}, input_{command, context, TargetsWanted::optional} {
    command.add_option("OUT.h5", out_path_, "Where the predictions go")->required();
    command.add_flag("--force", force_, "Replace OUT.h5 if it exists");
    command
        .add_option("--mc-samples", networks_.count,
                    "Average over so many networks drawn by the dropout of training; 0: one network, no dropout")
        ->type_name("COUNT")
        ->check(CLI::Range(Index{0}, Index{1} << 20))
        ->capture_default_str();
    command.add_option("--seed", networks_.seed, "Of the drawn networks: the same seed gives the same bits")
        ->type_name("NUMBER")
        ->capture_default_str();
    add_json_flag(command, json_);
    command.footer(
        "OUT.h5 holds /predictions (samples, outputs): probabilities of the classes, or values in the\n"
        "target's own units; and, for classes, /classes (samples): the class that each sample is taken for,\n"
        "as an index (from 0) into the file's attribute class_names.\n"
        "DATA.h5 needs no targets.\n"
        "With --mc-samples K (Monte-Carlo dropout; Gal & Ghahramani 2016) /predictions are means over K networks,\n"
        "and /standard_deviation (samples, outputs) says how far these differ.\n\n"
        "Exit status: 0 done; 2 the request is wrong, and nothing was written.\n\n"
        "Examples:\n"
        "  lockstep predict runs/first new.h5 out.h5\n"
        "  lockstep predict runs/first new.h5 out.h5 --mc-samples 100\n"
        "  python3 -c \"import h5py; f = h5py.File('out.h5'); print(f.attrs['class_names'][f['classes'][:9]])\"");
  }

  int run() {
    if (json_) context_.console.reserve_output_for_json();
    const InferenceInput::Opened opened = input_.open();
    if (networks_.count > 0 && !has_dropout(opened.model()))
      throw AgreedError(fmt::format(
          "{} was trained without dropout, so that all {} networks would be the same; leave --mc-samples out, or train "
          "with --dropout or --input-dropout",
          opened.source.path, networks_.count));
    interruptible([&](const std::function<void()>& check) { write(opened, check); });
    report(opened);
    return exit_done;
  }

 private:
  [[nodiscard]] PredictionInfo description(const InferenceInput::Opened& opened) const {
    const Model& model = opened.model();
    return {.samples = opened.data->info().samples,
            .outputs = model.network.spec().outputs,
            .task = model.task,
            .class_names = model.class_names,
            .target_names = model.target_names,
            .model = opened.source.path,
            .weights_hash = opened.hash(),
            .mc_samples = networks_.count};
  }

  /// Rank 0 writes what all compute. All leave together when it cannot.
  void write(const InferenceInput::Opened& opened, const std::function<void()>& check) const {
    std::optional<PredictionWriter> writer;
    on_first_rank(context_.mpi.world(), [&] {
      require_writable(out_path_, force_, {input_.data_path(), opened.source.path});
      writer.emplace(out_path_, description(opened), force_);
    });
    predict_all(opened, writer, check);
    on_first_rank(context_.mpi.world(), [&] { writer->close(); });
  }

  void predict_all(const InferenceInput::Opened& opened, std::optional<PredictionWriter>& writer,
                   const std::function<void()>& check) const {
    Workers workers{opened.threads};
    Progress progress{context_.console, "predict", static_cast<double>(opened.data->info().samples)};
    const bool classes = opened.model().task == Task::classification;
    const auto write = [&](Index first_row, ConstPanel outputs, const ConstPanel* deviations) {
      check();
      on_first_rank(context_.mpi.world(), [&] {
        writer->write(first_row, outputs);
        if (deviations != nullptr) writer->write_deviations(first_row, *deviations);
        if (classes) writer->write_classes(first_row, classes_of(outputs));
        progress.update(static_cast<double>(first_row + outputs.columns));
      });
    };
    if (networks_.count == 0)
      predict(opened.model(), *opened.data, context_.mpi.world(), workers,
              [&](Index first_row, ConstPanel outputs) { write(first_row, outputs, nullptr); });
    else
      predict_by_sampling(
          opened.model(), *opened.data, networks_, context_.mpi.world(), workers,
          [&](Index first_row, ConstPanel mean, ConstPanel deviation) { write(first_row, mean, &deviation); });
  }

  static std::vector<Label> classes_of(ConstPanel outputs) {
    std::vector<Label> classes;
    for (Index column = 0; column < outputs.columns; ++column)
      classes.push_back(predicted_class({outputs.column(column), static_cast<std::size_t>(outputs.rows)}));
    return classes;
  }

  void report(const InferenceInput::Opened& opened) const {
    const Index samples = opened.data->info().samples;
    context_.console.out(fmt::format("{}: predictions of {} by {}", out_path_, counted(samples, "sample", "samples"),
                                     opened.source.path));
    if (!json_) return;
    nlohmann::ordered_json object{{"predictions", out_path_},
                                  {"samples", samples},
                                  {"outputs", opened.model().network.spec().outputs},
                                  {"checkpoint", opened.source.path},
                                  {"weights_hash", opened.hash()}};
    if (networks_.count > 0) object["mc_samples"] = networks_.count;
    context_.console.json(json_text(object));
  }

  CommandContext& context_;
  InferenceInput input_;
  std::string out_path_;
  McNetworks networks_{.count = 0, .seed = 1};
  bool force_ = false;
  bool json_ = false;
};

}  // namespace

void add_predict_command(CLI::App& root, CommandContext& context) {
  CLI::App* command = root.add_subcommand("predict", "Write a trained model's outputs for a data set");
  const auto predict = std::make_shared<PredictCommand>(*command, context);
  command->callback([predict, &context] { context.run = [predict] { return predict->run(); }; });
}

}  // namespace lockstep
