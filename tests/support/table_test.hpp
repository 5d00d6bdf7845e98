// SPDX-License-Identifier: MIT
// Importing a table from a text and looking at what came of it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/error.hpp"
#include "io/table_import.hpp"
#include "tests/support/temporary_file.hpp"

namespace lockstep {

using Rows = std::vector<std::vector<float>>;

/// What a data set file holds, rows as samples.
struct Content {
  DatasetInfo info;
  std::vector<std::vector<float>> features;
  std::vector<Label> labels;
  std::vector<float> values;
};

inline Content content_of(const std::string& path) {
  const auto data = open_dataset(path);
  Content content{.info = data->info(), .features = {}, .labels = {}, .values = {}};
  const Index samples = content.info.samples;
  std::vector<Index> rows(static_cast<std::size_t>(samples));
  for (Index i = 0; i < samples; ++i) rows[static_cast<std::size_t>(i)] = i;
  AlignedBuffer buffer{panel_scalars(content.info.features, samples)};
  const Panel panel{buffer.data(), content.info.features, samples, padded(content.info.features)};
  data->gather_features(rows, {}, panel);
  for (Index i = 0; i < samples; ++i) {
    content.features.emplace_back(panel.column(i), panel.column(i) + content.info.features);
  }
  if (content.info.task == Task::classification) {
    content.labels.resize(rows.size());
    data->gather_labels(rows, content.labels);
    return content;
  }
  AlignedBuffer values{panel_scalars(1, samples)};
  const Panel value_panel{values.data(), 1, samples, padded(1)};
  data->gather_values(rows, {}, value_panel);
  for (Index i = 0; i < samples; ++i) content.values.push_back(static_cast<float>(*value_panel.column(i)));
  return content;
}

class TableTest : public testing::Test {
 protected:
  /// Imports `text`; `change` fills in the request.
  template <class Change>
  TableReport import_text(const std::string& text, Change&& change, bool replace = true) {
    const TemporaryFile table{text, ".csv"};
    table_path_ = table.path();
    TableImport request;
    request.table = table.path();
    request.target = "last";
    change(request);
    return import_table(request, {.path = output_.path(), .layout = {}, .replace = replace});
  }
  TableReport import_text(const std::string& text) {
    return import_text(text, [](TableImport&) {});
  }
  [[nodiscard]] Content content() const { return content_of(output_.path()); }

  /// The message of the error that importing `text` ends in, the table's path replaced by TABLE.
  template <class Change>
  std::string failure(const std::string& text, Change&& change) {
    std::string message = "no failure";
    std::filesystem::remove(output_.path());
    try {
      (void)import_text(text, change, false);
    } catch (const RequestError& error) {
      message = error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(output_.path())) << "something was written";
    for (std::size_t at = message.find(table_path_); at != std::string::npos; at = message.find(table_path_)) {
      message.replace(at, table_path_.size(), "TABLE");
    }
    return message;
  }
  std::string failure(const std::string& text) {
    return failure(text, [](TableImport&) {});
  }

  TemporaryFile output_;
  std::string table_path_;
};

}  // namespace lockstep
