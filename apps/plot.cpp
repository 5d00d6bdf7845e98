// SPDX-License-Identifier: MIT
// Speaking gnuplot.
#include "apps/plot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>

#include "apps/absolute_path.hpp"
#include "apps/table.hpp"
#include "apps/text_file.hpp"
#include "core/error.hpp"

extern char** environ;

namespace lockstep {
namespace {

/// Distinguishable in print and by most colour-blind readers (Okabe & Ito 2008).
constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};

std::string number(double value) { return std::isfinite(value) ? fmt::format("{:.9g}", value) : "NaN"; }

double reach_below(const PlotPoint& point) { return std::isfinite(point.error) ? point.error : 0; }
double reach_above(const PlotPoint& point) {
  return std::isfinite(point.error_above) ? point.error_above : reach_below(point);
}

std::string quoted(std::string text) {
  std::replace(text.begin(), text.end(), '"', '\'');
  return fmt::format("\"{}\"", text);
}

/// Where curves of several series lie on the same x, error bars stay apart.
std::string clause(const Plot& plot, std::size_t index) {
  const PlotSeries& series = plot.series[index];
  const std::string from = fmt::format("\"{}.dat\" index {}", plot.name, index);
  const std::string title = series.title.empty() ? "notitle" : "title " + quoted(series.title);
  const char* const colour = colours[index % std::size(colours)];
  const std::size_t shape = 1 + index % 6;
  static constexpr int shapes[] = {0, 7, 5, 9, 11, 13, 6};
  // Points without a line may lie on one another: the first are filled and the others are wide outlines.
  static constexpr int outlines[] = {0, 7, 4, 8, 10, 12, 6};
  switch (series.style) {
    case PlotSeries::Style::guide:
      return fmt::format("{} using 1:2 with lines lc rgb \"#777777\" lw 1.5 dt {} {}", from, 2 + index % 3, title);
    case PlotSeries::Style::boxes:
      return fmt::format("{} using 1:2 with boxes fs transparent solid 0.35 lc rgb \"{}\" {}", from, colour, title);
    case PlotSeries::Style::points:
      if (!plot.x_names.empty())
        return fmt::format("{} using 2:1:3:4 with xerrorbars lc rgb \"{}\" lw 1.5 pt {} ps 0.9 {}", from, colour,
                           shapes[shape], title);
      return fmt::format("{} using 1:2:3:4 with yerrorbars lc rgb \"{}\" lw 1.5 pt {} ps {} {}", from, colour,
                         outlines[shape], index == 0 ? 0.7 : 1.3, title);
    case PlotSeries::Style::curve:
      break;
  }
  return fmt::format("{} using 1:2:3:4 with yerrorlines lc rgb \"{}\" lw 1.5 pt {} ps 0.7 {}", from, colour,
                     shapes[shape], title);
}

/// "1,000,000", "500", "0.02".
std::string tic_label(double value) {
  return value >= 1000 && value < 1e12 ? with_thousands(value) : fmt::format("{:g}", value);
}

/// Labels of a decimal logarithmic axis: powers of ten, and where that would be few of them more in between.
std::string decimal_tics(const Plot& plot, char axis) {
  double least = INFINITY;
  double most = 0;
  for (const PlotSeries& series : plot.series)
    for (const PlotPoint& point : series.points) {
      const double value = axis == 'x' ? point.x : point.y;
      if (!(value > 0) || !std::isfinite(value)) continue;
      const double from = axis == 'y' ? value - reach_below(point) : value;
      least = std::min(least, from > 0 ? from : value);
      most = std::max(most, axis == 'y' ? value + reach_above(point) : value);
    }
  const double decades = std::log10(most / least);
  if (!std::isfinite(decades)) return {};
  const std::vector<int> steps = decades < 1   ? std::vector<int>{1, 2, 3, 4, 5, 6, 8}
                                 : decades < 3 ? std::vector<int>{1, 2, 5}
                                               : std::vector<int>{1};
  std::string tics;
  for (int decade = static_cast<int>(std::floor(std::log10(least))); decade <= std::log10(most) + 1; ++decade)
    for (const int step : steps) {
      const double tic = step * std::pow(10, decade);
      tics += fmt::format("{}\"{}\" {:g}", tics.empty() ? "" : ", ", tic_label(tic), tic);
    }
  return fmt::format("set {}tics ({})\n", axis, tics);
}

std::string axes(const Plot& plot) {
  std::string text;
  const auto logarithmic = [&](char axis, int base) {
    if (base == 0) return;
    text += fmt::format("set logscale {} {}\n", axis, base);
    text += base == 2 ? fmt::format("set format {} \"%.0f\"\n", axis) : fmt::format("set format {} \"%g\"\n", axis);
    if (base == 10) text += decimal_tics(plot, axis);
  };
  logarithmic('x', plot.log_x);
  logarithmic('y', plot.log_y);
  if (plot.log_y != 0) text += "set autoscale yfix\n";
  const bool bars = std::any_of(plot.series.begin(), plot.series.end(),
                                [](const PlotSeries& series) { return series.style == PlotSeries::Style::boxes; });
  if (bars && plot.log_y == 0) text += "set yrange [0:*]\n";
  if (plot.x_names.empty()) return text + "set autoscale xfix\n";
  // Things with long names stand below one another, so the axes change places.
  text += "set ytics (";
  for (std::size_t place = 0; place < plot.x_names.size(); ++place)
    text += fmt::format("{}{} {}", place == 0 ? "" : ", ", quoted(plot.x_names[place]), place);
  return text + fmt::format(") noenhanced\nset yrange [{}:-0.5]\n", static_cast<double>(plot.x_names.size()) - 0.5);
}

/// Runs gnuplot, which does not notice when a disk is full; its words go to a file beside the script. True when it
/// ended well.
bool run_gnuplot(const std::string& folder, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"gnuplot"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& argument : all) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const std::string log = folder.empty() ? "/dev/null" : folder + "gnuplot.log";
  posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t process = -1;
  const int failure = posix_spawnp(&process, "gnuplot", &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) return false;
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::string plot_data(const Plot& plot) {
  std::string text = fmt::format("# {}\n# x: {}\n# y: {}\n", plot.title, plot.x_label, plot.y_label);
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    const PlotSeries& series = plot.series[i];
    text += fmt::format("{}# {}\n# x  y  from  to\n", i == 0 ? "" : "\n\n", series.title);
    for (const PlotPoint& point : series.points)
      text += fmt::format("{} {} {} {}\n", number(point.x), number(point.y), number(point.y - reach_below(point)),
                          number(point.y + reach_above(point)));
    if (series.points.empty()) text += "NaN NaN NaN NaN\n";
  }
  return text;
}

