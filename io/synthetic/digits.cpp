// SPDX-License-Identifier: MIT
// From glyphs to pixels.
#include "io/synthetic/digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "io/synthetic/glyphs.hpp"
#include "io/synthetic/sample_random.hpp"

namespace lockstep {
namespace {

constexpr int side = 28;
constexpr int classes = 10;
constexpr int steps_per_curve = 6;  ///< straight pieces between two points of a curved stroke

/// One hand's way of writing one digit: everything random but the noise of pixels.
struct Hand {
  double jitter = 0;              ///< of the glyph's points, in glyph units
  double bend_x = 0, bend_y = 0;  ///< amplitude of a sine along the other axis, in glyph units
  double phase_x = 0, phase_y = 0;
  double slant = 0;                 ///< x a y
  double angle = 0;                 ///< radians
  double width = 0, height = 0;     ///< pixels
  double shift_x = 0, shift_y = 0;  ///< pixels
  double radius = 0;                ///< of the pen, pixels
  double edge = 0;                  ///< pixels over which the ink fades out
  double ink = 0;                   ///< 0 to 255
  double noise = 0;                 ///< deviation of the pixels' noise, 0 to 255
};

Hand draw_hand(SampleRandom& random) {
  Hand hand;
  hand.jitter = random.uniform(0.01, 0.045);
  hand.bend_x = random.normal(0.035);
  hand.bend_y = random.normal(0.035);
  hand.phase_x = random.uniform(0, 2 * std::numbers::pi);
  hand.phase_y = random.uniform(0, 2 * std::numbers::pi);
  hand.slant = 0.1 + random.normal(0.185);
  hand.angle = random.normal(0.09);
  hand.height = random.uniform(15, 21);
  hand.width = hand.height * random.uniform(0.52, 0.9);
  hand.shift_x = std::clamp(random.normal(1.1), -2.5, 2.5);
  hand.shift_y = std::clamp(random.normal(1.1), -2.5, 2.5);
  hand.radius = random.uniform(0.6, 1.7);
  hand.edge = random.uniform(0.8, 1.5);
  hand.ink = random.uniform(190, 255);
  hand.noise = random.uniform(2, 20);
  return hand;
}

GlyphPoint moved(GlyphPoint point, const Hand& hand, SampleRandom& random) {
  return {point.x + random.normal(hand.jitter), point.y + random.normal(hand.jitter)};
}

/// Glyph units to pixels.
GlyphPoint placed(GlyphPoint point, const Hand& hand) {
  const double turn = 2 * std::numbers::pi * 0.8;
  const double x = point.x - 0.5 + hand.bend_x * std::sin(turn * point.y + hand.phase_x);
  const double y = point.y - 0.5 + hand.bend_y * std::sin(turn * point.x + hand.phase_y);
  const double right = hand.width * x - hand.slant * hand.height * y;
  const double down = hand.height * y;
  const double centre = 0.5 * (side - 1);
  return {centre + hand.shift_x + std::cos(hand.angle) * right - std::sin(hand.angle) * down,
          centre + hand.shift_y + std::sin(hand.angle) * right + std::cos(hand.angle) * down};
}

/// Catmull and Rom 1974, between b and c.
double spline(double a, double b, double c, double d, double t) {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

std::vector<GlyphPoint> path_of(const GlyphStroke& stroke, const Hand& hand, SampleRandom& random) {
  std::vector<GlyphPoint> points;
  for (const GlyphPoint point : stroke.points) points.push_back(moved(point, hand, random));
  std::vector<GlyphPoint> path{placed(points.front(), hand)};
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const GlyphPoint a = points[i == 0 ? 0 : i - 1];
    const GlyphPoint b = points[i];
    const GlyphPoint c = points[i + 1];
    const GlyphPoint d = points[std::min(i + 2, points.size() - 1)];
    for (int step = 1; step <= steps_per_curve; ++step) {
      const double t = static_cast<double>(step) / steps_per_curve;
      const GlyphPoint between = stroke.curved
                                     ? GlyphPoint{spline(a.x, b.x, c.x, d.x, t), spline(a.y, b.y, c.y, d.y, t)}
                                     : GlyphPoint{b.x + t * (c.x - b.x), b.y + t * (c.y - b.y)};
      path.push_back(placed(between, hand));
    }
  }
  return path;
}

/// Squared distances from the pixels' centres to the nearest piece of path, as far as the pen reaches.
class DistanceField {
 public:
  DistanceField() { squares_.fill(std::numeric_limits<double>::max()); }

