// SPDX-License-Identifier: MIT
// The main of tests that run on several ranks: rank 0 speaks, and a test that fails on one rank fails on all.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <thread>
#include <vector>

#include "parallel/mpi_environment.hpp"
#include "support/mpi_world.hpp"

namespace lockstep::test {
namespace {

MpiEnvironment* environment = nullptr;

/// A rank that failed may have left the others in a call that it will never make: it waits for them so long, then
/// ends them all, rather than let CTest's timeout do so.
constexpr std::chrono::seconds patience{20};

/// What each rank sends at the end of each test. The count tells these messages from a test's own, which they meet when
/// a rank left its test early.
struct Verdict {
  std::uint64_t count = 0;
  std::uint64_t failed = 0;
};

[[noreturn]] void end_all_ranks(const char* reason) {
  std::fprintf(stderr, "[rank %d] %s: ending all\n", world().rank(), reason);
  environment->abort(EXIT_FAILURE);
}

/// Each rank's verdict, in rank order. Collective.
std::vector<Verdict> everyones(bool failed) {
  static std::uint64_t count = 0x4c4f434b53544550;
  ++count;
  Communicator& ranks = world();
  std::vector<Verdict> verdicts(static_cast<std::size_t>(ranks.ranks()));
  verdicts[static_cast<std::size_t>(ranks.rank())] = {.count = count, .failed = failed ? 1U : 0U};
  std::vector<Pieces> parts;
  for (Verdict& verdict : verdicts) parts.push_back({writable_bytes_of(&verdict, 1)});
  const auto transfer = ranks.all_gather(parts);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (failed && !transfer->test()) {
    if (std::chrono::steady_clock::now() > deadline) end_all_ranks("failed, and other ranks wait for something else");
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  transfer->wait();
  for (const Verdict& verdict : verdicts)
    if (verdict.count != count) end_all_ranks("this rank's test is over, others are still in theirs");
  return verdicts;
}

/// Prints the failures of all ranks but 0 (whose printer does), and brings each test's verdict to all ranks.
class RankAgreement final : public ::testing::EmptyTestEventListener {
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (!result.failed() || agreeing_ || world().rank() == 0) return;
    const char* const file = result.file_name() == nullptr ? "unknown file" : result.file_name();
    std::fprintf(stderr, "[rank %d] %s:%d: Failure\n%s\n", world().rank(), file, result.line_number(),
                 result.message());
  }

  void OnTestEnd(const ::testing::TestInfo& test) override {
    const bool failed = test.result()->Failed();
    const std::vector<Verdict> verdicts = everyones(failed);
    if (failed) return;
    agreeing_ = true;
    for (std::size_t rank = 0; rank < verdicts.size(); ++rank)
      if (verdicts[rank].failed != 0) ADD_FAILURE() << "failed on rank " << rank << ", whose report is above";
    agreeing_ = false;
  }

  bool agreeing_ = false;
};

int run_all_tests() {
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  if (world().rank() != 0) delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new RankAgreement);  // owned by GoogleTest; last, for it adds failures
  bool failed = RUN_ALL_TESTS() != 0;
  for (const Verdict& verdict : everyones(failed)) failed = failed || verdict.failed != 0;
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace

Communicator& group(int number) { return environment->group(number); }
Communicator& world() { return environment->world(); }

Communicator& by_hosts(int ranks_per_host) { return environment->by_hosts(ranks_per_host); }

void set_timeout(double seconds) { environment->set_timeout(seconds); }

}  // namespace lockstep::test

int main(int argc, char** argv) {
  lockstep::MpiEnvironment mpi{argc, argv};
  lockstep::test::environment = &mpi;
  ::testing::InitGoogleTest(&argc, argv);
  try {
    return lockstep::test::run_all_tests();
  } catch (const std::exception& failure) {
    lockstep::test::end_all_ranks(failure.what());
  }
}
