// SPDX-License-Identifier: MIT
// Which part may include what: read from the sources themselves.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace lockstep {
namespace {

namespace fs = std::filesystem;

const fs::path root{LOCKSTEP_SOURCE_DIRECTORY};

struct Source {
  fs::path path;  ///< below the repository's root
  std::string text;

  [[nodiscard]] std::string folder() const { return path.begin()->string(); }
};

std::vector<Source> sources() {
  std::vector<Source> found;
  for (const char* folder : {"core", "parallel", "io", "apps"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator{root / folder}) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".cpp" && extension != ".hpp") continue;
      std::ostringstream text;
      text << std::ifstream{entry.path()}.rdbuf();
      found.push_back({fs::relative(entry.path(), root), text.str()});
    }
  }
  return found;
}

/// "path:line" of every line that matches outside comments, in sources where `fenced` holds.
std::vector<std::string> trespasses(const std::string& pattern, const std::function<bool(const Source&)>& fenced) {
  const std::regex expression{pattern};
  std::vector<std::string> found;
  for (const Source& source : sources()) {
    if (!fenced(source)) continue;
    std::istringstream lines{source.text};
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (std::regex_search(line.substr(0, line.find("//")), expression))
        found.push_back(source.path.string() + ":" + std::to_string(number) + ": " + line);
    }
  }
  return found;
}

using None = std::vector<std::string>;

TEST(Fences, SeeTheSources) {
  EXPECT_GT(sources().size(), 50U);
  EXPECT_FALSE(trespasses("#include", [](const Source&) { return true; }).empty());
}

TEST(Fences, OnlyFilesThatSaySoInTheirNameIncludeMpi) {
  EXPECT_EQ(trespasses("#include *[<\"]mpi\\.h",
                       [](const Source& s) {
                         return s.folder() != "parallel" || s.path.filename().string().find("mpi") == std::string::npos;
                       }),
            None{});
}

TEST(Fences, OnlyParallelIncludesOneTbb) {
  EXPECT_EQ(trespasses("#include *[<\"](tbb|oneapi/tbb)", [](const Source& s) { return s.folder() != "parallel"; }),
            None{});
}

TEST(Fences, OnlyOneFileIncludesEachLibraryOfNumbers) {
  EXPECT_EQ(trespasses("#include *[<\"](omp\\.h|oneapi/dnnl|dnnl)",
                       [](const Source& s) { return s.path != "core/product_library.cpp"; }),
            None{});
  EXPECT_EQ(trespasses("#include *[<\"]Random123", [](const Source& s) { return s.path != "core/random.cpp"; }),
            None{});
}

TEST(Fences, OnlyIoIncludesHdf5) {
  EXPECT_EQ(trespasses("#include *[<\"]hdf5", [](const Source& s) { return s.folder() != "io"; }), None{});
}

TEST(Fences, OnlyAppsPrintsAndEndsTheProcess) {
  // MpiEnvironment offers main the way to end all ranks; the crash probe ends only its own child.
  const auto libraries = [](const Source& s) {
    return s.folder() != "apps" && s.path.stem() != "mpi_environment" && s.path.stem() != "crash_probe";
  };
  EXPECT_EQ(
      trespasses("std::(cout|cerr|clog)\\b|\\b(printf|fprintf|puts|fputs|perror)\\(|fmt::print|\\bstd(out|err)\\b",
                 libraries),
      None{});
  EXPECT_EQ(trespasses("\\b(exit|quick_exit|_exit|_Exit|abort|terminate)\\(", libraries), None{});
}

TEST(Fences, ParallelAndIoNeverSeeEachOther) {
  EXPECT_EQ(trespasses("#include \"io/", [](const Source& s) { return s.folder() == "parallel"; }), None{});
  EXPECT_EQ(trespasses("#include \"parallel/", [](const Source& s) { return s.folder() == "io"; }), None{});
}

TEST(Fences, CoreSeesOnlyItself) {
  EXPECT_EQ(trespasses("#include \"(parallel|io|apps|tests)/", [](const Source& s) { return s.folder() == "core"; }),
            None{});
}

TEST(Fences, NoLibrarySeesApps) {
  EXPECT_EQ(trespasses("#include \"(apps|tests|support)/", [](const Source& s) { return s.folder() != "apps"; }),
            None{});
}

TEST(Fences, EverySourceOpensWithItsLicence) {
  for (const Source& source : sources())
    EXPECT_TRUE(source.text.starts_with("// SPDX-License-Identifier: MIT\n")) << source.path;
}

}  // namespace
}  // namespace lockstep
