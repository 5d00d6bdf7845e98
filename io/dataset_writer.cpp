// SPDX-License-Identifier: MIT
// Writing data sets sample after sample.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <optional>

#include "core/error.hpp"
#include "io/dataset_description.hpp"
#include "io/dataset_file.hpp"
#include "io/durable_file.hpp"
#include "io/hdf5_attribute.hpp"
#include "io/output_path.hpp"
#include "io/row_output.hpp"

namespace lockstep {
namespace {

/// HDF5 allows 4 GiB; a reader holds two windows of at least a chunk each.
constexpr Index most_chunk_bytes = Index{1} << 30U;

std::string checked_target(std::string path, const DatasetInfo& info, bool replace) {
  require_writable(path, replace);
  if (info.features < 1 || info.targets < 0) {
    throw FileError{path,
                    fmt::format("cannot be written with {} features and {} targets; a data set needs at least one "
                                "feature",
                                info.features, info.targets)};
  }
  return path;
}

/// Chunks no longer than the data.
DatasetLayout checked_layout(const std::string& path, const DatasetInfo& info, DatasetLayout layout, Index row_bytes) {
  if (layout.gzip < 0 || layout.gzip > 9 || layout.chunk_samples < 0 ||
      (layout.gzip > 0 && layout.chunk_samples == 0)) {
    throw FileError{path, fmt::format("cannot be written with chunks of {} samples and gzip {}; compression is 0 to 9 "
                                      "and needs chunks of at least one sample",
                                      layout.chunk_samples, layout.gzip)};
  }
  if (info.samples > 0) layout.chunk_samples = std::min(layout.chunk_samples, info.samples);
  if (layout.chunk_samples > most_chunk_bytes / row_bytes) {
    throw FileError{path,
                    fmt::format("cannot be written in chunks of {} samples of {} bytes; a chunk has at most 1 GiB, "
                                "so choose --chunk up to {}",
                                layout.chunk_samples, row_bytes, most_chunk_bytes / row_bytes)};
  }
  return layout;
}

/// Throws when the disk has no room for so many samples; 0 when not known.
void require_space(const std::string& path, Index samples, Index row_bytes) {
  std::error_code unknown;
  const std::filesystem::path folder = std::filesystem::path{path}.parent_path();
  const std::filesystem::space_info disk = std::filesystem::space(folder.empty() ? "." : folder, unknown);
  if (unknown || samples <= static_cast<Index>(disk.available / static_cast<std::uintmax_t>(row_bytes))) return;
  throw FileError{path, fmt::format("{} samples of {} bytes do not fit on its disk, which has {} bytes free; choose "
                                    "fewer samples or another disk",
                                    samples, row_bytes, disk.available)};
}

Hdf5File created(const std::string& path, const DatasetInfo& info, DatasetLayout layout, Index row_bytes) {
  // What gzip will make of the samples is not known.
  if (layout.gzip == 0) require_space(path, info.samples, row_bytes);
  return Hdf5File::create_temporary(path);
}

}  // namespace

class DatasetWriter::Impl {
 public:
  Impl(std::string path, const DatasetInfo& info, DatasetLayout layout, bool replace,
       const std::vector<std::pair<std::string, std::string>>& extra)
      : path_{checked_target(std::move(path), info, replace)},
        info_{info},
        element_{info.byte_features ? Element::uint8 : Element::float32},
        layout_{checked_layout(path_, info, layout, row_bytes())},
        file_{created(path_, info, layout_, row_bytes())} {
    try {
      write_description(file_, info_);
      const Hdf5Attributes attributes{file_, "/"};
      for (const auto& item : extra) attributes.write_text(item.first, item.second);
      features_.emplace(file_, "/features", std::vector<Index>{info_.samples, info_.features}, element_,
                        ArrayLayout{.chunk_rows = layout_.chunk_samples, .gzip = layout_.gzip});
      if (info_.targets > 0) create_targets();
    } catch (...) {
      discard_temporary_file(path_);
      throw;
    }
  }

  ~Impl() {
    if (!published_) discard_temporary_file(path_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void append_features(std::span<const std::byte> bytes) { features_->append(bytes); }

  void append_labels(std::span<const Label> labels) {
    assert(info_.task == Task::classification && info_.targets > 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] >= 0 && (info_.classes == 0 || labels[i] < info_.classes)) continue;
      throw FileError{path_, fmt::format("sample {} (counted from 1) has label {}, outside [0, {}); number the classes "
                                         "from 0",
                                         targets_->rows() + static_cast<Index>(i) + 1, labels[i], info_.classes)};
    }
    targets_->append(std::as_bytes(labels));
  }

  void append_values(std::span<const float> values) {
    assert(info_.task == Task::regression && info_.targets > 0);
    targets_->append(std::as_bytes(values));
  }

  [[nodiscard]] Element element() const noexcept { return element_; }

  void finish() {
    if (finished_) return;
    check_counts();
    features_->finish();
    if (targets_) targets_->finish();
    file_.close();
    flush_temporary_file(path_);
    finished_ = true;
  }

  void close() {
    finish();
    publish_file(path_);
    published_ = true;
  }

 private:
  [[nodiscard]] Index row_bytes() const { return info_.features * static_cast<Index>(bytes_of(element_)); }

  void create_targets() {
    const bool classes = info_.task == Task::classification;
    std::vector<Index> shape{info_.samples};
    if (!classes && info_.targets > 1) shape.push_back(info_.targets);
    targets_.emplace(file_, "/targets", std::move(shape), classes ? Element::int32 : Element::float32);
  }

  void check_counts() const {
    const Index rows = features_->rows();
    if (targets_ && rows != targets_->rows()) {
      throw FileError{path_, fmt::format("{} samples have features and {} have targets; give both for each sample",
                                         rows, targets_->rows())};
    }
    if (rows == 0) throw FileError{path_, "no samples were given; a data set needs at least one"};
    if (info_.samples > 0 && rows != info_.samples) {
      throw FileError{path_, fmt::format("{} of the announced {} samples arrived; announce the right number, or 0",
                                         rows, info_.samples)};
    }
  }

  std::string path_;
  DatasetInfo info_;
  Element element_;
  DatasetLayout layout_;
  Hdf5File file_;
  std::optional<RowOutput> features_;
  std::optional<RowOutput> targets_;
  bool finished_ = false;
  bool published_ = false;
};

DatasetWriter::DatasetWriter(std::string path, const DatasetInfo& info, DatasetLayout layout, bool replace,
                             std::vector<std::pair<std::string, std::string>> extra)
    : impl_{std::make_unique<Impl>(std::move(path), info, layout, replace, extra)} {}

DatasetWriter::~DatasetWriter() = default;

void DatasetWriter::append_bytes(std::span<const std::uint8_t> features) {
  assert(impl_->element() == Element::uint8);
  impl_->append_features(std::as_bytes(features));
}

void DatasetWriter::append_floats(std::span<const float> features) {
  assert(impl_->element() == Element::float32);
  impl_->append_features(std::as_bytes(features));
}

void DatasetWriter::append_labels(std::span<const Label> labels) { impl_->append_labels(labels); }

void DatasetWriter::append_values(std::span<const float> values) { impl_->append_values(values); }

void DatasetWriter::finish() { impl_->finish(); }

void DatasetWriter::close() { impl_->close(); }

}  // namespace lockstep
