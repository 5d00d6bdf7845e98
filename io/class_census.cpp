// SPDX-License-Identifier: MIT
// Counting, and two rules of thumb.
#include "io/class_census.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace lockstep {
namespace {

/// With fewer samples a class on average, a class of one is nothing special.
constexpr Index usual_samples = 20;
constexpr std::size_t most_listed = 5;

std::string list_of(const std::vector<std::string>& texts) {
  std::vector<std::string> shown = texts;
  shown.resize(std::min(most_listed, texts.size()));
  const std::size_t more = texts.size() - shown.size();
  return fmt::format("{}{}", fmt::join(shown, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

}  // namespace

void ClassCensus::add(Label label, Index place) {
  const auto index = static_cast<std::size_t>(label);
  if (index >= classes_.size()) classes_.resize(index + 1);
  ++samples_;
  if (classes_[index].samples++ == 0) classes_[index].first_place = place;
}

std::vector<std::string> ClassCensus::warnings(const std::string& path, const DatasetInfo& info) const {
  std::vector<std::string> empty;
  std::vector<std::string> single;
  for (std::size_t label = 0; label < static_cast<std::size_t>(info.classes); ++label) {
    const Class here = label < classes_.size() ? classes_[label] : Class{};
    const std::string name =
        info.class_names.empty() ? fmt::format("{}", label) : fmt::format("'{}'", info.class_names[label]);
    if (here.samples == 0) empty.push_back(name);
    if (here.samples == 1) single.push_back(fmt::format("{} ({} {})", name, places_, here.first_place));
  }
  std::vector<std::string> found;
  if (!empty.empty()) {
    const bool to_the_last = static_cast<Index>(classes_.size()) == info.classes;
    found.push_back(fmt::format("{}: {} of {} classes {} no samples ({}); {}", path, empty.size(), info.classes,
                                empty.size() == 1 ? "has" : "have", list_of(empty),
                                to_the_last ? fmt::format("is the largest label, {} of {} {}, a stray one?",
                                                          classes_.size() - 1, places_, classes_.back().first_place)
                                            : "do the names fit the labels?"));
  }
  const Index occupied = info.classes - static_cast<Index>(empty.size());
  if (!single.empty() && samples_ >= usual_samples * occupied) {
    found.push_back(
        fmt::format("{}: only one of {} samples is of class {}; is it a slip?", path, samples_, list_of(single)));
  }
  return found;
}

}  // namespace lockstep
