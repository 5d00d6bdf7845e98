// SPDX-License-Identifier: MIT
// lockstep data
#include "apps/data_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>

#include "apps/interruptible.hpp"
#include "apps/progress.hpp"
#include "apps/table.hpp"
#include "core/error.hpp"

namespace lockstep {
namespace {

constexpr Index usual_chunk_samples = 256;

}  // namespace

OutputFlags::OutputFlags(CLI::App& command) {
  command
      .add_option("--chunk", chunk_samples_,
                  "Store features in HDF5 chunks of this many samples; 0: contiguous, which is read fastest")
      ->type_name("SAMPLES")
      ->group("Output");
  command.add_option("--gzip", gzip_, "Compress the chunks, 1 (quick) to 9 (small); 0: not")
      ->type_name("LEVEL")
      ->group("Output");
  command.add_flag("--force", force_, "Replace files that exist")->group("Output");
}

DatasetOutput OutputFlags::output(const std::string& path) const {
  std::vector<std::string> problems;
  if (chunk_samples_ < 0) problems.push_back(fmt::format("--chunk: {} samples; 0 or more", chunk_samples_));
  if (gzip_ < 0 || gzip_ > 9) problems.push_back(fmt::format("--gzip: level {}; from 0 to 9", gzip_));
  if (!problems.empty()) throw RequestError{problems};
  const Index chunk = chunk_samples_ == 0 && gzip_ > 0 ? usual_chunk_samples : chunk_samples_;
  return {.path = path, .layout = {.chunk_samples = chunk, .gzip = gzip_}, .replace = force_};
}

CLI::Validator seed_check() {
  return CLI::Validator{[](const std::string& text) {
                          std::uint64_t seed = 0;
                          const char* end = text.data() + text.size();
                          const auto [stop, code] = std::from_chars(text.data(), end, seed);
                          if (code == std::errc{} && stop == end) return std::string{};
                          return fmt::format("'{}' is not a whole number from 0", text);
                        },
                        ""};
}

void with_progress(Console& console, const std::string& title, const std::function<void(const WorkProgress&)>& work) {
  interruptible([&](const std::function<void()>& check) {
    Progress bar{console, title, 1};
    work([&](double fraction) {
      check();
      bar.update(fraction);
    });
  });
}

void add_data_command(CLI::App& root, CommandContext& context) {
  CLI::App* data = root.add_subcommand("data", "Import, make, split and look at data sets");
  data->require_subcommand(1);
  data->footer(
      "Examples:\n"
      "  lockstep data make digits digits.h5 --samples 12000\n"
      "  lockstep data import wine.csv wine.h5 --target quality\n"
      "  lockstep data split wine.h5 train.h5 test.h5 --at 0.8 --shuffle\n"
      "  lockstep data info train.h5");
  add_data_import(*data, context);
  add_data_make(*data, context);
  add_data_info(*data, context);
  add_data_split(*data, context);
}

}  // namespace lockstep
