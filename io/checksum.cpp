// SPDX-License-Identifier: MIT
// XXH3-128 through xxHash.
#include "io/checksum.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

#include "core/unique_handle.hpp"

namespace lockstep {
namespace {

struct HashTraits {
  using Raw = XXH3_state_t*;
  static Raw null() noexcept { return nullptr; }
  static void close(Raw state) noexcept { XXH3_freeState(state); }
};

}  // namespace

struct Checksum::State {
  UniqueHandle<HashTraits> hash{XXH3_createState()};
};

Checksum::Checksum() : state_{std::make_unique<State>()} {
  if (state_->hash.get() == nullptr) throw std::bad_alloc{};
  XXH3_128bits_reset(state_->hash.get());
}

Checksum::~Checksum() = default;

void Checksum::add(std::span<const std::byte> bytes) {
  XXH3_128bits_update(state_->hash.get(), bytes.data(), bytes.size());
}

std::string Checksum::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->hash.get());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string checksum_of(std::span<const std::byte> bytes) {
  Checksum checksum;
  checksum.add(bytes);
  return checksum.hex();
}

}  // namespace lockstep
