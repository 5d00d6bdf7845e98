// SPDX-License-Identifier: MIT
// XXH3-128 over bytes that come in pieces.
#pragma once

#include <memory>
#include <span>
#include <string>

namespace lockstep {

/// Add bytes, then ask for 32 lower-case hex digits (the canonical, big-endian form, as `xxhsum -H128` prints it).
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void add(std::span<const std::byte> bytes);
  [[nodiscard]] std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] std::string checksum_of(std::span<const std::byte> bytes);

}  // namespace lockstep
