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

/// Whether a data set must hold what is to be predicted.
enum class TargetsWanted { required, optional };

/// Opens a data set for reading. Uncompressed contiguous features are mapped into memory; chunked or compressed ones
/// are read by windows of chunks. Targets are read whole.
/// Throws FileError: not there, not HDF5, truncated, no /features, shapes that disagree, labels out of range, NaN or
/// infinity among the targets (named by row and column), no /targets unless they are optional (info().targets is then
/// 0, and they must not be gathered). NaN or infinity among the features is found when it is read: gather_features
/// then throws FileError, naming row and column.
[[nodiscard]] std::unique_ptr<Dataset> open_dataset(const std::string& path,
                                                    TargetsWanted targets = TargetsWanted::required);

/// How the features of a data set lie on disk.
struct DatasetStorage {
  std::string type;         ///< "uint8", "float32", "float64", or what HDF5 converts: "integers", "floating point"
  Index chunk_samples = 0;  ///< samples in each HDF5 chunk; 0: contiguous
};

/// Throws FileError like open_dataset.
[[nodiscard]] DatasetStorage dataset_storage(const std::string& path);

/// How features are stored.
struct DatasetLayout {
  Index chunk_samples = 0;  ///< 0: contiguous
  int gzip = 0;             ///< 0..9, chunked only
};

/// Writes a data set, sample after sample, in bounded memory: beside `path`, renamed on `close`. Without `close` (an
/// exception on the way) nothing is left. Refuses to replace an existing file unless `replace`. `info.samples` need not
/// be known beforehand; info.targets may be 0, for data to predict. Chunks are no longer than the samples, where their
/// number is known. `extra`: further string attributes of the file, by name (the schema of a table).
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
  /// Checks that features and targets agree, and finishes the file beside its name: after this a full disk can no
  /// longer keep it from being published. Throws FileError. Called by `close` where it was not before.
  void finish();
  /// Finishes, and gives the file its name. Throws FileError.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// A string attribute of the file written by DatasetWriter's `extra`; "" when there is none.
[[nodiscard]] std::string extra_attribute(const std::string& path, std::string_view name);

}  // namespace lockstep
