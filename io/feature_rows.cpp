// SPDX-License-Identifier: MIT
// Mapped rows and windowed rows.
#include "io/feature_rows.hpp"

#include <algorithm>

#include "io/block_cache.hpp"
#include "io/mapped_region.hpp"
#include "io/memory_limit.hpp"
#include "io/row_cache.hpp"
#include "io/scattered_rows.hpp"

namespace lockstep {
namespace {

/// What `visit` shows for an array: its own type where the gathering loops know it, else HDF5 converts to Scalar.
Element shown_element(const Hdf5Array& features) {
  const std::optional<Element> stored = features.stored_element();
  return stored && *stored != Element::int32 ? *stored : scalar_element;
}

class MappedRows final : public FeatureRows {
 public:
  MappedRows(const std::string& path, const Hdf5Array& features, std::uint64_t offset, bool tight)
      : element_{shown_element(features)},
        row_bytes_{static_cast<std::size_t>(features.row_size()) * bytes_of(element_)},
        region_{path, offset, static_cast<std::uint64_t>(features.rows()) * row_bytes_},
        tight_{tight} {
    if (tight_) region_.read_pages_alone();
  }

  [[nodiscard]] Element element() const override { return element_; }
  /// What memory does not hold is read row by row: the order is that of rows in memory, but they may be asked for
  /// ahead.
  [[nodiscard]] ReadPattern read_pattern() const override {
    return tight_ ? ReadPattern{.block = 1, .window = 1} : ReadPattern{};
  }
  /// All at once, so that the disk works on many and none waits for its turn.
  void prefetch(std::span<const Index> rows) const override {
    if (tight_)
      for (const Index index : rows) region_.begin_to_read(row(index), row_bytes_);
  }
  void visit(std::span<const Index> rows, const RowVisitor& body) const override {
    prefetch(rows);  // where nobody did
    const std::size_t ahead = std::max<std::size_t>(1, bytes_ahead / row_bytes_);
    for (std::size_t k = 0; k < rows.size(); ++k)
      body(k, {.numbers = row(rows[k]), .next = row(rows[std::min(k + ahead, rows.size() - 1)])});
  }
  /// Whether the rows are likely to be in memory: `asked` of them stand for all, for each question costs 1 to 2 us.
  [[nodiscard]] bool in_memory(std::span<const Index> rows, std::size_t asked) const {
    const std::size_t questions = std::min(asked, rows.size());
    for (std::size_t k = 0; k < questions; ++k)
      if (!region_.in_memory(row(rows[k * (rows.size() - 1) / std::max<std::size_t>(1, questions - 1)]))) return false;
    return true;
  }

 private:
  /// Rows in shuffled order are nothing that the processor foresees: each would begin with a wait for memory.
  static constexpr std::size_t bytes_ahead = 2048;

  [[nodiscard]] const std::byte* row(Index index) const {
    return region_.data() + static_cast<std::size_t>(index) * row_bytes_;
  }

  Element element_;
  std::size_t row_bytes_;
  MappedRegion region_;
  /// Memory will not hold all of it: neighbours of a page, read along, would push out what is still wanted.
  bool tight_;
};

/// Rows that lie in one piece, in a file that memory holds a part of at best: read ahead, past the page cache, unless
/// that has them because others read the file.
class FarRows final : public FeatureRows {
 public:
  FarRows(const std::string& path, const Hdf5Array& features, std::uint64_t offset, Index window_bytes)
      : mapped_{path, features, offset, true},
        row_bytes_{static_cast<std::size_t>(features.row_size()) * bytes_of(mapped_.element())},
        file_{path, {.offset = offset, .row_bytes = row_bytes_}},
        cache_{row_bytes_, static_cast<std::size_t>(window_bytes) / 2 / row_bytes_,
               [this](std::span<const Index> rows, std::byte* to) { file_.read(rows, to); }} {}

  [[nodiscard]] Element element() const override { return mapped_.element(); }
  [[nodiscard]] ReadPattern read_pattern() const override { return mapped_.read_pattern(); }
  void prefetch(std::span<const Index> rows) const override {
    if (!mapped_.in_memory(rows, asked_of_batch)) cache_.prefetch(rows);
  }
  void visit(std::span<const Index> rows, const RowVisitor& body) const override {
    if (!cache_.asked_for(rows) && mapped_.in_memory(rows, asked_of_shard)) {
      mapped_.visit(rows, body);
      return;
    }
    const RowCache::Rows found = cache_.get(rows);
    for (std::size_t k = 0; k < rows.size(); ++k)
      body(k, {.numbers = found.numbers[k], .next = found.numbers[std::min(k + 1, rows.size() - 1)]});
  }

