// SPDX-License-Identifier: MIT
// O_DIRECT and Linux's asynchronous reads (io_submit), or posix_fadvise and pread.
#include "io/scattered_rows.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <vector>

#include "core/error.hpp"

namespace lockstep {
namespace {

struct AioTraits {
  using Raw = aio_context_t;
  static Raw null() noexcept { return 0; }
  /// Waits for what is still being read.
  static void close(Raw context) noexcept { ::syscall(SYS_io_destroy, context); }
};
using AioContext = UniqueHandle<AioTraits>;

FileDescriptor opened(const std::string& path, int flags) {
  return FileDescriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags)};
}

}  // namespace

/// Reads past the page cache into memory of its own, from where the wanted bytes are copied.
class ScatteredRows::Direct {
 public:
  /// Offsets, lengths and addresses are multiples of this: as much as any disk asks for.
  static constexpr std::size_t block_bytes = 4096;
  /// So many at once keep a disk busy, and cost one system call.
  static constexpr std::size_t most_at_once = 128;
  static constexpr std::size_t most_bytes = std::size_t{16} << 20U;

  /// Nothing where the system refuses.
  static std::unique_ptr<Direct> open(const std::string& path, std::size_t row_bytes) {
    FileDescriptor file = opened(path, O_DIRECT);
    AioContext context;
    aio_context_t raw = 0;
    if (file.get() < 0) return nullptr;
    const std::size_t slot_bytes = (row_bytes + 2 * block_bytes - 2) / block_bytes * block_bytes;
    const std::size_t slots = std::clamp<std::size_t>(most_bytes / slot_bytes, 1, most_at_once);
    if (::syscall(SYS_io_setup, slots, &raw) < 0) return nullptr;
    context.reset(raw);
    return std::make_unique<Direct>(std::move(file), std::move(context), row_bytes, slot_bytes, slots);
  }

  Direct(FileDescriptor file, AioContext context, std::size_t row_bytes, std::size_t slot_bytes, std::size_t slots)
      : row_bytes_{row_bytes},
        slot_bytes_{slot_bytes},
        memory_{static_cast<std::byte*>(::operator new (slots* slot_bytes, std::align_val_t{block_bytes}))},
        reads_(slots),
        order_(slots),
        done_(slots),
        results_(slots),
        file_{std::move(file)},
        context_{std::move(context)} {
    for (std::size_t k = 0; k < slots; ++k) order_[k] = &reads_[k];
  }

  [[nodiscard]] std::size_t at_once() const { return reads_.size(); }

  /// Whether the system turned out not to read so at all; a read that failed for a reason of its own is none.
  [[nodiscard]] bool refused() const { return refused_; }

  /// Reads a row from each offset, at most at_once(), to `to`, `to + row_bytes` and so on. Returns the places of those
  /// that did not come whole, for whatever reason.
  std::vector<std::size_t> read(std::span<const std::uint64_t> offsets, std::byte* to) {
    for (std::size_t k = 0; k < offsets.size(); ++k) {
      const std::uint64_t begin = offsets[k] / block_bytes * block_bytes;
      const std::uint64_t bytes = offsets[k] - begin + row_bytes_;
      reads_[k] = {.aio_data = k,
                   .aio_lio_opcode = IOCB_CMD_PREAD,
                   .aio_fildes = static_cast<__u32>(file_.get()),
                   .aio_buf = reinterpret_cast<std::uintptr_t>(slot(k)),
                   .aio_nbytes = (bytes + block_bytes - 1) / block_bytes * block_bytes,
                   .aio_offset = static_cast<__s64>(begin)};
      results_[k] = -EAGAIN;
    }
    wait_for(submit(offsets.size()));
    std::vector<std::size_t> missing;
    for (std::size_t k = 0; k < offsets.size(); ++k) {
      const std::size_t skipped = offsets[k] % block_bytes;
      if (results_[k] < static_cast<std::int64_t>(skipped + row_bytes_)) {
        missing.push_back(k);
        refused_ = refused_ || is_refusal(-results_[k]);
      } else {
        std::memcpy(to + k * row_bytes_, slot(k) + skipped, row_bytes_);
      }
    }
    return missing;
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const { ::operator delete (memory, std::align_val_t{block_bytes}); }
  };

  [[nodiscard]] std::byte* slot(std::size_t k) const { return memory_.get() + k * slot_bytes_; }

