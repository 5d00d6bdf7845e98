// SPDX-License-Identifier: MIT
// Rows of a file, read ahead on one background thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "core/types.hpp"

namespace lockstep {

/// Keeps the rows of the last few calls of `prefetch`; those that a caller of `get` holds come on top.
/// Where BlockCache knows blocks one by one, this knows requests: what is asked for together is read together, and many
/// small rows cost one lock. All functions are safe to call from many threads at once.
class RowCache {
 public:
  /// `read(rows, to)` brings row rows[k] to `to + k * row_bytes`; it is called on the one background thread, which
  /// starts at the first request. A prefetch reads its first `capacity` rows.
  RowCache(std::size_t row_bytes, std::size_t capacity, std::function<void(std::span<const Index>, std::byte*)> read);
  ~RowCache();
  RowCache(const RowCache&) = delete;
  RowCache& operator=(const RowCache&) = delete;

  /// Asks for rows that will be wanted soon; returns at once.
  void prefetch(std::span<const Index> rows);

  /// Whether a prefetch that is still kept asked for them, as far as the first and the last of them tell.
  [[nodiscard]] bool asked_for(std::span<const Index> rows);

  class Request;
  /// Where each of the rows lies, and what keeps them there.
  struct Rows {
    std::vector<const std::byte*> numbers;
    std::vector<std::shared_ptr<const Request>> held;
  };
  /// Waits for rows not yet read; those that nobody asked for overtake what was only prefetched.
  /// Rethrows what `read` threw for them; a later call tries again.
  [[nodiscard]] Rows get(std::span<const Index> rows);

 private:
  using Queue = std::deque<std::shared_ptr<Request>>;
  void ask(const std::shared_ptr<Request>& request, Queue& queue);
  std::shared_ptr<Request> next_request();
  void read_requests();

  static constexpr std::size_t kept = 4;  ///< prefetches: of this batch, of two to come, and one for who lags behind

  const std::size_t row_bytes_;
  const std::size_t capacity_;
  const std::function<void(std::span<const Index>, std::byte*)> read_;
  std::mutex mutex_;
  std::condition_variable requested_;
  std::condition_variable ended_;
  Queue prefetched_;  ///< newest last
  Queue urgent_;
  Queue soon_;
  bool stopping_ = false;
  std::thread reader_;
};

}  // namespace lockstep
