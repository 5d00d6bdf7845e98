// SPDX-License-Identifier: MIT
// Data sets on disk: HDF5 files as FORMAT.md specifies them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset.hpp"

namespace lockstep {

/// Opens a data set for reading. Uncompressed contiguous features are mapped into memory; chunked or compressed ones
/// are read by windows of chunks. Targets are read whole.
/// Throws FileError: not there, not HDF5, truncated, no /features, shapes that disagree, labels out of range, NaN or
/// infinity among the targets (named by row and column). NaN or infinity among the features is found when it is read:
/// gather_features then throws FileError, naming row and column.
[[nodiscard]] std::unique_ptr<Dataset> open_dataset(const std::string& path);

/// How features are stored.
struct DatasetLayout {
  Index chunk_samples = 0;  ///< 0: contiguous
  int gzip = 0;             ///< 0..9, chunked only
};

/// Writes a data set, sample after sample, in bounded memory: beside `path`, renamed on `close`. Without `close` (an
/// exception on the way) nothing is left. Refuses to replace an existing file unless `replace`. `info.samples` need not
/// be known beforehand. `extra`: further string attributes of the file, by name (the schema of a table).
class DatasetWriter {
 public:
  DatasetWriter(std::string path, const DatasetInfo& info, DatasetLayout layout = {}, bool replace = false,
                std::vector<std::pair<std::string, std::string>> extra = {});
  ~DatasetWriter();
  DatasetWriter(const DatasetWriter&) = delete;
  DatasetWriter& operator=(const DatasetWriter&) = delete;

  /// Appends samples: features in (samples, features) C order, of the type that info.byte_features says.
  void append_bytes(std::span<const std::uint8_t> features);
  void append_floats(std::span<const float> features);
  void append_labels(std::span<const Label> labels);
  void append_values(std::span<const float> values);  ///< (samples, targets) C order
  /// Checks that features and targets agree, flushes to disk, renames. Throws FileError.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// A string attribute of the file written by DatasetWriter's `extra`; "" when there is none.
[[nodiscard]] std::string extra_attribute(const std::string& path, std::string_view name);

}  // namespace lockstep
