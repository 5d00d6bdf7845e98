// SPDX-License-Identifier: MIT
// Copying samples to one of two writers.
#include "io/dataset_split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>

#include "core/aligned_buffer.hpp"
#include "core/error.hpp"
#include "core/random.hpp"
#include "core/row_order.hpp"
#include "io/output_path.hpp"
#include "io/table_schema.hpp"

namespace lockstep {
namespace {

constexpr Index block_values = Index{1} << 18U;

/// Which row is the k-th to be copied, and whether a row goes to the first part.
struct Assignment {
  std::function<Index(Index position)> row;
  std::function<bool(Index row)> first;
};

/// Rows are visited as the file likes to be read; who goes where is decided by a permutation of its own, because a
/// window of a sorted file is no random subset.
Assignment assign(const DatasetSplit& request, const Dataset& data) {
  const Index samples = data.info().samples;
  const Index count = request.first_samples;
  if (!request.shuffle) {
    return {.row = [](Index position) { return position; }, .first = [count](Index row) { return row < count; }};
  }
  const RowOrder order{samples, data.read_pattern(), stream_key(request.seed, Purpose::split, 0)};
  const Permutation chosen{samples, stream_key(request.seed, Purpose::split, 1)};
  return {.row = [order](Index position) { return order(position); },
          .first = [chosen, count](Index row) { return chosen(row) < count; }};
}

/// Copies samples, features back in the type in which they were stored.
class SampleCopier {
 public:
  explicit SampleCopier(const Dataset& data) : data_{data}, info_{data.info()} {}

  void copy(std::span<const Index> rows, DatasetWriter& writer) {
    if (rows.empty()) return;
    const auto columns = static_cast<Index>(rows.size());
    AlignedBuffer buffer{panel_scalars(info_.features, columns)};
    const Panel features{buffer.data(), info_.features, columns, padded(info_.features)};
    data_.gather_features(rows, {}, features);
    if (info_.byte_features) {
      writer.append_bytes(plain<std::uint8_t>(features));
    } else {
      writer.append_floats(plain<float>(features));
    }
    copy_targets(rows, writer);
  }

 private:
  /// The panel's columns without padding, one after the other.
  template <class Value>
  static std::vector<Value> plain(Panel panel) {
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(panel.rows * panel.columns));
    for (Index column = 0; column < panel.columns; ++column) {
      std::transform(panel.column(column), panel.column(column) + panel.rows, std::back_inserter(values),
                     [](Scalar value) { return static_cast<Value>(value); });
    }
    return values;
  }

  void copy_targets(std::span<const Index> rows, DatasetWriter& writer) {
    if (info_.targets == 0) return;
    const auto columns = static_cast<Index>(rows.size());
    if (info_.task == Task::classification) {
      std::vector<Label> labels(rows.size());
      data_.gather_labels(rows, labels);
      writer.append_labels(labels);
      return;
    }
    AlignedBuffer buffer{panel_scalars(info_.targets, columns)};
    const Panel values{buffer.data(), info_.targets, columns, padded(info_.targets)};
    data_.gather_values(rows, {}, values);
    writer.append_values(plain<float>(values));
  }

  const Dataset& data_;
  const DatasetInfo& info_;
};

void check_request(const DatasetSplit& request, const DatasetInfo& info, const DatasetOutput& first,
                   const DatasetOutput& rest) {
  // The same file under two names counts, but not two files that are not there yet.
  std::error_code absent;
  if (std::filesystem::absolute(first.path).lexically_normal() ==
          std::filesystem::absolute(rest.path).lexically_normal() ||
      std::filesystem::equivalent(first.path, rest.path, absent)) {
    throw RequestError{fmt::format("{} is named for both parts; they need two names", first.path)};
  }
  if (request.first_samples < 1 || request.first_samples >= info.samples) {
    throw RequestError{
        fmt::format("--at: {} samples of the {} in {} would leave one part empty; split between 1 and {}",
                    request.first_samples, info.samples, request.input, info.samples - 1)};
  }
  require_writable(first.path, first.replace, {request.input});
  require_writable(rest.path, rest.replace, {request.input});
}

}  // namespace

void split_dataset(const DatasetSplit& request, const DatasetOutput& first, const DatasetOutput& rest,
                   const WorkProgress& progress) {
  const std::unique_ptr<Dataset> data = open_dataset(request.input, TargetsWanted::optional);
  const DatasetInfo& info = data->info();
  check_request(request, info, first, rest);
  std::vector<std::pair<std::string, std::string>> extra;
  if (std::string schema = extra_attribute(request.input, schema_attribute); !schema.empty()) {
    extra.emplace_back(schema_attribute, std::move(schema));
  }
  DatasetInfo part = info;
  part.samples = request.first_samples;
  DatasetWriter first_writer{first.path, part, first.layout, first.replace, extra};
  part.samples = info.samples - request.first_samples;
  DatasetWriter rest_writer{rest.path, part, rest.layout, rest.replace, extra};

  const Assignment assignment = assign(request, *data);
  SampleCopier copier{*data};
  const Index block = std::max(Index{1}, block_values / info.features);
  for (Index begin = 0; begin < info.samples; begin += block) {
    std::array<std::vector<Index>, 2> rows;
    for (Index position = begin; position < std::min(info.samples, begin + block); ++position) {
      const Index row = assignment.row(position);
      rows[assignment.first(row) ? 0 : 1].push_back(row);
    }
    copier.copy(rows[0], first_writer);
    copier.copy(rows[1], rest_writer);
    if (progress) progress(static_cast<double>(begin) / static_cast<double>(info.samples));
  }
  first_writer.finish();
  rest_writer.finish();
  first_writer.close();
  rest_writer.close();
}

}  // namespace lockstep
