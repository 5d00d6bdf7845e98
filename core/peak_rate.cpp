// SPDX-License-Identifier: MIT
// Fused multiply-adds that wait for nothing but their own unit.
#include "core/peak_rate.hpp"

#include <Eigen/Core>
#include <cstddef>

namespace lockstep {
namespace {

using Register = Eigen::internal::packet_traits<Scalar>::type;
constexpr std::size_t lanes = sizeof(Register) / sizeof(Scalar);

// Enough chains to hide a latency of 5 cycles on two units, few enough for 16 registers.
constexpr std::size_t chains = 12;

}  // namespace

double multiply_adds_in_registers(Index rounds) {
  using Eigen::internal::pmadd;
  using Eigen::internal::pset1;
  const auto factor = pset1<Register>(Scalar{0.5});
  const auto term = pset1<Register>(Scalar{1});
  Register sums[chains];  // not std::array: GCC drops the alignment of a register as template argument, and says so
  for (std::size_t chain = 0; chain < chains; ++chain) sums[chain] = pset1<Register>(static_cast<Scalar>(chain));
  for (Index round = 0; round < rounds; ++round)
    for (std::size_t chain = 0; chain < chains; ++chain) sums[chain] = pmadd(sums[chain], factor, term);
  // The sum is used, so that no compiler leaves the work out.
  Scalar used = 0;
  for (const Register& sum : sums) used += Eigen::internal::predux(sum);
  volatile Scalar sink = used;
  (void)sink;
  return 2.0 * static_cast<double>(lanes) * static_cast<double>(chains) * static_cast<double>(rounds);
}

}  // namespace lockstep
