// SPDX-License-Identifier: MIT
// A row for each block of parameters.
#include "apps/gradient_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/json_text.hpp"
#include "apps/table.hpp"
#include "parallel/gradient_check.hpp"

namespace lockstep {

int report_gradients(const TrainConfig& config, const Dataset& data, CommandContext& context, bool json) {
  Table table;
  table.add({"parameters", "backpropagation", "differences", "error", ""});
  bool all_passed = true;
  double tolerance = 0;
  nlohmann::ordered_json blocks = nlohmann::ordered_json::array();
  for (const DirectionalCheck& block : check_gradients(config, data, context.mpi.world())) {
    table.add({block.block, fmt::format("{:.6e}", block.by_backpropagation),
               fmt::format("{:.6e}", block.by_differences), fmt::format("{:.1e}", block.relative_error),
               block.passed ? "agrees" : "DIFFERS"});
    blocks.push_back({{"block", block.block},
                      {"backpropagation", block.by_backpropagation},
                      {"differences", block.by_differences},
                      {"relative_error", block.relative_error},
                      {"passed", block.passed}});
    all_passed = all_passed && block.passed;
    tolerance = block.tolerance;
  }
  context.console.out(fmt::format(
      "Derivatives of the loss along a random direction in each block of parameters, by backpropagation and by\n"
      "central differences (f(w + t v) - f(w - t v)) / 2t:\n\n{}\n\n"
      "The error is relative to the larger of the two, or to a hundredth of the length of the block's gradient\n"
      "where that is more; up to {} agrees.",
      table.text(), tolerance));
  if (json) context.console.json(json_text({{"passed", all_passed}, {"tolerance", tolerance}, {"blocks", blocks}}));
  if (!all_passed) context.console.note("error: the gradients of this network are not those of its loss");
  return all_passed ? exit_done : exit_fault;
}

}  // namespace lockstep
