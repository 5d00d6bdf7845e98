// SPDX-License-Identifier: MIT
#include "io/row_cache.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <future>
#include <iterator>
#include <stdexcept>
#include <string>

namespace lockstep {
namespace {

/// Rows that know their numbers, and a record of what was read.
class Source {
 public:
  void read(std::span<const Index> rows, std::byte* to) {
    const std::lock_guard lock{mutex_};
    for (const Index row : rows) {
      read_.push_back(row);
      if (row == failing_) throw std::runtime_error{"row " + std::to_string(row)};
    }
    std::memcpy(to, rows.data(), rows.size_bytes());
  }
  void fail_on(Index row) {
    const std::lock_guard lock{mutex_};
    failing_ = row;
  }
  [[nodiscard]] std::vector<Index> rows_read() {
    const std::lock_guard lock{mutex_};
    return read_;
  }

 private:
  std::mutex mutex_;
  std::vector<Index> read_;
  Index failing_ = -1;
};

class RowCacheTest : public ::testing::Test {
 protected:
  /// What the cache shows for these rows.
  std::vector<Index> rows(const std::vector<Index>& wanted) {
    const RowCache::Rows found = cache_.get(wanted);
    std::vector<Index> numbers(wanted.size());
    for (std::size_t k = 0; k < wanted.size(); ++k) std::memcpy(&numbers[k], found.numbers[k], sizeof(Index));
    return numbers;
  }

