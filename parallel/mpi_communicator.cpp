// SPDX-License-Identifier: MIT
// Exchanges as non-blocking MPI messages.
#include "parallel/mpi_communicator.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "core/unique_handle.hpp"
#include "parallel/mpi_pulse.hpp"

namespace lockstep {
namespace {

constexpr int exchange_tag = 1;
/// Launchers that end the other ranks of a dead one give them about a second between SIGTERM and SIGKILL: time to say
/// where it was missed.
constexpr double hurried_seconds = 0.75;

struct DatatypeTraits {
  using Raw = MPI_Datatype;
  static Raw null() noexcept { return MPI_DATATYPE_NULL; }
  static void close(Raw type) noexcept { MPI_Type_free(&type); }
};
using Datatype = UniqueHandle<DatatypeTraits>;

/// One message: its pieces at their absolute addresses, in pieces that an `int` can count.
template <class PieceList>
Datatype datatype_of(const PieceList& pieces) {
  constexpr std::size_t longest = std::size_t{1} << 30;
  std::vector<int> lengths;
  std::vector<MPI_Aint> addresses;
  for (const auto& piece : pieces) {
    for (std::size_t offset = 0; offset < piece.size(); offset += longest) {
      MPI_Aint address = 0;
      check_mpi(MPI_Get_address(piece.data() + offset, &address), "MPI_Get_address");
      addresses.push_back(address);
      lengths.push_back(static_cast<int>(std::min(longest, piece.size() - offset)));
    }
  }
  MPI_Datatype type = MPI_DATATYPE_NULL;
  check_mpi(
      MPI_Type_create_hindexed(static_cast<int>(lengths.size()), lengths.data(), addresses.data(), MPI_BYTE, &type),
      "MPI_Type_create_hindexed");
  Datatype owned{type};
  check_mpi(MPI_Type_commit(&type), "MPI_Type_commit");
  return owned;
}

template <class PieceList>
std::size_t total_bytes(const PieceList& pieces) {
  std::size_t total = 0;
  for (const auto& piece : pieces) total += piece.size();
  return total;
}

/// Pauses between two looks at a transfer. Most arrive within microseconds: look at once. Later let others have the
/// core, which they need when there are more ranks than cores; later still sleep, never longer than a small part of
/// what was waited already.
class Patience {
 public:
  void pause() {
    ++looks_;
    if (looks_ < eager_looks) return;
    const Clock::duration waited = Clock::now() - start_;
    if (waited < eager_time) {
      std::this_thread::yield();
      return;
    }
    std::this_thread::sleep_for(std::min<Clock::duration>(waited / 64, longest_sleep));
  }
  /// Something arrived.
  void renew() {
    looks_ = 0;
    start_ = Clock::now();
  }
  /// True after a while, when it is worth looking after the others.
  [[nodiscard]] bool is_long() const { return looks_ > eager_looks && Clock::now() - start_ > longest_sleep; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int eager_looks = 200;
  static constexpr std::chrono::milliseconds eager_time{2};
  static constexpr std::chrono::microseconds longest_sleep{200};

  int looks_ = 0;
  Clock::time_point start_ = Clock::now();
};

/// Tells the pulse that the main thread waits.
class Waiting {
 public:
  explicit Waiting(MpiPulse* pulse) : pulse_{pulse}, since_{pulse == nullptr ? 0 : pulse->time()} {
    if (pulse_ != nullptr) pulse_->begin_wait();
  }
  ~Waiting() {
    if (pulse_ != nullptr) pulse_->end_wait();
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  /// So far, in the pulse's time.
  [[nodiscard]] double seconds() const { return pulse_ == nullptr ? 0 : pulse_->time() - since_; }

 private:
  MpiPulse* pulse_;
  double since_;
};

/// The messages of one exchange, each with the rank at its other end.
struct Requests {
  std::vector<MPI_Request> handles;
  std::vector<int> peers;
};

class MpiTransfer final : public Transfer {
 public:
  MpiTransfer(MpiUse& use, Requests requests)
      : use_{use}, requests_{std::move(requests)}, left_{requests_.handles.size()}, done_(left_) {}

  [[nodiscard]] bool test() override {
    advance();
    return left_ == 0;
  }

  void wait() override {
    advance();
    if (left_ == 0) return;
    const Waiting waiting{use_.pulse.get()};
    for (Patience patience; left_ > 0;) {
      if (advance()) {
        patience.renew();
        continue;
      }
      if (patience.is_long()) require_others(waiting.seconds());
      patience.pause();
    }
  }

 private:
  /// True when some messages have come through since the last look.
  bool advance() {
    if (left_ == 0) return false;
    int count = 0;
    const std::lock_guard lock{use_.calls};
    check_mpi(MPI_Testsome(static_cast<int>(requests_.handles.size()), requests_.handles.data(), &count, done_.data(),
                           MPI_STATUSES_IGNORE),
              "MPI_Testsome");
    if (count == MPI_UNDEFINED) count = static_cast<int>(left_);
    left_ -= static_cast<std::size_t>(count);
    return count > 0;
  }

