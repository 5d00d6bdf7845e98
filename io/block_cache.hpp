// SPDX-License-Identifier: MIT
// Blocks of a file, read on one background thread and kept while they are likely to be needed.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/types.hpp"

namespace lockstep {

using Block = std::vector<std::byte>;

/// Keeps the `capacity` most recently wanted blocks; those that a caller of `get` waits for or holds come on top.
/// What the last few calls of `prefetch` asked for stays before all else: what finds no room beside it is read once
/// there is some, or when it is wanted, and nothing is read twice for having come too early. All functions are safe to
/// call from many threads at once.
class BlockCache {
 public:
  /// `read(block)` is called on the one background thread, which starts at the first request.
  BlockCache(std::size_t capacity, std::function<Block(Index)> read);
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  /// Asks for blocks, in the order in which they will be wanted; returns at once.
  void prefetch(std::span<const Index> blocks);

  /// The blocks, waiting for those not yet read (they overtake what was only prefetched).
  /// Rethrows what `read` threw; a later call tries again.
  [[nodiscard]] std::vector<std::shared_ptr<const Block>> get(std::span<const Index> blocks);

 private:
  struct Entry {
    std::shared_ptr<const Block> block;  ///< empty until read
    std::exception_ptr failure;
    std::uint64_t last_wanted = 0;
    std::uint64_t last_prefetch = 0;  ///< the number of the last that asked for it; 0: none did
    int waiting = 0;
    bool urgent = false;  ///< in the urgent queue
  };
  using Entries = std::unordered_map<Index, Entry>;
  Entry& want(Index block);
  void read_blocks();
  Index next_block();
  [[nodiscard]] bool is_due(const Entry& entry) const;
  [[nodiscard]] std::size_t loaded() const;
  [[nodiscard]] bool has_room();
  Entries::iterator oldest(bool sparing_due);
  void evict(bool sparing_due);

  static constexpr std::uint64_t kept = 3;  ///< prefetches: of this batch and of two to come

  const std::size_t capacity_;
  const std::function<Block(Index)> read_;
  std::mutex mutex_;
  std::condition_variable requested_;
  std::condition_variable read_one_;
  Entries entries_;
  std::deque<Index> urgent_;
  std::deque<Index> soon_;
  std::uint64_t clock_ = 0;
  std::uint64_t prefetches_ = 0;
  bool stopping_ = false;
  std::thread reader_;
};

}  // namespace lockstep