  Source source_;
  RowCache cache_{sizeof(Index), 5, [this](std::span<const Index> rows, std::byte* to) { source_.read(rows, to); }};
};

using Indices = std::vector<Index>;

TEST_F(RowCacheTest, ReadsOnDemandAndEachRowOnce) {
  EXPECT_EQ(rows({7, 3, 7, 11}), (Indices{7, 3, 7, 11}));
  EXPECT_EQ(source_.rows_read(), (Indices{3, 7, 11}));
  EXPECT_EQ(rows({}), Indices{});
}

TEST_F(RowCacheTest, PrefetchedRowsAreReadOnceAndMayBeAskedForTwice) {
  cache_.prefetch(Indices{5, 2});
  cache_.prefetch(Indices{13, 3, 13});
  EXPECT_EQ(rows({13, 2}), (Indices{13, 2}));
  EXPECT_EQ(rows({5, 3, 2}), (Indices{5, 3, 2}));
  EXPECT_EQ(source_.rows_read(), (Indices{2, 5, 3, 13}));
}

TEST_F(RowCacheTest, ReadsTheRowsThatAPrefetchLeftOut) {
  cache_.prefetch(Indices{1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(rows({6, 5, 8, 1}), (Indices{6, 5, 8, 1}));
  EXPECT_EQ(source_.rows_read(), (Indices{1, 2, 3, 4, 5, 6, 8}));
}

TEST_F(RowCacheTest, ForgetsAllButTheLastPrefetches) {
  for (const Index row : {1, 2, 3, 4, 5}) cache_.prefetch(Indices{row});
  EXPECT_EQ(rows({5, 2}), (Indices{5, 2}));
  const std::size_t before = source_.rows_read().size();
  EXPECT_EQ(rows({1}), Indices{1});
  EXPECT_EQ(source_.rows_read().size(), before + 1);
}

TEST_F(RowCacheTest, KnowsWhatItWasAskedFor) {
  EXPECT_FALSE(cache_.asked_for(Indices{1}));
  for (const Index row : {1, 2, 3, 4, 5}) cache_.prefetch(Indices{row, row + 10});
  EXPECT_TRUE(cache_.asked_for(Indices{2, 12}));
  EXPECT_FALSE(cache_.asked_for(Indices{2, 13})) << "of two requests";
  EXPECT_FALSE(cache_.asked_for(Indices{1, 11})) << "forgotten";
}

TEST_F(RowCacheTest, RowsStayWhereTheyAreForWhoHoldsThem) {
  cache_.prefetch(Indices{17});
  const RowCache::Rows held = cache_.get(Indices{17});
  for (Index row = 0; row < 13; ++row) cache_.prefetch(Indices{row});
  EXPECT_EQ(rows({12}), Indices{12});
  Index number = 0;
  std::memcpy(&number, held.numbers[0], sizeof number);
  EXPECT_EQ(number, 17);
}

TEST_F(RowCacheTest, PassesFailuresToWhoeverWantsTheRowAndTriesAgain) {
  source_.fail_on(3);
  cache_.prefetch(Indices{2, 3});
  EXPECT_EQ(rows({2}), Indices{2});
  EXPECT_THROW((void)rows({2, 3}), std::runtime_error);
  source_.fail_on(-1);
  EXPECT_EQ(rows({3, 2}), (Indices{3, 2}));
}

TEST_F(RowCacheTest, ServesManyThreads) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (Index thread = 0; thread < 5; ++thread) {
    threads.emplace_back([this, &wrong, thread] {
      for (Index round = 0; round < 200; ++round) {
        cache_.prefetch(Indices{(round + 5) % 13, (thread * round) % 13});
        const Indices wanted{(thread + round) % 13, (3 * round) % 13, (thread * round) % 13};
        if (rows(wanted) != wanted) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

/// Whether a thread of this process sleeps.
bool sleeps(int thread) {
  std::ifstream file{"/proc/self/task/" + std::to_string(thread) + "/stat"};
  const std::string stat{std::istreambuf_iterator<char>{file}, {}};
  return stat.find(") S ") != std::string::npos;
}

/// A cache whose thread is kept at reading row 0, until others have asked for more.
class BusyRowCache : public ::testing::Test {
 protected:
  void SetUp() override {
    cache_.prefetch(Indices{0});
    begun_.get_future().wait();
  }
  void TearDown() override { go_on(); }
  void go_on() {
    if (!gone_on_) gate_.set_value();
    gone_on_ = true;
  }

  /// Rows in the order in which they are read when, last of all, somebody waits for `urgent`; then `rest` is read.
  Indices order_with(Index urgent, const Indices& rest) {
    std::promise<int> waiting;
    std::thread waiter{[&] {
      waiting.set_value(static_cast<int>(::gettid()));
      (void)cache_.get(Indices{urgent});
    }};
    const int thread = waiting.get_future().get();
    while (!sleeps(thread)) std::this_thread::yield();
    go_on();
    waiter.join();
    (void)cache_.get(rest);
    return source_.rows_read();
  }

  void read(std::span<const Index> rows, std::byte* to) {
    if (rows.front() == 0) {
      begun_.set_value();
      gate_.get_future().wait();
    }
    source_.read(rows, to);
  }

  std::promise<void> begun_;
  std::promise<void> gate_;
  bool gone_on_ = false;
  Source source_;
  RowCache cache_{sizeof(Index), 5, [this](std::span<const Index> rows, std::byte* to) { read(rows, to); }};
};

TEST_F(BusyRowCache, RowsThatSomebodyWaitsForOvertakePrefetches) {
  for (const Index row : {1, 2, 3}) cache_.prefetch(Indices{row});
  EXPECT_EQ(order_with(9, {1, 2, 3}), (Indices{0, 9, 1, 2, 3}));
}

TEST_F(BusyRowCache, PrefetchesThatOthersPushedOutAreReadOnlyIfWanted) {
  for (const Index row : {1, 2, 3, 4, 5, 6}) cache_.prefetch(Indices{row});
  EXPECT_EQ(order_with(2, {3, 4, 5, 6}), (Indices{0, 2, 3, 4, 5, 6}));
}

TEST(RowCache, EndsWithRequestsStillWaiting) {
  Source source;
  {
    RowCache cache{sizeof(Index), 5, [&](std::span<const Index> rows, std::byte* to) { source.read(rows, to); }};
    for (Index row = 0; row < 1000; ++row) cache.prefetch(Indices{row});
  }
  SUCCEED();
}

}  // namespace
}  // namespace lockstep
