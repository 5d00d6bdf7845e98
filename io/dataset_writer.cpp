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
#include "io/row_spool.hpp"

namespace lockstep {
namespace {

constexpr Index buffer_bytes = Index{1} << 20U;

std::string checked_target(std::string path, const DatasetInfo& info, DatasetLayout layout, bool replace) {
  if (info.features < 1 || info.targets < 1) {
    throw FileError{path,
                    fmt::format("cannot be written with {} features and {} targets; a data set needs at least one "
                                "of each",
                                info.features, info.targets)};
  }
  if (!replace && std::filesystem::exists(path)) {
    throw FileError{path, "the file exists already; choose another name, or ask for it to be replaced"};
  }
  if (layout.gzip < 0 || layout.gzip > 9 || layout.chunk_samples < 0 ||
      (layout.gzip > 0 && layout.chunk_samples == 0)) {
    throw FileError{path, fmt::format("cannot be written with chunks of {} samples and gzip {}; compression is 0 to 9 "
                                      "and needs chunks of at least one sample",
                                      layout.chunk_samples, layout.gzip)};
  }
  return path;
}

}  // namespace

/// Features go to the file as they come: at once where the number of samples is known or chunks may grow, else by
/// way of a spool. Targets are small and wait in memory.
class DatasetWriter::Impl {
 public:
  Impl(std::string path, const DatasetInfo& info, DatasetLayout layout, bool replace,
       const std::vector<std::pair<std::string, std::string>>& extra)
      : path_{checked_target(std::move(path), info, layout, replace)},
        info_{info},
        layout_{layout},
        element_{info.byte_features ? Element::uint8 : Element::float32},
        row_bytes_{info.features * static_cast<Index>(bytes_of(element_))},
        file_{Hdf5File::create_temporary(path_)} {
    const Index unit = std::max<Index>(1, layout.chunk_samples);
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
    assert(info_.task == Task::classification);
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
    assert(info_.task == Task::regression && static_cast<Index>(values.size()) % info_.targets == 0);
    values_.insert(values_.end(), values.begin(), values.end());
  }

  [[nodiscard]] Element element() const noexcept { return element_; }

  void close() {
    write_pending();
    const bool classes = info_.task == Task::classification;
    const auto targets =
        classes ? static_cast<Index>(labels_.size()) : static_cast<Index>(values_.size()) / info_.targets;
    check_counts(targets);
    if (spool_) write_spooled_features();
    const bool one_axis = classes || info_.targets == 1;
    const Element element = classes ? Element::int32 : Element::float32;
    const std::vector<Index> shape =
        one_axis ? std::vector<Index>{targets} : std::vector<Index>{targets, info_.targets};
    const void* data = classes ? static_cast<const void*>(labels_.data()) : static_cast<const void*>(values_.data());
    Hdf5Array::create(file_, "/targets", shape, element).write({0, targets}, element, data);
    features_.reset();
    file_.close();
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

  void check_counts(Index targets) const {
    if (rows_ != targets) {
      throw FileError{path_, fmt::format("{} samples have features and {} have targets; give both for each sample",
                                         rows_, targets)};
    }
    if (rows_ == 0) throw FileError{path_, "no samples were given; a data set needs at least one"};
    if (features_ && features_->rows() != rows_) {
      throw FileError{path_, fmt::format("{} of the announced {} samples arrived; announce the right number, or 0",
                                         rows_, features_->rows())};
    }
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
  DatasetLayout layout_;
  Element element_;
  Index row_bytes_;
  Index flush_rows_ = 1;
  Hdf5File file_;
  std::optional<Hdf5Array> features_;
  std::optional<RowSpool> spool_;
  std::vector<std::byte> pending_;  ///< rows not yet written
  Index rows_ = 0;                  ///< rows written or spooled
  std::vector<Label> labels_;
  std::vector<float> values_;
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

void DatasetWriter::close() { impl_->close(); }

}  // namespace lockstep
