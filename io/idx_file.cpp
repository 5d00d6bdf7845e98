// SPDX-License-Identifier: MIT
// Reading IDX headers and values.
#include "io/idx_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <utility>

#include "core/error.hpp"

namespace lockstep {
namespace {

/// Far beyond any data set, and far from overflow: 2^53 bytes.
constexpr Index most_bytes = Index{1} << 53U;
constexpr Index most_values_per_sample = Index{1} << 28U;

/// `bytes` as one big-endian number.
std::uint64_t big_endian(const char* bytes, Index count) {
  std::uint64_t number = 0;
  for (Index i = 0; i < count; ++i) number = (number << 8U) | static_cast<unsigned char>(bytes[i]);
  return number;
}

double value_from(const char* bytes, IdxType type) {
  const std::uint64_t bits = big_endian(bytes, size_of(type));
  switch (type) {
    case IdxType::uint8:
      return static_cast<double>(bits);
    case IdxType::int8:
      return static_cast<double>(static_cast<std::int8_t>(bits));
    case IdxType::int16:
      return static_cast<double>(static_cast<std::int16_t>(bits));
    case IdxType::int32:
      return static_cast<double>(static_cast<std::int32_t>(bits));
    case IdxType::float32:
      return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case IdxType::float64:
      return std::bit_cast<double>(bits);
  }
  return 0;
}

bool known_type(unsigned char code) { return code == 0x08 || code == 0x09 || (code >= 0x0B && code <= 0x0E); }

}  // namespace

Index size_of(IdxType type) {
  switch (type) {
    case IdxType::uint8:
    case IdxType::int8:
      return 1;
    case IdxType::int16:
      return 2;
    case IdxType::int32:
    case IdxType::float32:
      return 4;
    case IdxType::float64:
      return 8;
  }
  return 1;
}

IdxFile::IdxFile(std::string path) : source_{std::move(path)} {
  std::array<char, 4> magic{};
  const std::size_t got = source_.read(magic);
  if (got == 0) throw FileError{this->path(), "is empty"};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(magic[i]); };
  if (got < magic.size() || byte(0) != 0 || byte(1) != 0 || !known_type(byte(2)) || byte(3) == 0) {
    throw FileError{this->path(),
                    fmt::format("is not an IDX file (it begins with {:02x}, not with 0, 0, a type from 08 "
                                "to 0e, and the number of dimensions); for a table of text the order "
                                "is: data import TABLE.csv OUT.h5 --target COLUMN",
                                fmt::join(magic.data(), magic.data() + got, " "))};
  }
  type_ = static_cast<IdxType>(byte(2));
  Index bytes = size_of(type_);
  for (unsigned char dimension = 0; dimension < byte(3); ++dimension) {
    std::array<char, 4> size{};
    if (source_.read(size) < size.size()) throw FileError{this->path(), "ends inside its header; fetch it again"};
    shape_.push_back(static_cast<Index>(big_endian(size.data(), 4)));
    if (shape_.back() == 0) throw FileError{this->path(), "holds no values: one of its dimensions is 0"};
    if (dimension > 0) values_per_sample_ *= shape_.back();
    if (shape_.back() > most_bytes / bytes || values_per_sample_ > most_values_per_sample) {
      throw FileError{this->path(), fmt::format("announces {} values: more than can be meant; its header is damaged",
                                                fmt::join(shape_, " x "))};
    }
    bytes *= shape_.back();
  }
}

void IdxFile::read_exactly(std::span<char> bytes) {
  const auto got = static_cast<Index>(source_.read(bytes));
  bytes_read_ += got;
  if (got == static_cast<Index>(bytes.size())) return;
  throw FileError{path(), fmt::format("ends after {} of its {} values ({} x {} bytes); fetch or copy it again",
                                      bytes_read_ / size_of(type_), fmt::join(shape_, " x "),
                                      samples() * values_per_sample_, size_of(type_))};
}

void IdxFile::read_bytes(std::span<std::uint8_t> values) {
  read_exactly({reinterpret_cast<char*>(values.data()), values.size()});
}

void IdxFile::read_values(std::span<double> values) {
  const Index size = size_of(type_);
  std::vector<char> bytes(values.size() * static_cast<std::size_t>(size));
  read_exactly(bytes);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = value_from(bytes.data() + i * static_cast<std::size_t>(size), type_);
  }
}

void IdxFile::expect_end() {
  std::array<char, 1> more{};
  if (source_.read(more) == 0) return;
  throw FileError{path(), fmt::format("goes on after its {} values ({}); its header or its data are damaged",
                                      samples() * values_per_sample_, fmt::join(shape_, " x "))};
}

}  // namespace lockstep
