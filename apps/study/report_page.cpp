// SPDX-License-Identifier: MIT
// HTML by hand: headings, tables, drawings.
#include "apps/study/report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/table.hpp"

namespace lockstep {
namespace {

constexpr const char* style =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h1{font-size:1.7rem}h2{font-size:1.3rem;margin-top:2.5rem;border-top:1px solid #ccc;padding-top:1.2rem}"
    "table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:600;padding:.3rem 0}"
    "th,td{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:right}"
    "th:first-child,td:first-child,.words th:last-child,.words td:last-child{text-align:left}th{border-bottom:2px "
    "solid #888}"
    "figure{margin:1.5rem 0}figure svg,figure img{max-width:100%;height:auto}figcaption{color:#555}"
    "pre{background:#f4f4f4;padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}.question{font-style:italic}"
    "img.pixels{image-rendering:pixelated;width:100%;max-width:42rem}";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '&')
      result += "&amp;";
    else if (letter == '<')
      result += "&lt;";
    else if (letter == '>')
      result += "&gt;";
    else if (letter == '"')
      result += "&quot;";
    else
      result += letter;
  }
  return result;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : digits[word >> (18 - 6 * k) & 63U];
  }
  return text;
}

/// The drawing itself, without what only a file of its own has.
std::string inline_svg(const std::string& file) {
  const std::size_t begin = file.find("<svg");
  return begin == std::string::npos ? std::string{} : file.substr(begin);
}

std::string table_html(const ReportTable& table) {
  std::string html = fmt::format("<table{}><caption>{}</caption>\n", table.ends_in_words ? " class=\"words\"" : "",
                                 escaped(table.caption));
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    html += "<tr>";
    for (const std::string& cell : table.rows[row])
      html += row == 0 ? fmt::format("<th>{}</th>", escaped(cell)) : fmt::format("<td>{}</td>", escaped(cell));
    html += "</tr>\n";
  }
  return html + "</table>\n";
}

std::string plot_html(const Plot& plot, const PageFrame& frame) {
  const auto drawing = frame.drawings.find(plot.name);
  if (drawing == frame.drawings.end() || drawing->second.empty())
    return fmt::format("<p>[{}: {}]</p>\n", escaped(plot.title), escaped(frame.without_drawings));
  return fmt::format("<figure>{}<figcaption>{} (plots/{}.svg, .png, .dat, .gp)</figcaption></figure>\n",
                     inline_svg(drawing->second), escaped(plot.title), escaped(plot.name));
}

std::string image_html(const ReportImage& image, const PageFrame& frame) {
  const auto picture = frame.pictures.find(image.name);
  if (picture == frame.pictures.end()) return {};
  return fmt::format(
      "<figure><img class=\"pixels\" alt=\"{0}\" width=\"{1}\" height=\"{2}\" src=\"data:image/png;base64,{3}\">"
      "<figcaption>{0}</figcaption></figure>\n",
      escaped(image.caption), image.width, image.height, base64(picture->second));
}

std::string section_html(const ReportSection& section, const PageFrame& frame) {
  std::string html = fmt::format("<h2>{}</h2>\n", escaped(section.heading));
  if (!section.question.empty()) html += fmt::format("<p class=\"question\">{}</p>\n", escaped(section.question));
  for (const std::string& remark : section.remarks) html += fmt::format("<p>{}</p>\n", escaped(remark));
  for (const ReportTable& table : section.tables) html += table_html(table);
  for (const Plot& plot : section.plots) html += plot_html(plot, frame);
  for (const ReportImage& image : section.images) html += image_html(image, frame);
  return html;
}

}  // namespace

std::string estimate_text(const Estimate& estimate) {
  if (estimate.count == 0) return "-";
  if (!std::isfinite(estimate.error)) return short_number(estimate.mean);
  constexpr double least_error = 1e-7;  // below, decimals would be too many to read
  if (estimate.error < least_error)
    return fmt::format("{} ± {}", short_number(estimate.mean), short_number(estimate.error));
  const int decimals = std::max(0, 1 - static_cast<int>(std::floor(std::log10(estimate.error))));
  return fmt::format("{0:.{2}f} ± {1:.{2}f}", estimate.mean, estimate.error, decimals);
}

std::string report_page(const Report& report, const PageFrame& frame) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width\"><style>{1}</style></head>\n<body>\n<h1>{0}</h1>\n",
      escaped(report.title), style);
  for (const std::string& sentence : report.introduction) html += fmt::format("<p>{}</p>\n", escaped(sentence));
  ReportTable setting{.caption = "Setting", .rows = {{"", ""}}, .ends_in_words = true};
  for (const auto& [name, value] : frame.setting) setting.rows.push_back({name, value});
  html += table_html(setting);
  for (const ReportSection& section : report.sections) html += section_html(section, frame);
  html += "<h2>Commands</h2>\n<pre>";
  for (const std::string& command : frame.commands) html += escaped(command) + "\n";
  return html + "</pre>\n</body></html>\n";
}

std::string report_text(const Report& report) {
  std::string text;
  for (const ReportSection& section : report.sections) {
    text += fmt::format("\n{}\n", section.heading);
    for (const ReportTable& table : section.tables) {
      Table lines;
      for (const std::vector<std::string>& row : table.rows) lines.add(row);
      text += fmt::format("\n{}\n{}\n", table.caption, lines.text());
    }
  }
  return text;
}

}  // namespace lockstep
