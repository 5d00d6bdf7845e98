// SPDX-License-Identifier: MIT
// lockstep evaluate
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/command.hpp"
#include "apps/inference.hpp"
#include "apps/json_text.hpp"
#include "apps/metrics_report.hpp"
#include "apps/progress.hpp"
#include "apps/table.hpp"
#include "parallel/evaluator.hpp"

namespace lockstep {
namespace {

class EvaluateCommand {
 public:
  EvaluateCommand(CLI::App& command, CommandContext& context) : context_{context}, input_{command, context} {
    add_json_flag(command, json_);
    command.footer(
        "Examples:\n"
        "  lockstep evaluate runs/first test.h5\n"
        "  mpirun -n 2 lockstep evaluate runs/first/checkpoints/step-000000001000.h5 test.h5 --json");
  }

  int run() {
    if (json_) context_.console.reserve_output_for_json();
    const InferenceInput::Opened opened = input_.open();
    const Metrics metrics = evaluated(opened);
    context_.console.out(text(opened, metrics));
    if (json_) context_.console.json(json_text(object(opened, metrics)));
    return exit_done;
  }

 private:
  [[nodiscard]] Metrics evaluated(const InferenceInput::Opened& opened) const {
    Workers workers{opened.threads};
    Progress progress{context_.console, "evaluate", 1};
    return evaluate(opened.model(), *opened.data, context_.mpi.world(), workers, [&](Index done, Index total) {
      progress.update(static_cast<double>(done) / static_cast<double>(std::max<Index>(1, total)));
    });
  }

  [[nodiscard]] std::string text(const InferenceInput::Opened& opened, const Metrics& metrics) const {
    const Model& model = opened.model();
    const bool classes = model.task == Task::classification;
    const std::string main_figure =
        classes ? fmt::format("accuracy {:.4f}", metrics.accuracy) : fmt::format("RMSE {}", short_number(metrics.rmse));
    const std::string head =
        fmt::format("{} on {}: {}, loss {}, {}", opened.source.path, input_.data_path(),
                    counted(metrics.samples, "sample", "samples"), short_number(metrics.loss), main_figure);
    std::string text =
        fmt::format("{}\n\n{}", head,
                    classes ? class_table(metrics, model.class_names) : target_table(metrics, model.target_names));
    if (!classes && !model.target_transform.factor.empty()) text += fmt::format("\n({})", units_of_standardized);
    return text;
  }

  [[nodiscard]] nlohmann::ordered_json object(const InferenceInput::Opened& opened, const Metrics& metrics) const {
    const Model& model = opened.model();
    nlohmann::ordered_json object;
    object["checkpoint"] = opened.source.path;
    object["data"] = input_.data_path();
    object["weights_hash"] = opened.hash();
    object["task"] = name_of(model.task);
    object["samples"] = metrics.samples;
    add_metrics(object, "", model.task, metrics, model.target_names);
    if (model.task == Task::classification) object["class_names"] = model.class_names;
    object["ranks"] = context_.mpi.world().ranks();
    object["threads"] = opened.threads;
    return object;
  }

  CommandContext& context_;
  InferenceInput input_;
  bool json_ = false;
};

}  // namespace

void add_evaluate_command(CLI::App& root, CommandContext& context) {
  CLI::App* command = root.add_subcommand("evaluate", "Measure a trained model on a data set");
  const auto evaluate = std::make_shared<EvaluateCommand>(*command, context);
  command->callback([evaluate, &context] { context.run = [evaluate] { return evaluate->run(); }; });
}

}  // namespace lockstep
