// SPDX-License-Identifier: MIT
// Data sets to measure with: made for the purpose, and removed again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/console.hpp"
#include "io/dataset_file.hpp"
#include "parallel/communicator.hpp"

namespace lockstep {

/// What the made data sets are like.
struct BenchDataForm {
  Index samples = 400'000;
  Index features = 784;
  bool floats = false;    ///< float32 instead of uint8
  std::string directory;  ///< "": the system's for temporary files
};

/// One of them.
struct BenchDataset {
  std::string path;
  std::string name;  ///< "contiguous", "chunked", "gzip"; "": a user's file
  DatasetLayout layout{};
};

/// A directory of its own that rank 0 makes, and removes with what is in it; its name is known to all ranks.
/// Throws AgreedError when it cannot be made. Collective.
class BenchDirectory {
 public:
  BenchDirectory(const std::string& parent, Communicator& communicator);
  ~BenchDirectory();
  BenchDirectory(const BenchDirectory&) = delete;
  BenchDirectory& operator=(const BenchDirectory&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  bool owner_;
};

/// The three ways to store a data set, to be made in `directory`.
[[nodiscard]] std::vector<BenchDataset> made_data_sets(const std::string& directory);

/// Writes it: half of the features are zero, as in pictures, so that gzip has something to do. Shows progress; calls
/// `check` now and then. Throws FileError.
void make_bench_data(const BenchDataForm& form, const BenchDataset& data, Console& console,
                     const std::function<void()>& check);
void remove_bench_data(const BenchDataset& data);

/// How the features of a file lie there.
struct StoredFeatures {
  std::string layout;  ///< "contiguous" or "chunked"
  std::string type;    ///< as DatasetStorage says
  Index samples = 0;
  Index features = 0;
  Index chunk_samples = 0;
  Index row_bytes = 0;  ///< of one sample, uncompressed
  double file_bytes = 0;
};

/// Throws FileError like open_dataset.
[[nodiscard]] StoredFeatures stored_features(const std::string& path);

}  // namespace lockstep