 private:
  // A batch that is not asked for is waited for, row by row: of a file of which memory holds nine rows in ten 32
  // rows let 3 % of the batches pass. Its shards follow it, but for those that nobody announced.
  static constexpr std::size_t asked_of_batch = 32;
  static constexpr std::size_t asked_of_shard = 4;

  MappedRows mapped_;
  std::size_t row_bytes_;
  mutable ScatteredRows file_;
  mutable RowCache cache_;  // last: its thread reads through the members above
};

/// How many rows HDF5 is asked for at once, and how many such blocks make a window: functions of the file alone.
ReadPattern windows_of(const Hdf5Array& features, Index row_bytes, Index window_bytes) {
  constexpr Index small_block_bytes = Index{1} << 18U;  // below this a read costs more than its bytes
  const Index unit = std::clamp<Index>(features.chunk_rows(), 1, features.rows());
  const Index units = std::max<Index>(1, small_block_bytes / std::max<Index>(1, unit * row_bytes));
  const Index block = std::min(features.rows(), unit * units);
  return {.block = block, .window = std::max<Index>(1, window_bytes / (block * row_bytes))};
}

class WindowedRows final : public FeatureRows {
 public:
  WindowedRows(Hdf5File file, Hdf5Array features, Index window_bytes)
      : element_{shown_element(features)},
        row_bytes_{features.row_size() * static_cast<Index>(bytes_of(element_))},
        windows_{windows_of(features, row_bytes_, window_bytes)},
        file_{std::move(file)},
        features_{std::move(features)},
        cache_{static_cast<std::size_t>(2 * windows_.window), [this](Index block) { return read_block(block); }} {}

  [[nodiscard]] Element element() const override { return element_; }

  /// What fits into one window is kept whole, so that any order is as good.
  [[nodiscard]] ReadPattern read_pattern() const override {
    return windows_.window * windows_.block >= features_.rows() ? ReadPattern{} : windows_;
  }

  void prefetch(std::span<const Index> rows) const override {
    std::vector<Index> blocks;
    for (const Index row : rows) blocks.push_back(row / windows_.block);
    std::sort(blocks.begin(), blocks.end());
    blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
    cache_.prefetch(blocks);
  }

  void visit(std::span<const Index> rows, const RowVisitor& body) const override {
    std::vector<Index> blocks;
    for (const Index row : rows) blocks.push_back(row / windows_.block);
    const std::vector<std::shared_ptr<const Block>> found = cache_.get(blocks);
    const auto row = [&](std::size_t k) {
      return found[k]->data() + static_cast<std::size_t>(rows[k] % windows_.block * row_bytes_);
    };
    for (std::size_t k = 0; k < rows.size(); ++k)
      body(k, {.numbers = row(k), .next = row(std::min(k + 1, rows.size() - 1))});
  }

 private:
  [[nodiscard]] Block read_block(Index block) const {
    const Range rows{block * windows_.block, std::min(features_.rows(), (block + 1) * windows_.block)};
    Block bytes(static_cast<std::size_t>(rows.size() * row_bytes_));
    features_.read(rows, element_, bytes.data());
    return bytes;
  }

  Element element_;
  Index row_bytes_;
  ReadPattern windows_;
  Hdf5File file_;
  Hdf5Array features_;
  mutable BlockCache cache_;  // last: its thread reads through the members above
};

}  // namespace

std::unique_ptr<FeatureRows> open_feature_rows(Hdf5File file, Hdf5Array features, Index window_bytes,
                                               double memory_bytes) {
  const std::optional<Element> stored = features.stored_element();
  const std::optional<std::uint64_t> offset = features.file_offset();
  if (stored && *stored != Element::int32 && offset) {
    const double bytes = static_cast<double>(features.rows()) * static_cast<double>(features.row_size()) *
                         static_cast<double>(bytes_of(*stored));
    // Of what is not much larger than memory the page cache comes to hold so much that it serves better.
    if (bytes > 1.5 * memory_bytes) return std::make_unique<FarRows>(file.path(), features, *offset, window_bytes);
    return std::make_unique<MappedRows>(file.path(), features, *offset, bytes > memory_bytes / 2);
  }
  const Index row_bytes = features.row_size() * static_cast<Index>(bytes_of(shown_element(features)));
  require_memory(windows_of(features, row_bytes, window_bytes).block * row_bytes, file.path(),
                 "one chunk of /features");
  return std::make_unique<WindowedRows>(std::move(file), std::move(features), window_bytes);
}

}  // namespace lockstep
