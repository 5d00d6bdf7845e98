// SPDX-License-Identifier: MIT
// Signs of life between ranks, so that a slow rank can be told from a lost one.
#pragma once

#include <mpi.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace lockstep {

/// A thread that sends a beat to every other rank four times a second, and listens to theirs. It goes on while this
/// rank's main thread computes, writes a file or waits, and falls silent with the process: killed, stopped, cut off.
///
/// Silence is counted in this thread's own beats, so that a job suspended as a whole does not give itself up on waking.
/// MPI is called under `mpi`, the mutex of all its callers (MPI_THREAD_SERIALIZED).
class MpiPulse {
 public:
  /// `communicator` is its alone.
  MpiPulse(MPI_Comm communicator, std::mutex& mpi);
  ~MpiPulse() { stop(); }
  MpiPulse(const MpiPulse&) = delete;
  MpiPulse& operator=(const MpiPulse&) = delete;

  /// To be called around each wait of the main thread: a rank that only waits is alive but does not progress.
  void begin_wait() noexcept { ++turns_; }
  void end_wait() noexcept { ++turns_; }

  /// Seconds since this thread began, without those that the process was stopped.
  [[nodiscard]] double time() const noexcept { return time_; }
  /// Seconds since a sign of life of `rank`.
  [[nodiscard]] double silence(int rank) const noexcept { return time_ - peer(rank).heard; }
  /// Seconds since a sign that `rank` does something but wait.
  [[nodiscard]] double standstill(int rank) const noexcept { return time_ - peer(rank).progressed; }

  /// No beats from here on. Local; call it when all ranks are done, or when all is lost.
  void stop();
  /// Stops, and frees the communicator. Collective.
  void free();

 private:
  struct Peer {
    std::atomic<double> heard = 0;       ///< time() of the last beat
    std::atomic<double> progressed = 0;  ///< time() of the last beat that told of progress
    std::uint64_t turns = 0;             ///< of the last beat
    std::uint64_t sent = 0;              ///< a beat under way to it
    MPI_Request request = MPI_REQUEST_NULL;
  };

  [[nodiscard]] Peer& peer(int rank) const { return peers_[static_cast<std::size_t>(rank)]; }
  void run(const std::stop_token& stop);
  void beat();
  void receive_all();
  void send_all();

  MPI_Comm communicator_;
  std::mutex& mpi_;
  int rank_ = 0;
  int ranks_ = 1;
  std::unique_ptr<Peer[]> peers_;
  std::atomic<double> time_ = 0;
  std::atomic<std::uint64_t> turns_ = 0;  ///< odd while the main thread waits
  std::jthread thread_;                   ///< last: it uses all of the above
};

}  // namespace lockstep
