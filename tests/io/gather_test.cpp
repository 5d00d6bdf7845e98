// SPDX-License-Identifier: MIT
#include "io/gather.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <span>
#include <vector>

namespace lockstep {
namespace {

/// Bytes of `values` at an address that is odd.
template <class Stored>
std::vector<std::byte> misaligned(const std::vector<Stored>& values) {
  const auto stored = std::as_bytes(std::span{values});
  std::vector<std::byte> bytes{std::byte{0}};
  for (const std::byte byte : stored) bytes.push_back(byte);
  return bytes;
}

template <class Stored>
std::vector<Scalar> gathered(Element element, const std::vector<Stored>& values, const AffineTransform& transform) {
  const std::vector<std::byte> bytes = misaligned(values);
  std::vector<Scalar> column(values.size(), Scalar{-1});
  EXPECT_TRUE(gather_column(element, {bytes.data() + 1, bytes.data()}, transform, column));
  return column;
}

constexpr std::size_t size = 37;

TEST(Gather, ConvertsEveryByte) {
  std::vector<std::uint8_t> bytes(256);
  for (std::size_t value = 0; value < bytes.size(); ++value) bytes[value] = static_cast<std::uint8_t>(value);
  const AffineTransform to_unit{std::vector<Scalar>(256, 0), std::vector<Scalar>(256, Scalar{1} / 255)};
  const std::vector<Scalar> unit = gathered(Element::uint8, bytes, to_unit);
  const std::vector<Scalar> plain = gathered(Element::uint8, bytes, {});
  for (std::size_t value = 0; value < bytes.size(); ++value) {
    EXPECT_EQ(plain[value], static_cast<Scalar>(value));
    EXPECT_EQ(unit[value], static_cast<Scalar>(value) * (Scalar{1} / 255));
  }
  EXPECT_EQ(unit[255], 1);
}

/// Whole cache lines, and what is left of them.
template <class Stored>
void expect_plain_numbers(Element element) {
  for (const std::size_t count : {1U, 7U, 8U, 15U, 16U, 17U, 63U, 64U, 65U, 147U}) {
    std::vector<Stored> values(count);
    for (std::size_t row = 0; row < count; ++row) values[row] = static_cast<Stored>(row + 1);
    const std::vector<Scalar> column = gathered(element, values, {});
    for (std::size_t row = 0; row < count; ++row) EXPECT_EQ(column[row], static_cast<Scalar>(row + 1)) << count;
  }
}

TEST(Gather, TakesSamplesOfAnyLength) {
  expect_plain_numbers<std::uint8_t>(Element::uint8);
  expect_plain_numbers<float>(Element::float32);
  expect_plain_numbers<double>(Element::float64);
}

TEST(Gather, TransformsEachElementByItsOwnNumbers) {
  std::vector<float> values(size);
  AffineTransform transform{std::vector<Scalar>(size), std::vector<Scalar>(size)};
  for (std::size_t row = 0; row < size; ++row) {
    values[row] = 0.3F * static_cast<float>(row);
    transform.shift[row] = Scalar(0.7) + static_cast<Scalar>(row);
    transform.factor[row] = Scalar{1} / static_cast<Scalar>(row + 3);
  }
  const std::vector<Scalar> column = gathered(Element::float32, values, transform);
  for (std::size_t row = 0; row < size; ++row) {
    EXPECT_EQ(column[row], (static_cast<Scalar>(values[row]) - transform.shift[row]) * transform.factor[row]) << row;
  }
}

TEST(Gather, BitsDoNotDependOnTheNumberOfElements) {
  std::vector<float> values(size);
  AffineTransform transform{std::vector<Scalar>(size), std::vector<Scalar>(size)};
  for (std::size_t row = 0; row < size; ++row) {
    values[row] = 1.0F / static_cast<float>(row + 1);
    transform.shift[row] = Scalar{1} / static_cast<Scalar>(row + 7);
    transform.factor[row] = Scalar{3} / static_cast<Scalar>(row + 5);
  }
  const std::vector<Scalar> whole = gathered(Element::float32, values, transform);
  for (std::size_t row = 0; row < size; ++row) {
    const std::vector<Scalar> alone =
        gathered(Element::float32, std::vector<float>{values[row]}, {{transform.shift[row]}, {transform.factor[row]}});
    EXPECT_EQ(alone.front(), whole[row]) << row;
  }
}

TEST(Gather, ReadsDoubles) {
  const std::vector<Scalar> column = gathered(Element::float64, std::vector<double>{0.1, -2.5, 1e-300}, {});
  EXPECT_EQ(column, (std::vector<Scalar>{static_cast<Scalar>(0.1), Scalar(-2.5), static_cast<Scalar>(1e-300)}));
}

TEST(Gather, NoticesWhatIsNotFiniteAnywhere) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (std::size_t place = 0; place < size; ++place) {
      std::vector<float> values(size, std::numeric_limits<float>::max());
      values[place] = bad;
      const std::vector<std::byte> bytes = misaligned(values);
      std::vector<Scalar> column(size);
      EXPECT_FALSE(gather_column(Element::float32, {bytes.data() + 1, bytes.data()}, {}, column));
      EXPECT_EQ(first_not_finite(Element::float32, bytes.data() + 1, size), static_cast<Index>(place));
    }
  }
  const std::vector<std::byte> bytes = misaligned(std::vector<double>{1, 2, std::numeric_limits<double>::infinity()});
  std::vector<Scalar> column(3);
  EXPECT_FALSE(gather_column(Element::float64, {bytes.data() + 1, bytes.data()}, {}, column));
  EXPECT_EQ(first_not_finite(Element::float64, bytes.data() + 1, 3), 2);
}

}  // namespace
}  // namespace lockstep
