// SPDX-License-Identifier: MIT
// The threads of one rank.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/types.hpp"

namespace lockstep {

/// The cores that this process may run on (its affinity mask).
[[nodiscard]] int available_cores();

/// Stress mode, for tests: from now on the workers of this process linger before some pieces of work, for times that
/// `seed` decides, so that pieces begin and end in other orders than they would; 0: no longer. Not while workers work.
void perturb_schedule(std::uint64_t seed) noexcept;

/// A fixed number of worker threads (oneTBB), the caller included. All have the same floating-point mode while they
/// work (see FloatingPointMode), so that a result does not depend on who computed it.
class Workers {
 public:
  /// 0: one for each available core. More threads than cores is allowed, and slow.
  explicit Workers(int threads = 0);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] int threads() const noexcept { return threads_; }

  /// Calls body(i) once for each i in [0, count), on any worker; returns when all are done. A worker begins with every
  /// threads()-th index, in order, always the same ones, so that what an index touches in job after job stays in one
  /// core's caches; then it takes over what others have not begun. A list sorted by size, the largest first, so ends
  /// evenly.
  /// The first exception thrown is rethrown here; what had not begun by then is left out.
  void for_each(Index count, const std::function<void(Index)>& body);

 private:
  class Team;
  std::unique_ptr<Team> team_;
  int threads_;
};

}  // namespace lockstep
