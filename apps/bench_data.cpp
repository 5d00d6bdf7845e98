// SPDX-License-Identifier: MIT
// Making, looking at and removing data sets of benchmarks.
#include "apps/bench_data.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "apps/agreement.hpp"
#include "apps/progress.hpp"
#include "core/random.hpp"

namespace lockstep {
namespace {

constexpr Index classes = 10;
/// Rows of a chunk of the made data sets: about 64 KiB of 784 bytes.
constexpr Index chunk_samples = 84;

/// Runs of eight features, every second of them zero on average.
std::vector<std::uint8_t> made_rows(Range rows, Index features, StreamKey key) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(rows.size() * features));
  for (std::size_t run = 0; run * 8 < bytes.size(); ++run) {
    const auto words = random_words(key, static_cast<std::uint64_t>(rows.begin * features) / 8 + run);
    if ((words[2] & 1U) == 0) continue;
    const std::uint64_t values = words[0] | std::uint64_t{words[1]} << 32U;
    for (std::size_t i = run * 8; i < std::min(bytes.size(), run * 8 + 8); ++i)
      bytes[i] = static_cast<std::uint8_t>(values >> (8 * (i % 8)));
  }
  return bytes;
}

}  // namespace

BenchDirectory::BenchDirectory(const std::string& parent, Communicator& communicator)
    : owner_{communicator.rank() == 0} {
  on_first_rank(communicator, [&] {
    const auto folder = parent.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path{parent};
    std::string name = (folder / "lockstep-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw RequestError{{fmt::format("no directory can be made in {} for the data sets; name another by --directory",
                                      folder.string())}};
    path_ = name;
  });
  path_ = text_of_first(communicator, path_);
}

BenchDirectory::~BenchDirectory() {
  std::error_code ignored;
  if (owner_) std::filesystem::remove_all(path_, ignored);
}

std::vector<BenchDataset> made_data_sets(const std::string& directory) {
  return {{.path = directory + "/contiguous.h5", .name = "contiguous"},
          {.path = directory + "/chunked.h5", .name = "chunked", .layout = {.chunk_samples = chunk_samples}},
          {.path = directory + "/gzip.h5", .name = "gzip", .layout = {.chunk_samples = chunk_samples, .gzip = 4}}};
}

void make_bench_data(const BenchDataForm& form, const BenchDataset& data, Console& console,
                     const std::function<void()>& check) {
  constexpr Index rows_at_once = 1024;
  const StreamKey key = stream_key(1, Purpose::synthetic);
  DatasetWriter writer{
      data.path,
      {.samples = form.samples, .features = form.features, .classes = classes, .byte_features = !form.floats},
      data.layout};
  Progress progress{console, "making " + data.name, static_cast<double>(form.samples)};
  for (Index first = 0; first < form.samples; first += rows_at_once) {
    check();
    const Range rows{first, std::min(form.samples, first + rows_at_once)};
    const std::vector<std::uint8_t> bytes = made_rows(rows, form.features, key);
    if (form.floats)
      writer.append_floats(std::vector<float>(bytes.begin(), bytes.end()));
    else
      writer.append_bytes(bytes);
    std::vector<Label> labels(static_cast<std::size_t>(rows.size()));
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<Label>(i % classes);
    writer.append_labels(labels);
    progress.update(static_cast<double>(rows.end));
  }
  writer.close();
}

void remove_bench_data(const BenchDataset& data) {
  std::error_code ignored;
  std::filesystem::remove(data.path, ignored);
}

StoredFeatures stored_features(const std::string& path) {
  const DatasetStorage storage = dataset_storage(path);
  const std::unique_ptr<Dataset> data = open_dataset(path, TargetsWanted::optional);
  const DatasetInfo& info = data->info();
  const Index element = storage.type == "uint8" ? 1 : storage.type == "float64" ? 8 : 4;
  return {.layout = storage.chunk_samples > 0 ? "chunked" : "contiguous",
          .type = storage.type,
          .samples = info.samples,
          .features = info.features,
          .chunk_samples = storage.chunk_samples,
          .row_bytes = info.features * element,
          .file_bytes = static_cast<double>(std::filesystem::file_size(path))};
}

}  // namespace lockstep
