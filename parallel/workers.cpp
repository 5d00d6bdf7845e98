// SPDX-License-Identifier: MIT
// Worker threads of a oneTBB arena that stay awake between the short jobs of a step.
#include "parallel/workers.hpp"

#include <sched.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

#include "core/random.hpp"
#include "parallel/floating_point_mode.hpp"

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a helper looks for the next job before it lets oneTBB put its thread to sleep: longer than what lies
/// between two jobs of a step, shorter than anyone would notice. Waking a sleeping thread takes tens of microseconds,
/// and a step of a small network as a whole not many more.
constexpr auto patience = std::chrono::microseconds{500};

void pause_briefly() {
#if defined(__SSE2__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

std::atomic<std::uint64_t> perturbation = 0;

/// Nothing, some microseconds, or long enough for another thread to do all the rest.
void linger(std::uint64_t seed) {
  static std::atomic<std::uint64_t> calls = 0;
  const auto word = random_words(stream_key(seed, Purpose::synthetic), calls.fetch_add(1), 0)[0];
  if (word % 4 == 0) std::this_thread::sleep_for(std::chrono::microseconds{word / 4 % 256});
}

}  // namespace

void perturb_schedule(std::uint64_t seed) noexcept { perturbation = seed; }

/// The caller opens a job, works on it, and closes it; helpers, tasks in the arena, join while it is open. Nobody waits
/// for a helper that has not joined, so a job ends however late threads start.
class Workers::Team {
 public:
  explicit Team(int threads)
      : permission_{tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)},
        arena_{threads},
        helpers_{threads - 1},
        patient_{threads <= available_cores()},
        shares_(static_cast<std::size_t>(threads)) {}

  ~Team() {
    leave_.store(true);
    arena_.execute([this] { group_.wait(); });
  }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  void run(Index count, const std::function<void(Index)>& body) {
    body_ = &body;
    count_ = count;
    for (Share& share : shares_) share.begun.store(0, std::memory_order_relaxed);
    round_.fetch_add(1);  // odd: open
    call_helpers();
    work(0);
    round_.fetch_add(1);  // even: closed
    while (inside_.load() != 0) pause_briefly();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  void call_helpers() {
    while (present_.load(std::memory_order_relaxed) < helpers_) {
      present_.fetch_add(1, std::memory_order_relaxed);
      arena_.enqueue(group_.defer([this] { help(); }));
    }
  }

  /// One helper: from job to job until none has come for a while. The caller, not in the arena, is worker 0.
  void help() {
    const auto worker = static_cast<std::size_t>(std::max(1, tbb::this_task_arena::current_thread_index()));
    Clock::time_point last = Clock::now();
    unsigned seen = 0;
    for (unsigned looks = 1; !leave_.load(std::memory_order_relaxed); ++looks) {
      const unsigned round = round_.load();
      if (round % 2 == 1 && round != seen) {
        seen = round;
        join(round, worker);
        last = Clock::now();
      } else if (!patient_ || (looks % 256 == 0 && Clock::now() - last > patience)) {
        break;
      }
      pause_briefly();
    }
    present_.fetch_sub(1, std::memory_order_relaxed);
  }

  /// Works on the job of `round` unless it was closed in the meantime. Either this helper is counted before the caller
  /// looks, which then waits, or it sees the job closed: both sides write first and read then, in one total order.
  void join(unsigned round, std::size_t worker) {
    inside_.fetch_add(1);
    if (round_.load() == round) work(worker);
    inside_.fetch_sub(1);
  }

  /// The indices of one worker: its number, and on in steps of the number of workers.
  struct alignas(64) Share {
    std::atomic<Index> begun = 0;  ///< of them, so many
  };

  /// The next index of `share`, or one that is not below the count.
  [[nodiscard]] Index next_of(std::size_t share) {
    const auto step = static_cast<Index>(shares_.size());
    const auto index_of = [&](Index begun) { return static_cast<Index>(share) + begun * step; };
    if (const Index index = index_of(shares_[share].begun.load(std::memory_order_relaxed)); index >= count_)
      return index;
    return index_of(shares_[share].begun.fetch_add(1, std::memory_order_relaxed));
  }

  /// First the worker's own share, then what is left of the others'.
  void work(std::size_t worker) {
    const FloatingPointMode mode;
    const std::uint64_t perturbed = perturbation.load(std::memory_order_relaxed);
    try {
      for (std::size_t k = 0; k < shares_.size(); ++k) {
        const std::size_t share = (worker + k) % shares_.size();
        for (Index i = next_of(share); i < count_; i = next_of(share)) {
          if (perturbed != 0) linger(perturbed);
          (*body_)(i);
        }
      }
    } catch (...) {
      for (Share& share : shares_) share.begun.store(count_, std::memory_order_relaxed);  // the rest is not begun
      const std::lock_guard lock{failure_mutex_};
      if (!failure_) failure_ = std::current_exception();
    }
  }

  tbb::global_control permission_;  ///< lets oneTBB start more threads than it counts cores when asked to
  tbb::task_arena arena_;
  tbb::task_group group_;
  int helpers_;
  bool patient_;  ///< a thread that waits awake takes no core from another
  std::vector<Share> shares_;

  const std::function<void(Index)>* body_ = nullptr;
  Index count_ = 0;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::atomic<int> present_ = 0;
  std::atomic<bool> leave_ = false;
  // Apart from each other, for they are written by different threads all the time.
  alignas(64) std::atomic<unsigned> round_ = 0;
  alignas(64) std::atomic<int> inside_ = 0;
};

int available_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Workers::Workers(int threads) : threads_{threads > 0 ? threads : available_cores()} {
  if (threads_ > 1) team_ = std::make_unique<Team>(threads_);
}

Workers::~Workers() = default;

void Workers::for_each(Index count, const std::function<void(Index)>& body) {
  if (team_ != nullptr && count > 1) {
    team_->run(count, body);
    return;
  }
  const FloatingPointMode mode;
  for (Index i = 0; i < count; ++i) body(i);
}

}  // namespace lockstep