std::string plot_script(const Plot& plot) {
  const bool has_key = std::any_of(plot.series.begin(), plot.series.end(),
                                   [](const PlotSeries& series) { return !series.title.empty(); });
  const std::string below = has_key ? "\\n " : "";  // a line between the axis and the key, which else overlap
  std::string text = fmt::format(
      "# Draws {0}.svg and {0}.png from {0}.dat: gnuplot {0}.gp\n"
      "reset\nset encoding utf8\nset title {1} noenhanced\nset xlabel {2} noenhanced\nset ylabel {3} noenhanced\n"
      "set key outside bottom center horizontal Left reverse noenhanced\nset grid lt 1 lw 0.6 lc rgb \"#cccccc\"\nset "
      "border 3\nset "
      "tics nomirror\n"
      "set boxwidth 1 relative\nset bars 0.6\nset offsets graph 0.03, graph 0.03, graph 0.05, graph 0.05\n{4}",
      plot.name, quoted(plot.title), quoted((plot.x_names.empty() ? plot.x_label : plot.y_label) + below),
      quoted(plot.x_names.empty() ? plot.y_label : plot.x_label), axes(plot));
  std::string what = "plot ";
  for (std::size_t i = 0; i < plot.series.size(); ++i) what += (i == 0 ? "" : ", \\\n     ") + clause(plot, i);
  std::string id = plot.name;  // keeps the drawings of one page apart
  std::replace(id.begin(), id.end(), '-', '_');
  return text + fmt::format(
                    "\nset terminal svg size 720,500 font \"Helvetica,14\" background \"white\" name \"{2}\"\n"
                    "set output \"{0}.svg\"\n{1}\n\n"
                    "set terminal pngcairo size 1080,750 font \"Helvetica,14\" background \"white\"\n"
                    "set output \"{0}.png\"\nreplot\nset output\n",
                    plot.name, what, id);
}

bool has_gnuplot() { return run_gnuplot("", {"--version"}); }

std::string draw(const Plot& plot, const std::string& folder) {
  const std::string place = absolute_path(folder) + "/";
  write_text_file(place + plot.name + ".dat", plot_data(plot));
  write_text_file(place + plot.name + ".gp", plot_script(plot));
  if (!run_gnuplot(place, {plot.name + ".gp"})) return {};
  std::error_code failure;
  const std::string log = place + "gnuplot.log";
  if (std::filesystem::file_size(log, failure) == 0 && !failure) std::filesystem::remove(log, failure);
  try {
    std::string svg = text_of_file(place + plot.name + ".svg");
    const bool complete = svg.find("</svg>") != std::string::npos &&
                          text_of_file(place + plot.name + ".png").find("IEND") != std::string::npos;
    return complete ? svg : std::string{};
  } catch (const RequestError&) {
    return {};
  }
}

}  // namespace lockstep
