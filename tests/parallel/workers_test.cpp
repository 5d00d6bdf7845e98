// SPDX-License-Identifier: MIT
// Jobs shared out over threads.
#include "parallel/workers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace lockstep {
namespace {

constexpr int thread_counts[] = {1, 2, 3, 7};

TEST(Workers, CallEachIndexOnceHoweverShortTheJobsAre) {
  for (const int threads : thread_counts) {
    Workers workers{threads};
    EXPECT_EQ(workers.threads(), threads);
    for (const Index count : {0, 1, 2, 5, 37}) {
      for (int job = 0; job < 211; ++job) {
        std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
        workers.for_each(count, [&](Index i) { ++calls[static_cast<std::size_t>(i)]; });
        for (const auto& call : calls)
          ASSERT_EQ(call, 1) << threads << " threads, " << count << " indices, job " << job;
      }
    }
  }
}

TEST(Workers, BeginEachWorkersIndicesInOrder) {
  for (const int threads : {1, 3}) {
    Workers workers{threads};
    std::mutex mutex;
    std::map<std::pair<std::thread::id, Index>, std::vector<Index>> begun;
    workers.for_each(1009, [&](Index i) {
      const std::lock_guard lock{mutex};
      begun[{std::this_thread::get_id(), i % threads}].push_back(i);
    });
    for (const auto& [share, indices] : begun) EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
  }
}

TEST(Workers, TakeOverWhatAnotherHasNotBegun) {
  Workers workers{2};
  for (int job = 0; job < 7; ++job) {
    std::atomic<int> others = 0;
    bool saw_all = false;
    workers.for_each(11, [&](Index i) {
      if (i != 0) {
        ++others;
        return;
      }
      // The worker that began with index 0 gets to none of its other ones.
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
      while (others < 10 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
      saw_all = others == 10;
    });
    ASSERT_TRUE(saw_all);
  }
}

TEST(Workers, GoOnAfterAPauseThatPutsThemToSleep) {
  Workers workers{3};
  for (int job = 0; job < 5; ++job) {
    std::atomic<Index> sum = 0;
    workers.for_each(101, [&](Index i) { sum += i; });
    EXPECT_EQ(sum, 5050);
    std::this_thread::sleep_for(std::chrono::milliseconds{3});
  }
}

TEST(Workers, SeveralShareTheMachine) {
  Workers first{2};
  Workers second{3};
  for (int job = 0; job < 53; ++job) {
    std::atomic<int> calls = 0;
    first.for_each(5, [&](Index) { ++calls; });
    second.for_each(7, [&](Index) { ++calls; });
    ASSERT_EQ(calls, 12);
  }
}

TEST(Workers, WhatABodyThrowsReachesTheCallerAndTheNextJobRuns) {
  for (const int threads : thread_counts) {
    Workers workers{threads};
    for (int job = 0; job < 17; ++job) {
      EXPECT_THROW(workers.for_each(11,
                                    [](Index i) {
                                      if (i % 5 == 3) throw std::runtime_error{"body"};
                                    }),
                   std::runtime_error);
      std::atomic<int> calls = 0;
      workers.for_each(11, [&](Index) { ++calls; });
      EXPECT_EQ(calls, 11);
    }
  }
}

}  // namespace
}  // namespace lockstep