  [[nodiscard]] std::vector<int> missing() const {
    std::vector<int> ranks;
    for (std::size_t i = 0; i < requests_.handles.size(); ++i)
      if (requests_.handles[i] != MPI_REQUEST_NULL) ranks.push_back(requests_.peers[i]);
    std::sort(ranks.begin(), ranks.end());
    ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
    return ranks;
  }

  void require_others(double waited) const {
    double timeout = use_.timeout_seconds;
    if (use_.pulse == nullptr || timeout <= 0) return;
    if (use_.hurry != nullptr && use_.hurry()) timeout = std::min(timeout, hurried_seconds);
    const MpiPulse& pulse = *use_.pulse;
    const std::vector<int> ranks = missing();
    std::vector<int> silent;
    double standstill = waited;
    for (const int rank : ranks) {
      if (pulse.silence(rank) >= timeout) silent.push_back(rank);
      standstill = std::min(standstill, pulse.standstill(rank));
    }
    if (!silent.empty()) throw MissingRanksError{silent, MissingRanksError::Sign::silent, timeout};
    // Whoever waits for a lost rank gives up first, with the right name.
    if (standstill >= 2 * timeout) throw MissingRanksError{ranks, MissingRanksError::Sign::elsewhere, standstill};
  }

  MpiUse& use_;
  Requests requests_;
  std::size_t left_;
  std::vector<int> done_;
};

/// Posts the messages of one exchange; MPI is its own meanwhile.
class Posted {
 public:
  explicit Posted(MpiUse& use) : use_{use}, lock_{use.calls} {}

  void receive(const Pieces& pieces, int from) {
    const std::size_t bytes = total_bytes(pieces);
    if (bytes == 0) return;
    if (is_plain(pieces)) {
      check_mpi(MPI_Irecv(pieces[0].data(), static_cast<int>(bytes), MPI_BYTE, from, exchange_tag, use_.communicator,
                          next(from)),
                "MPI_Irecv");
      return;
    }
    const Datatype type = datatype_of(pieces);
    check_mpi(MPI_Irecv(MPI_BOTTOM, 1, type.get(), from, exchange_tag, use_.communicator, next(from)), "MPI_Irecv");
  }

  template <class PieceList>
  void send(const PieceList& pieces, int to) {
    const std::size_t bytes = total_bytes(pieces);
    if (bytes == 0) return;
    if (is_plain(pieces)) {
      check_mpi(
          MPI_Isend(pieces[0].data(), static_cast<int>(bytes), MPI_BYTE, to, exchange_tag, use_.communicator, next(to)),
          "MPI_Isend");
      return;
    }
    const Datatype type = datatype_of(pieces);
    check_mpi(MPI_Isend(MPI_BOTTOM, 1, type.get(), to, exchange_tag, use_.communicator, next(to)), "MPI_Isend");
  }

  [[nodiscard]] std::unique_ptr<Transfer> transfer() {
    return std::make_unique<MpiTransfer>(use_, std::move(requests_));
  }

 private:
  template <class PieceList>
  [[nodiscard]] static bool is_plain(const PieceList& pieces) {
    return pieces.size() == 1 && pieces[0].size() <= (std::size_t{1} << 30);
  }
  [[nodiscard]] MPI_Request* next(int peer) {
    requests_.peers.push_back(peer);
    return &requests_.handles.emplace_back(MPI_REQUEST_NULL);
  }

  MpiUse& use_;
  std::lock_guard<std::mutex> lock_;
  Requests requests_;
};

}  // namespace

void check_mpi(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(status, text.data(), &length);
  throw Error(std::string{call} + " failed: " + std::string(text.data(), static_cast<std::size_t>(length)));
}

MpiCommunicator::MpiCommunicator(MpiUse& use) : use_{use} {
  check_mpi(MPI_Comm_rank(use.communicator, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(use.communicator, &ranks_), "MPI_Comm_size");
}

std::unique_ptr<Transfer> MpiCommunicator::all_to_all(std::span<const ConstPieces> send,
                                                      std::span<const Pieces> receive) {
  Posted posted{use_};
  // Each rank begins with its right-hand neighbour, so that not all address rank 0 at once.
  for (int i = 1; i < ranks_; ++i) {
    const int from = (rank_ + ranks_ - i) % ranks_;
    posted.receive(receive[static_cast<std::size_t>(from)], from);
  }
  for (int i = 1; i < ranks_; ++i) {
    const int to = (rank_ + i) % ranks_;
    posted.send(send[static_cast<std::size_t>(to)], to);
  }
  copy_pieces(send[static_cast<std::size_t>(rank_)], receive[static_cast<std::size_t>(rank_)]);
  return posted.transfer();
}

std::unique_ptr<Transfer> MpiCommunicator::all_gather(std::span<const Pieces> parts) {
  Posted posted{use_};
  for (int i = 1; i < ranks_; ++i) {
    const int from = (rank_ + ranks_ - i) % ranks_;
    posted.receive(parts[static_cast<std::size_t>(from)], from);
  }
  for (int i = 1; i < ranks_; ++i) posted.send(parts[static_cast<std::size_t>(rank_)], (rank_ + i) % ranks_);
  return posted.transfer();
}

}  // namespace lockstep
