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
    ++prefetches_;
    for (const Index block : blocks) {
      const bool known = entries_.contains(block);
      want(block).last_prefetch = prefetches_;
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
    read_one_.wait(lock, [&entry] { return entry.block != nullptr || entry.failure != nullptr; });
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
    requested_.wait(lock, [this] { return stopping_ || !urgent_.empty() || (!soon_.empty() && has_room()); });
    if (stopping_) return;
    const Index block = next_block();
    const auto asked = entries_.find(block);
    if (asked == entries_.end() || asked->second.block != nullptr || asked->second.failure != nullptr) continue;
    if (asked->second.waiting == 0 && !is_due(asked->second)) {  // nobody came for it
      entries_.erase(asked);
      continue;
    }
    asked->second.urgent = true;  // being read: nobody needs to queue it again
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
    // Room is made for what was asked for at the cost of what was not; for others, who read on after the last prefetch,
    // at the cost of what is oldest.
    evict(is_due(entry));
    read_one_.notify_all();
  }
}

bool BlockCache::is_due(const Entry& entry) const {
  return entry.last_prefetch > 0 && prefetches_ - entry.last_prefetch < kept;
}

std::size_t BlockCache::loaded() const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [](const auto& item) { return item.second.block != nullptr; }));
}

bool BlockCache::has_room() { return loaded() < capacity_ || oldest(true) != entries_.end(); }

BlockCache::Entries::iterator BlockCache::oldest(bool sparing_due) {
  auto oldest = entries_.end();
  for (auto item = entries_.begin(); item != entries_.end(); ++item) {
    const Entry& entry = item->second;
    if (entry.block == nullptr || entry.waiting > 0 || (sparing_due && is_due(entry))) continue;
    if (oldest == entries_.end() || entry.last_wanted < oldest->second.last_wanted) oldest = item;
  }
  return oldest;
}

void BlockCache::evict(bool sparing_due) {
  for (std::size_t count = loaded(); count > capacity_; --count) {
    auto victim = oldest(sparing_due);
    if (victim == entries_.end()) victim = oldest(false);
    if (victim == entries_.end()) return;
    entries_.erase(victim);
  }
}

}  // namespace lockstep
