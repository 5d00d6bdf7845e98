// SPDX-License-Identifier: MIT
// How ranks share small texts and agree that a request is wrong, so that all of them leave together.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "parallel/communicator.hpp"
#include "parallel/texts.hpp"

namespace lockstep {

/// A wrong request that every rank knows of: rank 0 prints it and all ranks leave in order, without an abort.
class AgreedError : public RequestError {
 public:
  using RequestError::RequestError;
};

/// A fault that every rank knows of (exit status 1): rank 0 prints it and all ranks leave in order, without an abort.
class AgreedFault : public Error {
 public:
  using Error::Error;
};

/// Throws AgreedError on every rank when any rank has problems: each distinct one once, behind "rank N: " when not
/// all ranks have it. Collective.
void agree_on_problems(Communicator& communicator, const std::vector<std::string>& mine);

/// Throws AgreedError on every rank when rank 0 has problems. Collective.
void agree_on_problems_of_first(Communicator& communicator, const std::vector<std::string>& problems);

/// Throws AgreedError on every rank unless all have the same text: which ranks see which `what` ("the training data").
/// Collective.
void require_same_on_all_ranks(Communicator& communicator, std::string_view what, std::string_view mine);

/// Throws AgreedError on every rank unless all were started with the same arguments, the number of --threads aside.
/// Collective.
void require_same_command(Communicator& communicator, const std::vector<std::string>& arguments);

/// Throws AgreedFault on every rank when rank 0 names a fault (""  is none). Collective.
void agree_on_fault_of_first(Communicator& communicator, std::string_view fault);

/// Does `action` on this rank; when it threw RequestError on any rank, all throw AgreedError. Collective; other
/// exceptions pass through, for `action` itself must not communicate.
template <class Action>
auto agreed(Communicator& communicator, Action&& action) {
  std::optional<decltype(action())> result;
  std::vector<std::string> problems;
  try {
    result.emplace(action());
  } catch (const RequestError& failure) {
    problems = failure.problems();
  }
  agree_on_problems(communicator, problems);
  return std::move(*result);
}

/// Does `action` on rank 0 while the others wait; what it throws as RequestError, all ranks throw as AgreedError.
/// Collective.
template <class Action>
void on_first_rank(Communicator& communicator, Action&& action) {
  std::vector<std::string> problems;
  try {
    if (communicator.rank() == 0) action();
  } catch (const RequestError& failure) {
    problems = failure.problems();
  }
  agree_on_problems_of_first(communicator, problems);
}

}  // namespace lockstep
