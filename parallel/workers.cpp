// SPDX-License-Identifier: MIT
// Worker threads in a oneTBB arena.
#include "parallel/workers.hpp"

#include <sched.h>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <thread>

#include "parallel/floating_point_mode.hpp"

namespace lockstep {

/// `permission` lets oneTBB start more threads than it counts cores when asked to.
struct Workers::Arena {
  explicit Arena(int threads)
      : permission{tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)}, arena{threads} {}
  tbb::global_control permission;
  tbb::task_arena arena;
};

int available_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Workers::Workers(int threads) : threads_{threads > 0 ? threads : available_cores()} {
  if (threads_ > 1) arena_ = std::make_unique<Arena>(threads_);
}

Workers::~Workers() = default;

void Workers::for_each(Index count, const std::function<void(Index)>& body) {
  if (arena_ == nullptr || count == 1) {
    const FlushDenormals mode;
    for (Index i = 0; i < count; ++i) body(i);
    return;
  }
  arena_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<Index>(0, count, 1),
        [&](const tbb::blocked_range<Index>& range) {
          const FlushDenormals mode;
          for (Index i = range.begin(); i < range.end(); ++i) body(i);
        },
        tbb::simple_partitioner{});
  });
}

}  // namespace lockstep