  static bool is_refusal(std::int64_t error) { return error == EINVAL || error == EOPNOTSUPP || error == ENOSYS; }

  /// How many of the first `count` reads began.
  std::size_t submit(std::size_t count) noexcept {
    std::size_t begun = 0;
    while (begun < count) {
      const long taken = ::syscall(SYS_io_submit, context_.get(), count - begun, order_.data() + begun);
      if (taken < 0 && errno == EINTR) continue;
      if (taken <= 0) {
        refused_ = begun == 0 && errno != EAGAIN;  // which is a shortage
        break;
      }
      begun += static_cast<std::size_t>(taken);
    }
    return begun;
  }

  /// Takes the results of all reads that began: what was left would pass for results of the next ones.
  void wait_for(std::size_t count) noexcept {
    while (count > 0) {
      const long more = ::syscall(SYS_io_getevents, context_.get(), count, count, done_.data(), nullptr);
      if (more < 0 && errno == EINTR) continue;
      if (more <= 0) {
        refused_ = true;
        context_.reset();  // which waits for them
        return;
      }
      for (std::size_t event = 0; event < static_cast<std::size_t>(more); ++event)
        results_[done_[event].data] = done_[event].res;
      count -= static_cast<std::size_t>(more);
    }
  }

  std::size_t row_bytes_;
  std::size_t slot_bytes_;
  std::unique_ptr<std::byte, Free> memory_;
  std::vector<iocb> reads_;
  std::vector<iocb*> order_;
  std::vector<io_event> done_;
  std::vector<std::int64_t> results_;  ///< bytes or -errno of each read; -EAGAIN where none is known
  bool refused_ = false;
  FileDescriptor file_;
  AioContext context_;  // last: nothing is read into memory that is gone
};

ScatteredRows::ScatteredRows(const std::string& path, Layout layout, bool past_page_cache)
    : path_{path}, layout_{layout}, file_{opened(path, 0)} {
  if (file_.get() < 0)
    throw FileError{path, fmt::format("cannot be opened for reading ({})", std::generic_category().message(errno))};
  // Neighbours of a page, read along, would push out what is still wanted. Advice: it may be ignored.
  static_cast<void>(::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_RANDOM));
  if (past_page_cache) direct_ = Direct::open(path, layout.row_bytes);
}

ScatteredRows::~ScatteredRows() = default;

void ScatteredRows::read(std::span<const Index> rows, std::byte* to) {
  while (direct_ != nullptr && !rows.empty()) {
    const std::span<const Index> some = rows.first(std::min(direct_->at_once(), rows.size()));
    std::vector<std::uint64_t> offsets;
    for (const Index row : some) offsets.push_back(offset_of(row));
    const std::vector<std::size_t> missing = direct_->read(offsets, to);
    if (direct_->refused()) direct_.reset();
    // The other way has the last word on what is wrong with a file.
    for (const std::size_t k : missing) begin_to_read(some[k]);
    for (const std::size_t k : missing) read_row(some[k], to + k * layout_.row_bytes);
    rows = rows.subspan(some.size());
    to += some.size() * layout_.row_bytes;
  }
  read_through_page_cache(rows, to);
}

std::uint64_t ScatteredRows::offset_of(Index row) const {
  return layout_.offset + static_cast<std::uint64_t>(row) * layout_.row_bytes;
}

void ScatteredRows::read_through_page_cache(std::span<const Index> rows, std::byte* to) const {
  for (const Index row : rows) begin_to_read(row);
  for (std::size_t k = 0; k < rows.size(); ++k) read_row(rows[k], to + k * layout_.row_bytes);
}

void ScatteredRows::begin_to_read(Index row) const {
  static_cast<void>(::posix_fadvise(file_.get(), static_cast<off_t>(offset_of(row)),
                                    static_cast<off_t>(layout_.row_bytes), POSIX_FADV_WILLNEED));
}

void ScatteredRows::read_row(Index row, std::byte* to) const {
  std::size_t got = 0;
  while (got < layout_.row_bytes) {
    const ssize_t more =
        ::pread(file_.get(), to + got, layout_.row_bytes - got, static_cast<off_t>(offset_of(row) + got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) throw FileError{path_, fmt::format("cannot be read ({})", std::generic_category().message(errno))};
    if (more == 0)
      throw FileError{path_, "was shortened while it was read; make it whole again (replace data sets by renaming)"};
    got += static_cast<std::size_t>(more);
  }
}

}  // namespace lockstep
