// SPDX-License-Identifier: MIT
// Exchanges as non-blocking MPI messages.
#include "parallel/mpi_communicator.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/unique_handle.hpp"

namespace lockstep {
namespace {

constexpr int exchange_tag = 1;

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

class MpiTransfer final : public Transfer {
 public:
  explicit MpiTransfer(std::vector<MPI_Request> requests) : requests_{std::move(requests)} {}

  [[nodiscard]] bool test() override {
    int done = 0;
    check_mpi(MPI_Testall(count(), requests_.data(), &done, MPI_STATUSES_IGNORE), "MPI_Testall");
    return done != 0;
  }
  void wait() override {
    check_mpi(MPI_Waitall(count(), requests_.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
    requests_.clear();
  }

 private:
  [[nodiscard]] int count() const { return static_cast<int>(requests_.size()); }
  std::vector<MPI_Request> requests_;
};

/// Collects the requests of one exchange.
class Posted {
 public:
  explicit Posted(MPI_Comm communicator) : communicator_{communicator} {}

  void receive(const Pieces& pieces, int from) {
    const std::size_t bytes = total_bytes(pieces);
    if (bytes == 0) return;
    if (is_plain(pieces)) {
      check_mpi(
          MPI_Irecv(pieces[0].data(), static_cast<int>(bytes), MPI_BYTE, from, exchange_tag, communicator_, next()),
          "MPI_Irecv");
      return;
    }
    const Datatype type = datatype_of(pieces);
    check_mpi(MPI_Irecv(MPI_BOTTOM, 1, type.get(), from, exchange_tag, communicator_, next()), "MPI_Irecv");
  }

  template <class PieceList>
  void send(const PieceList& pieces, int to) {
    const std::size_t bytes = total_bytes(pieces);
    if (bytes == 0) return;
    if (is_plain(pieces)) {
      check_mpi(MPI_Isend(pieces[0].data(), static_cast<int>(bytes), MPI_BYTE, to, exchange_tag, communicator_, next()),
                "MPI_Isend");
      return;
    }
    const Datatype type = datatype_of(pieces);
    check_mpi(MPI_Isend(MPI_BOTTOM, 1, type.get(), to, exchange_tag, communicator_, next()), "MPI_Isend");
  }

  [[nodiscard]] std::unique_ptr<Transfer> transfer() { return std::make_unique<MpiTransfer>(std::move(requests_)); }

 private:
  template <class PieceList>
  [[nodiscard]] static bool is_plain(const PieceList& pieces) {
    return pieces.size() == 1 && pieces[0].size() <= (std::size_t{1} << 30);
  }
  [[nodiscard]] MPI_Request* next() { return &requests_.emplace_back(MPI_REQUEST_NULL); }

  MPI_Comm communicator_;
  std::vector<MPI_Request> requests_;
};

}  // namespace

void check_mpi(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(status, text.data(), &length);
  throw Error(std::string{call} + " failed: " + std::string(text.data(), static_cast<std::size_t>(length)));
}

MpiCommunicator::MpiCommunicator(MPI_Comm communicator) : communicator_{communicator} {
  check_mpi(MPI_Comm_rank(communicator, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(communicator, &ranks_), "MPI_Comm_size");
}

std::unique_ptr<Transfer> MpiCommunicator::all_to_all(std::span<const ConstPieces> send,
                                                      std::span<const Pieces> receive) {
  Posted posted{communicator_};
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
  Posted posted{communicator_};
  for (int i = 1; i < ranks_; ++i) {
    const int from = (rank_ + ranks_ - i) % ranks_;
    posted.receive(parts[static_cast<std::size_t>(from)], from);
  }
  for (int i = 1; i < ranks_; ++i) posted.send(parts[static_cast<std::size_t>(rank_)], (rank_ + i) % ranks_);
  return posted.transfer();
}

}  // namespace lockstep
