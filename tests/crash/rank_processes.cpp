// SPDX-License-Identifier: MIT
// Reads /proc.
#include "crash/rank_processes.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace lockstep::test {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

/// The parent of a living process, or -1.
pid_t parent_of(const std::filesystem::path& process) {
  const std::string stat = text_of(process / "stat");
  const std::size_t end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos) return -1;
  std::istringstream rest{stat.substr(end_of_name + 1)};
  char state = 0;
  pid_t parent = -1;
  rest >> state >> parent;
  return state == 'Z' || state == 'X' ? -1 : parent;
}

/// The rank that Open MPI gave it, or -1.
int rank_of(const std::filesystem::path& process) {
  const std::string key = "OMPI_COMM_WORLD_RANK=";
  std::istringstream variables{text_of(process / "environ")};
  for (std::string variable; std::getline(variables, variable, '\0');)
    if (variable.starts_with(key)) return std::stoi(variable.substr(key.size()));
  return -1;
}

}  // namespace

std::map<int, pid_t> rank_processes(pid_t mpirun) {
  std::map<int, pid_t> ranks;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos || parent_of(entry.path()) != mpirun) continue;
    const int rank = rank_of(entry.path());
    if (rank >= 0) ranks[rank] = std::stoi(name);
  }
  return ranks;
}

bool lives(pid_t process) { return parent_of(std::filesystem::path{"/proc"} / std::to_string(process)) >= 0; }

}  // namespace lockstep::test
