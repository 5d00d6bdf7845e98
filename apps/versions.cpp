// SPDX-License-Identifier: MIT
// Asking each library, at run time where it can be asked, and comparing the answers of all ranks.
#include "apps/versions.hpp"

#include <fmt/format.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include <Eigen/Core>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/agreement.hpp"
#include "apps/placement.hpp"
#include "core/bf16_product.hpp"
#include "core/error.hpp"
#include "core/gemm.hpp"
#include "core/types.hpp"
#include "io/hdf5_version.hpp"
#include "parallel/tbb_version.hpp"

namespace lockstep {
namespace {

std::string compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

/// What the compiler was allowed to use for our own loops.
std::string compiled_for() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#elif defined(__AVX__)
  return "AVX";
#elif defined(__ARM_NEON)
  return "NEON";
#else
  return "baseline";
#endif
}

/// Its exponentials and logarithms are in every loss.
std::string c_library() {
#ifdef __GLIBC__
  return fmt::format("glibc {}", gnu_get_libc_version());
#else
  return "unknown";
#endif
}

std::string product_instructions() {
  const std::optional<InstructionSet> used = product_instruction_set();
  std::string text = used ? std::string{text_in(instruction_set_names, *used)} : "as compiled";
  return multiplies_in_avx2() ? text + ", our own products" : text;
}

std::string bf16_instructions() {
  const std::optional<InstructionSet> used = bf16_instruction_set();
  return used ? std::string{text_in(instruction_set_names, *used)} : "none";
}

constexpr const char* product_fact = "instructions of matrix products";
constexpr const char* bf16_fact = "instructions of products in bf16";

}  // namespace

Facts build_facts() {
  return {{"lockstep", LOCKSTEP_VERSION},
          {"precision", sizeof(Scalar) == sizeof(float) ? "float" : "double"},
          {"compiler", compiler()},
          {"instruction set", compiled_for()},
          {"matrix products", std::string{product_library()}},
          {"Eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"C library", c_library()},
          {"oneTBB", tbb_version()},
          {"HDF5", hdf5_version()}};
}

Facts versions(const MpiEnvironment& mpi) {
  Facts facts = build_facts();
  facts.emplace_back(product_fact, product_instructions());
  facts.emplace_back(bf16_fact, bf16_instructions());
  facts.emplace_back("MPI",
                     MpiEnvironment::library() + (mpi.started() ? "" : " (not started: this process runs alone)"));
  return facts;
}

std::string ranks_and_hosts(std::span<const int> ranks, std::span<const std::string> hosts) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const std::string& host = hosts[static_cast<std::size_t>(ranks[i])];
    const bool last_of_host = i + 1 == ranks.size() || hosts[static_cast<std::size_t>(ranks[i + 1])] != host;
    text += fmt::format("{}{}", i == 0 ? "" : ", ", ranks[i]);
    if (last_of_host) text += fmt::format(" ({})", host);
  }
  return text;
}

std::vector<std::string> differences(std::span<const RankFacts> ranks) {
  std::vector<std::string> hosts;
  for (const RankFacts& rank : ranks) hosts.push_back(rank.host);
  std::vector<std::string> found;
  for (std::size_t fact = 0; fact < ranks.front().facts.size(); ++fact) {
    const auto& [name, expected] = ranks.front().facts[fact];
    std::map<std::string, std::vector<int>> others;
    for (std::size_t rank = 1; rank < ranks.size(); ++rank) {
      const Facts& facts = ranks[rank].facts;
      const std::string value = fact < facts.size() && facts[fact].first == name ? facts[fact].second : "unknown";
      if (value != expected) others[value].push_back(static_cast<int>(rank));
    }
    for (const auto& other : others)
      found.push_back(fmt::format("{} is {} on {}, but {} on rank 0 ({})", name, other.first,
                                  ranks_and_hosts(other.second, hosts), expected, hosts.front()));
  }
  return found;
}

std::vector<std::string> require_same_facts(Communicator& communicator, const Facts& mine) {
  const nlohmann::json own{host_name(), mine};
  std::vector<RankFacts> ranks;
  std::vector<std::string> hosts;
  for (const std::string& text : gather_texts(communicator, own.dump())) {
    const auto fields = nlohmann::json::parse(text);
    ranks.push_back({.host = fields.at(0), .facts = fields.at(1)});
    hosts.push_back(ranks.back().host);
  }
  std::vector<std::string> found = differences(ranks);
  if (found.empty()) return hosts;
  found.emplace_back("ranks of one run need the same build, libraries and instructions: the bits depend on them");
  throw AgreedError(found);
}

std::optional<InstructionSet> settled_instruction_set(std::optional<InstructionSet> wanted, Precision precision,
                                                      Communicator& communicator) {
  const bool bf16 = precision == Precision::bf16;
  agreed(communicator, [&] {
    if (wanted) use_instruction_set(*wanted);
    if (bf16 && !bf16_instruction_set()) throw RequestError{bf16_problem()};
    return true;
  });
  Facts facts{{product_fact, product_instructions()}};
  if (bf16) facts.emplace_back(bf16_fact, bf16_instructions());
  require_same_facts(communicator, facts);
  return bf16 ? bf16_instruction_set() : product_instruction_set();
}

}  // namespace lockstep
