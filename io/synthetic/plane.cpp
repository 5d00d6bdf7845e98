// SPDX-License-Identifier: MIT
// Ring, modes and line.
#include "io/synthetic/plane.hpp"

#include <array>
#include <string>

#include "io/synthetic/sample_random.hpp"

namespace lockstep {
namespace {

constexpr double half_side = 2.5;

/// Points of a square with two classes. The rule sees the coordinates as they are stored, so no label is ever off by
/// rounding.
class PlaneClasses final : public SyntheticSource {
 public:
  using Rule = bool (*)(double x, double y);

  PlaneClasses(std::string name, std::vector<std::string> class_names, Rule rule, std::uint64_t seed)
      : rule_{rule}, key_{stream_key(seed, Purpose::synthetic)} {
    info_.name = std::move(name);
    info_.features = 2;
    info_.feature_shape = {2};
    info_.feature_names = {"x1", "x2"};
    info_.classes = 2;
    info_.class_names = std::move(class_names);
  }

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }

  void draw(Range rows, SyntheticSamples& samples) const override {
    for (Index sample = rows.begin; sample < rows.end; ++sample) {
      SampleRandom random{key_, sample};
      const auto x = static_cast<float>(random.uniform(-half_side, half_side));
      const auto y = static_cast<float>(random.uniform(-half_side, half_side));
      samples.floats.insert(samples.floats.end(), {x, y});
      samples.labels.push_back(rule_(static_cast<double>(x), static_cast<double>(y)) ? 1 : 0);
    }
  }

 private:
  DatasetInfo info_;
  Rule rule_;
  StreamKey key_;
};

class Line final : public SyntheticSource {
 public:
  explicit Line(std::uint64_t seed) : key_{stream_key(seed, Purpose::synthetic)} {
    info_.name = "line";
    info_.task = Task::regression;
    info_.features = 1;
    info_.feature_shape = {1};
    info_.feature_names = {"x"};
    info_.target_names = {"y"};
  }

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }

  void draw(Range rows, SyntheticSamples& samples) const override {
    for (Index sample = rows.begin; sample < rows.end; ++sample) {
      SampleRandom random{key_, sample};
      const double x = random.uniform(-4, 4);
      samples.floats.push_back(static_cast<float>(x));
      samples.values.push_back(static_cast<float>(0.5 * x + 4 + random.normal(0.1)));
    }
  }

 private:
  DatasetInfo info_;
  StreamKey key_;
};

bool in_ring(double x, double y) {
  const double square = x * x + y * y;
  return square >= 1 && square <= 4;
}

bool in_mode(double x, double y) {
  constexpr double radius = 0.8;
  constexpr double half_root_of_3 = 0.86602540378443864676;
  constexpr std::array<std::array<double, 2>, 3> centres{
      {{0, 1.5}, {-1.5 * half_root_of_3, -0.75}, {1.5 * half_root_of_3, -0.75}}};
  for (const auto& centre : centres) {
    const double dx = x - centre[0];
    const double dy = y - centre[1];
    if (dx * dx + dy * dy <= radius * radius) return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<SyntheticSource> make_ring(std::uint64_t seed) {
  return std::make_unique<PlaneClasses>("ring", std::vector<std::string>{"outside", "inside"}, &in_ring, seed);
}

std::unique_ptr<SyntheticSource> make_modes(std::uint64_t seed) {
  return std::make_unique<PlaneClasses>("modes", std::vector<std::string>{"rest", "mode"}, &in_mode, seed);
}

std::unique_ptr<SyntheticSource> make_line(std::uint64_t seed) { return std::make_unique<Line>(seed); }

}  // namespace lockstep
