// SPDX-License-Identifier: MIT
#include "io/block_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace lockstep {
namespace {

/// A block that knows its number, and a record of what was read.
class Source {
 public:
  Block read(Index block) {
    const std::lock_guard lock{mutex_};
    order_.push_back(block);
    if (block == failing_) throw std::runtime_error{"block " + std::to_string(block)};
    return Block(static_cast<std::size_t>(block) + 1, static_cast<std::byte>(block));
  }
  void fail_on(Index block) {
    const std::lock_guard lock{mutex_};
    failing_ = block;
  }
  [[nodiscard]] std::vector<Index> order() {
    const std::lock_guard lock{mutex_};
    return order_;
  }

 private:
  std::mutex mutex_;
  std::vector<Index> order_;
  Index failing_ = -1;
};

std::vector<std::size_t> sizes(const std::vector<std::shared_ptr<const Block>>& blocks) {
  std::vector<std::size_t> result;
  for (const auto& block : blocks) result.push_back(block->size());
  return result;
}

TEST(BlockCache, ReadsOnDemandAndKeepsWhatItRead) {
  Source source;
  BlockCache cache{3, [&](Index block) { return source.read(block); }};
  EXPECT_EQ(sizes(cache.get(std::vector<Index>{2, 0, 2, 1})), (std::vector<std::size_t>{3, 1, 3, 2}));
  EXPECT_EQ(sizes(cache.get(std::vector<Index>{1, 2})), (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(source.order(), (std::vector<Index>{2, 0, 1}));
}

TEST(BlockCache, ForgetsTheBlockWantedLeastRecently) {
  Source source;
  BlockCache cache{2, [&](Index block) { return source.read(block); }};
  for (const Index block : {0, 1, 0, 2, 0, 1}) (void)cache.get(std::vector<Index>{block});
  EXPECT_EQ(source.order(), (std::vector<Index>{0, 1, 2, 1}));
}

TEST(BlockCache, GivesMoreBlocksAtOnceThanItKeeps) {
  Source source;
  BlockCache cache{2, [&](Index block) { return source.read(block); }};
  EXPECT_EQ(sizes(cache.get(std::vector<Index>{6, 5, 4, 3, 2, 1, 0})), (std::vector<std::size_t>{7, 6, 5, 4, 3, 2, 1}));
}

TEST(BlockCache, PrefetchedBlocksAreReadOnce) {
  Source source;
  BlockCache cache{5, [&](Index block) { return source.read(block); }};
  cache.prefetch(std::vector<Index>{4, 2});
  cache.prefetch(std::vector<Index>{2, 3});
  EXPECT_EQ(sizes(cache.get(std::vector<Index>{2, 3, 4})), (std::vector<std::size_t>{3, 4, 5}));
  EXPECT_EQ(source.order().size(), 3U);
}

/// Blocks [first, first + count).
std::vector<Index> blocks_from(Index first, Index count) {
  std::vector<Index> blocks(static_cast<std::size_t>(count));
  std::iota(blocks.begin(), blocks.end(), first);
  return blocks;
}

/// Batches of three blocks; as in training two are asked for before the first is taken, block after block, and one more
/// with each.
TEST(BlockCache, ReadsEachBlockOnceWhateverIsAskedForAhead) {
  constexpr Index batch = 3;
  constexpr Index batches = 11;
  for (const std::size_t capacity : {4U, 6U, 7U, 9U, 11U}) {
    Source source;
    BlockCache cache{capacity, [&](Index block) { return source.read(block); }};
    cache.prefetch(blocks_from(0, batch));
    cache.prefetch(blocks_from(batch, batch));
    for (Index k = 0; k < batches; ++k) {
      cache.prefetch(blocks_from((k + 2) * batch, batch));
      std::this_thread::sleep_for(std::chrono::milliseconds{2});  // who reads too much has the time to
      for (const Index block : blocks_from(k * batch, batch)) (void)cache.get(std::vector<Index>{block});
    }
    std::vector<Index> read = source.order();
    std::sort(read.begin(), read.end());
    read.resize(std::min(read.size(), static_cast<std::size_t>(batches * batch)));
    EXPECT_EQ(read, blocks_from(0, batches * batch)) << capacity << " blocks are kept";
  }
}

TEST(BlockCache, KeepsWhatIsReadAfterTheLastPrefetch) {
  Source source;
  BlockCache cache{3, [&](Index block) { return source.read(block); }};
  for (const Index first : {0, 3, 6}) cache.prefetch(blocks_from(first, 3));
  (void)cache.get(blocks_from(0, 9));
  for (int round = 0; round < 5; ++round) (void)cache.get(blocks_from(20, 3));
  const std::vector<Index> read = source.order();
  EXPECT_EQ(std::count_if(read.begin(), read.end(), [](Index block) { return block >= 20; }), 3);
}

TEST(BlockCache, PassesFailuresOnAndTriesAgain) {
  Source source;
  BlockCache cache{3, [&](Index block) { return source.read(block); }};
  source.fail_on(1);
  EXPECT_THROW((void)cache.get(std::vector<Index>{0, 1, 1, 2}), std::runtime_error);
  source.fail_on(-1);
  EXPECT_EQ(sizes(cache.get(std::vector<Index>{0, 1, 2})), (std::vector<std::size_t>{1, 2, 3}));
}

TEST(BlockCache, ServesManyThreadsWithLessRoomThanTheyNeed) {
  Source source;
  BlockCache cache{3, [&](Index block) { return source.read(block); }};
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (Index thread = 0; thread < 5; ++thread) {
    threads.emplace_back([&cache, &wrong, thread] {
      for (Index round = 0; round < 200; ++round) {
        const std::vector<Index> wanted{(thread + round) % 13, (3 * round) % 13, (thread * round) % 13};
        cache.prefetch(std::vector<Index>{(round + 5) % 13});
        const auto blocks = cache.get(wanted);
        for (std::size_t k = 0; k < wanted.size(); ++k) {
          if (blocks[k]->size() != static_cast<std::size_t>(wanted[k]) + 1) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(BlockCache, EndsWithRequestsStillWaiting) {
  Source source;
  {
    BlockCache cache{2, [&](Index block) { return source.read(block); }};
    for (Index block = 0; block < 1000; ++block) cache.prefetch(std::vector<Index>{block});
  }
  SUCCEED();
}

}  // namespace
}  // namespace lockstep
