// SPDX-License-Identifier: MIT
// Exchanges as non-blocking MPI messages.
#include "parallel/mpi_communicator.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "parallel/message_cut.hpp"
#include "parallel/mpi_pulse.hpp"

namespace lockstep {
namespace {

constexpr int first_tag = 1;  // of the first lane
/// Launchers that end the other ranks of a dead one give them about a second between SIGTERM and SIGKILL: time to say
/// where it was missed.
constexpr double hurried_seconds = 0.75;

/// Pauses between two looks at a transfer. Most arrive within microseconds: look at once. Later let others have the
/// core, which they need when there are more ranks than cores; but where each has its own, whoever gets it is a
/// stranger, and keeps it for milliseconds. Later still sleep, never longer than a small part of what was waited
/// already.
class Patience {
 public:
  explicit Patience(bool own_core) : own_core_{own_core} {}

  void pause() {
    ++looks_;
    if (looks_ < eager_looks) return;
    const Clock::duration waited = Clock::now() - start_;
    if (waited < eager_time) {
      if (!own_core_) std::this_thread::yield();
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

  bool own_core_;
  int looks_ = 0;
  Clock::time_point start_ = Clock::now();
};

/// Tells the pulse that the main thread waits.
class Waiting {
 public:
  explicit Waiting(MpiPulse* pulse) : pulse_{pulse} { begin(); }
  ~Waiting() {
    if (pulse_ != nullptr) pulse_->end_wait();
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  /// Something arrived: it is another wait, for the other ranks, too.
  void renew() {
    if (pulse_ != nullptr) pulse_->end_wait();
    begin();
  }
  /// Since then, in the pulse's time.
  [[nodiscard]] double seconds() const { return pulse_ == nullptr ? 0 : pulse_->time() - since_; }

 private:
  void begin() {
    if (pulse_ == nullptr) return;
    since_ = pulse_->time();
    pulse_->begin_wait();
  }

  MpiPulse* pulse_;
  double since_ = 0;
};

/// The messages of one exchange.
struct Requests {
  /// What belongs to a request.
  struct Message {
    int peer = 0;                         ///< its rank among all ranks
    std::shared_ptr<std::byte[]> packed;  ///< the message's bytes, when its pieces are several
    Pieces into;                          ///< where they go when they have arrived
  };
  std::vector<MPI_Request> handles;
  std::vector<Message> messages;
};

class MpiTransfer final : public Transfer {
 public:
  MpiTransfer(MpiUse& use, Requests requests)
      : use_{use}, requests_{std::move(requests)}, left_{requests_.handles.size()}, done_(left_) {}

  /// Unfinished, its messages are still under way, from and into memory that may be freed next: MPI is left alone from
  /// here on.
  ~MpiTransfer() override {
    if (left_ > 0 && use_.pulse != nullptr) use_.pulse->stop();
  }
  MpiTransfer(const MpiTransfer&) = delete;
  MpiTransfer& operator=(const MpiTransfer&) = delete;

  [[nodiscard]] bool test() override {
    advance();
    return left_ == 0;
  }

  void wait(const std::function<void()>& meanwhile) override {
    advance();
    if (left_ == 0) return;
    Waiting waiting{use_.pulse.get()};
    for (Patience patience{use_.own_cores}; left_ > 0;) {
      const std::size_t left = left_;
      meanwhile();  // may look at this transfer, too
      advance();
      if (left_ < left) {
        patience.renew();
        waiting.renew();
        continue;
      }
      if (patience.is_long()) require_others(waiting.seconds());
      patience.pause();
    }
  }

 private:
  /// Sees which messages have come through since the last look.
  void advance() {
    if (left_ == 0) return;
    int count = 0;
    {
      const std::lock_guard lock{use_.calls};
      check_mpi(MPI_Testsome(static_cast<int>(requests_.handles.size()), requests_.handles.data(), &count, done_.data(),
                             MPI_STATUSES_IGNORE),
                "MPI_Testsome");
    }
    for (int i = 0; i < count; ++i) {
      Requests::Message& message = requests_.messages[static_cast<std::size_t>(done_[static_cast<std::size_t>(i)])];
      if (!message.into.empty()) copy_pieces({{message.packed.get(), total_bytes(message.into)}}, message.into);
      message.packed.reset();
    }
    left_ -= static_cast<std::size_t>(count);
  }

  [[nodiscard]] std::vector<int> missing() const {
    std::vector<int> ranks;
    for (std::size_t i = 0; i < requests_.handles.size(); ++i)
      if (requests_.handles[i] != MPI_REQUEST_NULL) ranks.push_back(requests_.messages[i].peer);
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
  /// `names`: the ranks of the communicator's members among all.
  Posted(MpiUse& use, MPI_Comm communicator, const std::vector<int>& names, Lane lane)
      : use_{use},
        communicator_{communicator},
        names_{names},
        tag_{first_tag + static_cast<int>(lane)},
        lock_{use.calls} {}

  /// From each of these ranks, whose pieces are given by rank. Receives need no turns: they only tell places.
  void receive_all(std::span<const Pieces> pieces, std::span<const int> from) {
    for (const int rank : from)
      for (const Pieces& message : messages_of(pieces[static_cast<std::size_t>(rank)])) receive(message, rank);
  }

  /// One message. Pieces that share it are packed.
  void receive(const Pieces& pieces, int from) {
    std::span<std::byte> memory = pieces.front();
    Requests::Message message{.peer = name(from)};
    if (pieces.size() > 1) {
      const std::size_t bytes = total_bytes(pieces);
      message.packed = use_.packing.take();
      message.into = pieces;
      memory = {message.packed.get(), bytes};
    }
    check_mpi(MPI_Irecv(memory.data(), static_cast<int>(memory.size()), MPI_BYTE, from, tag_, communicator_,
                        next(std::move(message))),
              "MPI_Irecv");
  }

  /// One message, to each of these ranks.
  void send(const ConstPieces& pieces, std::span<const int> to) {
    std::span<const std::byte> memory = pieces.front();
    std::shared_ptr<std::byte[]> packed;
    if (pieces.size() > 1) {
      const std::size_t bytes = total_bytes(pieces);
      packed = use_.packing.take();
      copy_pieces(pieces, {{packed.get(), bytes}});
      memory = {packed.get(), bytes};
    }
    for (const int rank : to)
      check_mpi(MPI_Isend(memory.data(), static_cast<int>(memory.size()), MPI_BYTE, rank, tag_, communicator_,
                          next({.peer = name(rank), .packed = packed, .into = {}})),
                "MPI_Isend");
  }

  [[nodiscard]] std::unique_ptr<Transfer> transfer() {
    return std::make_unique<MpiTransfer>(use_, std::move(requests_));
  }

 private:
  [[nodiscard]] int name(int rank) const { return names_[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] MPI_Request* next(Requests::Message message) {
    requests_.messages.push_back(std::move(message));
    return &requests_.handles.emplace_back(MPI_REQUEST_NULL);
  }

  MpiUse& use_;
  MPI_Comm communicator_;
  const std::vector<int>& names_;
  int tag_;
  std::lock_guard<std::mutex> lock_;
  Requests requests_;
};

}  // namespace

std::shared_ptr<std::byte[]> PackingMemory::take() {
  for (const std::shared_ptr<std::byte[]>& memory : all_)
    if (memory.use_count() == 1) return memory;
  return all_.emplace_back(std::make_shared_for_overwrite<std::byte[]>(longest_packed_bytes));
}

void check_mpi(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(status, text.data(), &length);
  throw Error(std::string{call} + " failed: " + std::string(text.data(), static_cast<std::size_t>(length)));
}

MpiCommunicator::MpiCommunicator(MpiUse& use) : MpiCommunicator{use, use.communicator, {}} {
  names_.resize(static_cast<std::size_t>(ranks_));
  std::iota(names_.begin(), names_.end(), 0);
}

MpiCommunicator::MpiCommunicator(MpiUse& use, MPI_Comm group, std::vector<int> names)
    : use_{use}, communicator_{group}, names_{std::move(names)} {
  const std::lock_guard lock{use.calls};
  check_mpi(MPI_Comm_rank(group, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(group, &ranks_), "MPI_Comm_size");
}

std::vector<int> MpiCommunicator::neighbours(int direction) const {
  std::vector<int> ranks;
  for (int i = 1; i < ranks_; ++i) ranks.push_back((rank_ + ranks_ + direction * i) % ranks_);
  return ranks;
}

std::unique_ptr<Transfer> MpiCommunicator::all_to_all(std::span<const ConstPieces> send,
                                                      std::span<const Pieces> receive, Lane lane) {
  Posted posted{use_, communicator_, names_, lane};
  posted.receive_all(receive, neighbours(-1));
  std::vector<std::vector<ConstPieces>> messages;
  std::size_t most = 0;
  const std::vector<int> right = neighbours(1);
  for (const int to : right) {
    messages.push_back(messages_of(send[static_cast<std::size_t>(to)]));
    most = std::max(most, messages.back().size());
  }
  for (std::size_t k = 0; k < most; ++k)
    for (std::size_t i = 0; i < right.size(); ++i)
      if (k < messages[i].size()) posted.send(messages[i][k], {&right[i], 1});
  copy_pieces(send[static_cast<std::size_t>(rank_)], receive[static_cast<std::size_t>(rank_)]);
  return posted.transfer();
}

std::unique_ptr<Transfer> MpiCommunicator::all_gather(std::span<const Pieces> parts, Lane lane) {
  Posted posted{use_, communicator_, names_, lane};
  posted.receive_all(parts, neighbours(-1));
  const Pieces& own = parts[static_cast<std::size_t>(rank_)];
  for (const ConstPieces& message : messages_of(ConstPieces(own.begin(), own.end())))
    posted.send(message, neighbours(1));
  return posted.transfer();
}

}  // namespace lockstep