  void add(GlyphPoint from, GlyphPoint to, double reach) {
    const auto first = [&](double a, double b) {
      return std::clamp(static_cast<int>(std::ceil(std::min(a, b) - reach)), 0, side);
    };
    const auto last = [&](double a, double b) {
      return std::clamp(static_cast<int>(std::floor(std::max(a, b) + reach)), -1, side - 1);
    };
    const double dx = to.x - from.x;
    const double dy = to.y - from.y;
    const double square = std::max(dx * dx + dy * dy, 1e-12);
    for (int row = first(from.y, to.y); row <= last(from.y, to.y); ++row) {
      for (int column = first(from.x, to.x); column <= last(from.x, to.x); ++column) {
        const double x = column - from.x;
        const double y = row - from.y;
        const double along = std::clamp((x * dx + y * dy) / square, 0.0, 1.0);
        const double off_x = x - along * dx;
        const double off_y = y - along * dy;
        double& nearest = squares_[static_cast<std::size_t>(row * side + column)];
        nearest = std::min(nearest, off_x * off_x + off_y * off_y);
      }
    }
  }

  [[nodiscard]] double square(std::size_t pixel) const { return squares_[pixel]; }

 private:
  std::array<double, side * side> squares_{};
};

/// About normal, deviation 1: four bytes added.
double noise_of(std::uint32_t word) {
  const auto byte = [&](unsigned shift) { return static_cast<double>((word >> shift) & 0xFFU); };
  return (byte(0) + byte(8) + byte(16) + byte(24) - 510) / 147.8;
}

void draw_digit(int digit, SampleRandom& random, std::vector<std::uint8_t>& pixels) {
  const Hand hand = draw_hand(random);
  const auto glyphs = glyphs_of(digit);
  const Glyph& glyph = glyphs[static_cast<std::size_t>(random.choice(static_cast<Index>(glyphs.size())))];
  const double reach = hand.radius + hand.edge;
  DistanceField field;
  for (const GlyphStroke& stroke : glyph) {
    const std::vector<GlyphPoint> path = path_of(stroke, hand, random);
    for (std::size_t i = 0; i + 1 < path.size(); ++i) field.add(path[i], path[i + 1], reach);
  }
  for (std::size_t pixel = 0; pixel < side * side; ++pixel) {
    const double square = field.square(pixel);
    const double distance = square < reach * reach ? std::sqrt(square) : reach;
    const double ink = hand.ink * std::clamp((reach - distance) / hand.edge, 0.0, 1.0);
    const double value = ink + hand.noise * noise_of(random.word());
    pixels.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0))));
  }
}

class Digits final : public SyntheticSource {
 public:
  explicit Digits(std::uint64_t seed) : seed_{seed} {
    info_.name = "digits";
    info_.features = side * side;
    info_.feature_shape = {side, side};
    info_.byte_features = true;
    info_.classes = classes;
    for (int digit = 0; digit < classes; ++digit) info_.class_names.push_back(std::to_string(digit));
  }

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }

  void draw(Range rows, SyntheticSamples& samples) const override {
    const StreamKey order = stream_key(seed_, Purpose::synthetic, 0);
    const StreamKey hands = stream_key(seed_, Purpose::synthetic, 1);
    for (Index sample = rows.begin; sample < rows.end; ++sample) {
      const auto digit = static_cast<Label>(balanced_kind(order, sample, classes));
      SampleRandom random{hands, sample};
      draw_digit(digit, random, samples.bytes);
      samples.labels.push_back(digit);
    }
  }

 private:
  DatasetInfo info_;
  std::uint64_t seed_;
};

}  // namespace

std::unique_ptr<SyntheticSource> make_digits(std::uint64_t seed) { return std::make_unique<Digits>(seed); }

}  // namespace lockstep
