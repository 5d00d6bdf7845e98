// SPDX-License-Identifier: MIT
// Beats as small eager messages.
#include "parallel/mpi_pulse.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>

#include "parallel/mpi_communicator.hpp"

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds interval{250};
constexpr int beat_tag = 1;

/// Signals are for other threads: blocked in the calling thread, and so in threads that it starts, as long as it lives.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &earlier_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &earlier_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t earlier_{};
};

}  // namespace

MpiPulse::MpiPulse(MPI_Comm communicator, std::mutex& mpi) : communicator_{communicator}, mpi_{mpi} {
  check_mpi(MPI_Comm_rank(communicator, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(communicator, &ranks_), "MPI_Comm_size");
  peers_ = std::make_unique<Peer[]>(static_cast<std::size_t>(ranks_));
  const SignalsBlocked blocked;
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

void MpiPulse::free() {
  stop();
  for (int rank = 0; rank < ranks_; ++rank) MPI_Wait(&peer(rank).request, MPI_STATUS_IGNORE);
  MPI_Comm_free(&communicator_);
}

void MpiPulse::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void MpiPulse::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock{mutex};
  std::condition_variable_any never;
  Clock::time_point last = Clock::now();
  while (!never.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
    const Clock::time_point now = Clock::now();
    // Longer than two beats: this process was stopped, and cannot tell whether others were silent.
    const auto elapsed = std::min<Clock::duration>(now - last, 2 * interval);
    last = now;
    time_ = time_ + std::chrono::duration<double>(elapsed).count();
    try {
      beat();
    } catch (const std::exception&) {
      return;  // the transport failed: the main thread meets the same failure, and others this rank's silence
    }
  }
}

void MpiPulse::beat() {
  const std::lock_guard lock{mpi_};
  receive_all();
  send_all();
}

void MpiPulse::receive_all() {
  for (int arrived = 1; arrived != 0;) {
    MPI_Status status;
    check_mpi(MPI_Iprobe(MPI_ANY_SOURCE, beat_tag, communicator_, &arrived, &status), "MPI_Iprobe");
    if (arrived == 0) return;
    std::uint64_t turns = 0;
    check_mpi(MPI_Recv(&turns, 1, MPI_UINT64_T, status.MPI_SOURCE, beat_tag, communicator_, MPI_STATUS_IGNORE),
              "MPI_Recv");
    Peer& sender = peer(status.MPI_SOURCE);
    sender.heard = time_.load();
    const bool waits_still = turns == sender.turns && turns % 2 == 1;
    if (!waits_still) sender.progressed = time_.load();
    sender.turns = turns;
  }
}

void MpiPulse::send_all() {
  for (int i = 1; i < ranks_; ++i) {
    const int to = (rank_ + i) % ranks_;
    Peer& receiver = peer(to);
    int done = 1;
    check_mpi(MPI_Test(&receiver.request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (done == 0) continue;
    receiver.sent = turns_;
    check_mpi(MPI_Isend(&receiver.sent, 1, MPI_UINT64_T, to, beat_tag, communicator_, &receiver.request), "MPI_Isend");
  }
}

}  // namespace lockstep
