// SPDX-License-Identifier: MIT
// Requests, the reading thread, and what is forgotten first.
#include "io/block_cache.hpp"

#include <algorithm>

namespace lockstep {

BlockCache::BlockCache(std::size_t capacity, std::function<Block(Index)> read)
    : capacity_{capacity}, read_{std::move(read)} {}

BlockCache::~BlockCache() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  requested_.notify_all();
  if (reader_.joinable()) reader_.join();
}

BlockCache::Entry& BlockCache::want(Index block) {
  if (!reader_.joinable()) reader_ = std::thread{[this] { read_blocks(); }};
  Entry& entry = entries_[block];
  entry.last_wanted = ++clock_;
  return entry;
}

void BlockCache::prefetch(std::span<const Index> blocks) {
  {
    const std::lock_guard lock{mutex_};
    for (const Index block : blocks) {
      const bool known = entries_.contains(block);
      want(block);
      if (!known) soon_.push_back(block);
    }
  }
  requested_.notify_one();
}

std::vector<std::shared_ptr<const Block>> BlockCache::get(std::span<const Index> blocks) {
  std::unique_lock lock{mutex_};
  for (const Index block : blocks) {
    Entry& entry = want(block);
    ++entry.waiting;
    if (entry.block == nullptr && entry.failure == nullptr && !entry.urgent) {
      entry.urgent = true;
      urgent_.push_back(block);
    }
  }
  requested_.notify_one();
  std::vector<std::shared_ptr<const Block>> found;
  std::exception_ptr failure;
  for (const Index block : blocks) {
    // References into an unordered_map stay valid while others are added; entries with waiters are never evicted.
    Entry& entry = entries_.at(block);
    loaded_.wait(lock, [&entry] { return entry.block != nullptr || entry.failure != nullptr; });
    if (entry.failure != nullptr) failure = entry.failure;
    found.push_back(entry.block);
    if (--entry.waiting == 0 && entry.failure != nullptr) entries_.erase(block);
  }
  if (failure != nullptr) std::rethrow_exception(failure);
  return found;
}

Index BlockCache::next_block() {
  std::deque<Index>& queue = urgent_.empty() ? soon_ : urgent_;
  const Index block = queue.front();
  queue.pop_front();
  return block;
}

void BlockCache::read_blocks() {
  std::unique_lock lock{mutex_};
  while (true) {
    requested_.wait(lock, [this] { return stopping_ || !urgent_.empty() || !soon_.empty(); });
    if (stopping_) return;
    const Index block = next_block();
    const auto waiting = entries_.find(block);
    if (waiting == entries_.end() || waiting->second.block != nullptr || waiting->second.failure != nullptr) continue;
    waiting->second.urgent = true;  // being read: nobody needs to queue it again
    lock.unlock();
    std::shared_ptr<const Block> bytes;
    std::exception_ptr failure;
    try {
      bytes = std::make_shared<const Block>(read_(block));
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    Entry& entry = entries_.at(block);
    entry.block = std::move(bytes);
    entry.failure = failure;
    entry.urgent = false;
    evict();
    loaded_.notify_all();
  }
}

void BlockCache::evict() {
  const auto loaded = [](const auto& item) { return item.second.block != nullptr; };
  auto count = static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), loaded));
  while (count > capacity_) {
    auto oldest = entries_.end();
    for (auto item = entries_.begin(); item != entries_.end(); ++item) {
      if (item->second.block == nullptr || item->second.waiting > 0) continue;
      if (oldest == entries_.end() || item->second.last_wanted < oldest->second.last_wanted) oldest = item;
    }
    if (oldest == entries_.end()) return;
    entries_.erase(oldest);
    --count;
  }
}

}  // namespace lockstep
