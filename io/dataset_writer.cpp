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
#include "io/row_spool.hpp"

namespace lockstep {
namespace {

constexpr Index buffer_bytes = Index{1} << 20U;

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

/// Features go to the file as they come: at once where the number of samples is known or chunks may grow, else by
/// way of a spool. Targets are small and wait in memory.
class DatasetWriter::Impl {
 public:
  Impl(std::string path, const DatasetInfo& info, DatasetLayout layout, bool replace,
       const std::vector<std::pair<std::string, std::string>>& extra)
      : path_{checked_target(std::move(path), info, replace)},
        info_{info},
        element_{info.byte_features ? Element::uint8 : Element::float32},
        row_bytes_{info.features * static_cast<Index>(bytes_of(element_))},
        layout_{checked_layout(path_, info, layout, row_bytes_)},
        file_{created(path_, info, layout_, row_bytes_)} {
    const Index unit = std::max<Index>(1, layout_.chunk_samples);
    flush_rows_ = unit * std::max<Index>(1, buffer_bytes / std::max<Index>(1, unit * row_bytes_));
    try {
      write_description(file_, info_);
      const Hdf5Attributes attributes{file_, "/"};
      for (const auto& item : extra) attributes.write_text(item.first, item.second);
      if (layout_.chunk_samples > 0) {
        create_features(0);
      } else if (info_.samples > 0) {
        create_features(info_.samples);
      } else {
        spool_.emplace(path_);
      }
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

  void append_features(std::span<const std::byte> bytes) {
    assert(static_cast<Index>(bytes.size()) % row_bytes_ == 0);
    const auto flush_bytes = static_cast<std::size_t>(flush_rows_ * row_bytes_);
    while (!bytes.empty()) {
      const bool direct = pending_.empty() && bytes.size() >= flush_bytes;
      const std::size_t count =
          direct ? bytes.size() / flush_bytes * flush_bytes : std::min(bytes.size(), flush_bytes - pending_.size());
      const std::span<const std::byte> part = bytes.first(count);
      bytes = bytes.subspan(count);
      if (direct) {
        write_rows(part);
        continue;
      }
      pending_.insert(pending_.end(), part.begin(), part.end());
      if (pending_.size() == flush_bytes) write_pending();
    }
  }

  void append_labels(std::span<const Label> labels) {
    assert(info_.task == Task::classification && info_.targets > 0);
    for (const Label label : labels) {
      if (label < 0 || (info_.classes > 0 && label >= info_.classes)) {
        throw FileError{path_,
                        fmt::format("sample {} (counted from 1) has label {}, outside [0, {}); number the classes "
                                    "from 0",
                                    labels_.size() + 1, label, info_.classes)};
      }
      labels_.push_back(label);
    }
  }

  void append_values(std::span<const float> values) {
    assert(info_.task == Task::regression && info_.targets > 0 &&
           static_cast<Index>(values.size()) % info_.targets == 0);
    values_.insert(values_.end(), values.begin(), values.end());
  }

  [[nodiscard]] Element element() const noexcept { return element_; }

  void finish() {
    if (finished_) return;
    write_pending();
    check_counts();
    if (spool_) write_spooled_features();
    if (info_.targets > 0) write_targets();
    features_.reset();
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
  void create_features(Index rows) {
    features_.emplace(Hdf5Array::create(file_, "/features", {rows, info_.features}, element_,
                                        {.chunk_rows = layout_.chunk_samples, .gzip = layout_.gzip}));
  }

  void write_rows(std::span<const std::byte> bytes) {
    const Range rows{rows_, rows_ + static_cast<Index>(bytes.size()) / row_bytes_};
    rows_ = rows.end;
    if (rows.empty()) return;
    if (!features_) {
      spool_->append(bytes);
      return;
    }
    if (layout_.chunk_samples > 0) features_->resize(rows.end);
    if (rows.end > features_->rows()) {
      throw FileError{path_, fmt::format("more than the announced {} samples arrived; announce the right number, or 0",
                                         features_->rows())};
    }
    features_->write(rows, element_, bytes.data());
  }

  void write_pending() {
    write_rows(pending_);
    pending_.clear();
  }

  [[nodiscard]] Index targets_given() const {
    if (info_.task == Task::classification) return static_cast<Index>(labels_.size());
    return static_cast<Index>(values_.size()) / std::max<Index>(1, info_.targets);
  }

  void check_counts() const {
    if (info_.targets > 0 && rows_ != targets_given()) {
      throw FileError{path_, fmt::format("{} samples have features and {} have targets; give both for each sample",
                                         rows_, targets_given())};
    }
    if (rows_ == 0) throw FileError{path_, "no samples were given; a data set needs at least one"};
    if (features_ && features_->rows() != rows_) {
      throw FileError{path_, fmt::format("{} of the announced {} samples arrived; announce the right number, or 0",
                                         rows_, features_->rows())};
    }
  }

  void write_targets() {
    const bool classes = info_.task == Task::classification;
    const bool one_axis = classes || info_.targets == 1;
    const Element element = classes ? Element::int32 : Element::float32;
    const std::vector<Index> shape = one_axis ? std::vector<Index>{rows_} : std::vector<Index>{rows_, info_.targets};
    const void* data = classes ? static_cast<const void*>(labels_.data()) : static_cast<const void*>(values_.data());
    Hdf5Array::create(file_, "/targets", shape, element).write({0, rows_}, element, data);
  }

  void write_spooled_features() {
    create_features(rows_);
    Range rows{0, 0};
    spool_->replay(static_cast<std::size_t>(flush_rows_ * row_bytes_), [&](std::span<const std::byte> bytes) {
      rows = {rows.end, rows.end + static_cast<Index>(bytes.size()) / row_bytes_};
      features_->write(rows, element_, bytes.data());
    });
    spool_.reset();
  }

  std::string path_;
  DatasetInfo info_;
  Element element_;
  Index row_bytes_;
  DatasetLayout layout_;
  Index flush_rows_ = 1;
  Hdf5File file_;
  std::optional<Hdf5Array> features_;
  std::optional<RowSpool> spool_;
  std::vector<std::byte> pending_;  ///< rows not yet written
  Index rows_ = 0;                  ///< rows written or spooled
  std::vector<Label> labels_;
  std::vector<float> values_;
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
