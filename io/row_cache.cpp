// SPDX-License-Identifier: MIT
// Requests, the reading thread, and who waits for what.
#include "io/row_cache.hpp"

#include <algorithm>

namespace lockstep {

/// Rows that are read together, each once. `ended` is the cache's, under its lock; nothing changes once it is true.
class RowCache::Request {
 public:
  Request(std::span<const Index> rows, std::size_t row_bytes) : rows_(rows.begin(), rows.end()), row_bytes_{row_bytes} {
    std::sort(rows_.begin(), rows_.end());
    rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
  }

  void read(const std::function<void(std::span<const Index>, std::byte*)>& read) {
    bytes_ = std::make_unique_for_overwrite<std::byte[]>(rows_.size() * row_bytes_);
    read(rows_, bytes_.get());
  }
  [[nodiscard]] bool has(Index row) const { return std::binary_search(rows_.begin(), rows_.end(), row); }
  [[nodiscard]] const std::byte* numbers(Index row) const {
    const auto place = std::lower_bound(rows_.begin(), rows_.end(), row) - rows_.begin();
    return bytes_.get() + static_cast<std::size_t>(place) * row_bytes_;
  }

  bool ended = false;
  std::exception_ptr failure;

 private:
  std::vector<Index> rows_;
  std::size_t row_bytes_;
  std::unique_ptr<std::byte[]> bytes_;
};

RowCache::RowCache(std::size_t row_bytes, std::size_t capacity,
                   std::function<void(std::span<const Index>, std::byte*)> read)
    : row_bytes_{row_bytes}, capacity_{capacity}, read_{std::move(read)} {}

RowCache::~RowCache() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  requested_.notify_all();
  if (reader_.joinable()) reader_.join();
}

void RowCache::prefetch(std::span<const Index> rows) {
  const std::span<const Index> first = rows.first(std::min(capacity_, rows.size()));
  const auto request = std::make_shared<Request>(first, row_bytes_);
  const std::lock_guard lock{mutex_};
  prefetched_.push_back(request);
  if (prefetched_.size() > kept) prefetched_.pop_front();
  ask(request, soon_);
}

bool RowCache::asked_for(std::span<const Index> rows) {
  if (rows.empty()) return true;
  const std::lock_guard lock{mutex_};
  return std::any_of(prefetched_.begin(), prefetched_.end(), [&](const std::shared_ptr<Request>& request) {
    return request->has(rows.front()) && request->has(rows.back());
  });
}

void RowCache::ask(const std::shared_ptr<Request>& request, Queue& queue) {
  if (!reader_.joinable()) reader_ = std::thread{[this] { read_requests(); }};
  queue.push_back(request);
  requested_.notify_one();
}

RowCache::Rows RowCache::get(std::span<const Index> rows) {
  Rows found{.numbers = std::vector<const std::byte*>(rows.size()), .held = {}};
  const auto take = [&](const std::shared_ptr<const Request>& request) {
    for (std::size_t k = 0; k < rows.size(); ++k)
      if (found.numbers[k] == nullptr && request->has(rows[k])) found.numbers[k] = request->numbers(rows[k]);
    found.held.push_back(request);
  };
  std::unique_lock lock{mutex_};
  const Queue prefetched = prefetched_;
  lock.unlock();
  for (const std::shared_ptr<Request>& request : prefetched) {
    if (std::none_of(rows.begin(), rows.end(), [&](Index row) { return request->has(row); })) continue;
    lock.lock();
    ended_.wait(lock, [&] { return request->ended; });
    lock.unlock();
    if (request->failure == nullptr) take(request);
  }
  std::vector<Index> missing;
  for (std::size_t k = 0; k < rows.size(); ++k)
    if (found.numbers[k] == nullptr) missing.push_back(rows[k]);
  if (missing.empty()) return found;
  const auto request = std::make_shared<Request>(missing, row_bytes_);
  lock.lock();
  ask(request, urgent_);
  ended_.wait(lock, [&] { return request->ended; });
  lock.unlock();
  if (request->failure != nullptr) std::rethrow_exception(request->failure);
  take(request);
  return found;
}

std::shared_ptr<RowCache::Request> RowCache::next_request() {
  Queue& queue = urgent_.empty() ? soon_ : urgent_;
  std::shared_ptr<Request> request = std::move(queue.front());
  queue.pop_front();
  return request;
}

void RowCache::read_requests() {
  std::unique_lock lock{mutex_};
  while (true) {
    requested_.wait(lock, [this] { return stopping_ || !urgent_.empty() || !soon_.empty(); });
    if (stopping_) return;
    const std::shared_ptr<Request> request = next_request();
    if (request.use_count() == 1) continue;  // a prefetch that others have pushed out
    lock.unlock();
    std::exception_ptr failure;
    try {
      request->read(read_);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    request->ended = true;
    request->failure = failure;
    ended_.notify_all();
  }
}

}  // namespace lockstep
