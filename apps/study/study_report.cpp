// SPDX-License-Identifier: MIT
// From a report to files.
#include "apps/study/study_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/config_file.hpp"
#include "apps/json_text.hpp"
#include "apps/plot.hpp"
#include "apps/study/report_page.hpp"
#include "apps/study/results.hpp"
#include "core/settings.hpp"
#include "io/png_image.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

Json results_json(const Report& report, const StudyResults& results, const StudyAsked& asked) {
  Json object;
  object["study"] = asked.study;
  object["train_data"] = asked.base.request.train_data;
  object["test_data"] = asked.base.request.test_data;
  for (const auto& [name, text] : asked.options) object["options"][name] = text;
  for (const Setting& setting : settings())
    object["settings"][std::string{setting.name}] = setting.get(asked.base.request.config);
  object["tables"] = Json::array();
  for (const ReportSection& section : report.sections)
    for (const ReportTable& table : section.tables)
      object["tables"].push_back({{"section", section.heading}, {"caption", table.caption}, {"rows", table.rows}});
  object["runs"] = Json::object();
  for (const auto& [name, record] : results.records()) object["runs"][name] = record.content;
  return object;
}

/// The settings that are not the defaults, and the grid.
std::vector<std::pair<std::string, std::string>> setting_rows(const StudyAsked& asked) {
  std::vector<std::pair<std::string, std::string>> rows{{"training data", asked.base.request.train_data}};
  if (!asked.base.request.test_data.empty()) rows.emplace_back("test data", asked.base.request.test_data);
  const TrainConfig defaults;
  for (const Setting& setting : settings())
    if (setting.affects_result && setting.get(defaults) != setting.get(asked.base.request.config))
      rows.emplace_back(setting.name, setting.get(asked.base.request.config));
  for (const auto& [name, text] : asked.options)
    if (!text.empty()) rows.emplace_back(name, text);
  rows.emplace_back("all other settings", "the defaults of 'lockstep train'");
  return rows;
}

std::vector<std::string> commands(const StudyAsked& asked, const StudyDirectory& directory) {
  std::string all = fmt::format("lockstep study {} --config {} --out DIR", asked.study, directory.file("study.toml"));
  return {"# All of it again, in another folder",
          "# (on N ranks: mpirun -n N --bind-to none lockstep study ... --threads 1)",
          all,
          "# Any one run, to the same weights",
          fmt::format("lockstep train --config {}/CELL/seed-N/config.toml --run DIR", directory.file("runs")),
          "# A plot, after its script was changed",
          fmt::format("cd {} && gnuplot NAME.gp", directory.file("plots"))};
}

std::string study_toml(const StudyAsked& asked) {
  std::string text = config_text(asked.base.request) + "\n[study]\n";
  for (const auto& [name, value] : asked.options) text += fmt::format("{} = {}\n", name, Json(value).dump());
  return text;
}

}  // namespace

std::string write_report(const Report& report, const StudyResults& results, const StudyDirectory& directory,
                         const StudyAsked& asked) {
  directory.write("results.csv", results_csv(results));
  directory.write("times.csv", times_csv(results));
  directory.write("results.json", json_text(results_json(report, results, asked)) + "\n");
  directory.write("study.toml", study_toml(asked));
  PageFrame frame{.setting = setting_rows(asked), .commands = commands(asked, directory)};
  const bool can_draw = has_gnuplot();
  frame.without_drawings = can_draw ? "gnuplot could not draw it; see plots/gnuplot.log"
                                    : std::string{no_gnuplot} +
                                          "; install it and run the same command again, which draws them without "
                                          "training anything anew";
  bool all_drawn = true;
  for (const ReportSection& section : report.sections) {
    for (const Plot& plot : section.plots) {
      frame.drawings[plot.name] = draw(plot, directory.file("plots"));
      all_drawn = all_drawn && !frame.drawings[plot.name].empty();
    }
    for (const ReportImage& image : section.images) {
      const std::string bytes = png_image(image.width, image.height, image.pixels);
      directory.write("plots/" + image.name + ".png", bytes);
      frame.pictures[image.name] = bytes;
    }
  }
  directory.write("report.html", report_page(report, frame));
  return all_drawn ? std::string{} : frame.without_drawings;
}

}  // namespace lockstep
