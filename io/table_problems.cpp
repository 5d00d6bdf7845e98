// SPDX-License-Identifier: MIT
// One sentence for each kind of fault in a table.
#include "io/table_problems.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "core/error.hpp"

namespace lockstep {
namespace {

constexpr std::size_t places_shown = 5;

/// What is wrong, of one and of several, and what to do; "{}" stands for the data set to be like.
struct Wording {
  const char* one;
  const char* several;
  const char* advice;
};

Wording wording(TableProblem kind) {
  switch (kind) {
    case TableProblem::missing:
      return {"value is missing", "values are missing",
              "say --missing drop to leave such rows out, or --missing fill to put in the median or an own category"};
    case TableProblem::missing_target:
      return {"row has no target", "rows have no target",
              "targets are never filled: say --missing drop, or take these rows out"};
    case TableProblem::nothing_to_fill:
      return {"value is missing", "values are missing",
              "{} has no fill value for it: import that again with --missing fill, or say --missing drop here"};
    case TableProblem::not_a_number:
      return {
          "value is not a number, as most of its column are", "values are not numbers, as most of their column are",
          "correct them, or take the column as categories by --categorical (or its first line as names by --header)"};
    case TableProblem::infinite:
      return {"number is infinite or beyond the range of a float",
              "numbers are infinite or beyond the range of a float", "correct them"};
    case TableProblem::unknown_category:
      return {"category is unknown to {}", "categories are unknown to {}",
              "correct them, or import {} anew from a table that has them"};
    case TableProblem::unknown_class:
      return {"class is unknown to {}", "classes are unknown to {}",
              "correct them, or import {} anew from a table that has them"};
    case TableProblem::ragged:
      return {"row has another number of fields than the first line",
              "rows have another number of fields than the first line", "correct them, or check --delimiter"};
  }
  return {};
}

}  // namespace

TableProblems::TableProblems(std::string path, std::string like) : path_{std::move(path)}, like_{std::move(like)} {}

void TableProblems::add(TableProblem kind, std::string place) {
  Found& found = found_[static_cast<std::size_t>(kind)];
  if (found.first.size() < places_shown) found.first.push_back(std::move(place));
  ++found.count;
  ++total_;
}

void TableProblems::throw_if_any() const {
  const std::string like = like_another() ? like_ : "what was read of the table before (did it change meanwhile?)";
  std::vector<std::string> sentences;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const Found& found = found_[kind];
    if (found.count == 0) continue;
    const Wording words = wording(static_cast<TableProblem>(kind));
    const Index rest = found.count - static_cast<Index>(found.first.size());
    sentences.push_back(fmt::format("{}: {} {}: {}{}; {}", path_, found.count,
                                    fmt::format(fmt::runtime(found.count == 1 ? words.one : words.several), like),
                                    fmt::join(found.first, "; "), rest > 0 ? fmt::format("; and {} more", rest) : "",
                                    fmt::format(fmt::runtime(words.advice), like)));
  }
  if (!sentences.empty()) throw RequestError{sentences};
}

}  // namespace lockstep
