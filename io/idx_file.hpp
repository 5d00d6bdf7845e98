// SPDX-License-Identifier: MIT
// IDX, the format of MNIST: a magic number, the sizes, then the values in C order, big-endian.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "io/byte_source.hpp"

namespace lockstep {

/// The third byte of the magic number: what the values are.
enum class IdxType : std::uint8_t {
  uint8 = 0x08,
  int8 = 0x09,
  int16 = 0x0B,
  int32 = 0x0C,
  float32 = 0x0D,
  float64 = 0x0E
};

/// Bytes of one value.
[[nodiscard]] Index size_of(IdxType type);

/// An IDX file, plain or gzip, read from first value to last in bounded memory.
/// Source  "The IDX file format", in the description of the MNIST database (LeCun, Cortes, Burges 1998).
class IdxFile {
 public:
  /// Reads the header. Throws FileError: not an IDX file, no values, or sizes too large to be meant.
  explicit IdxFile(std::string path);

  [[nodiscard]] const std::string& path() const noexcept { return source_.path(); }
  [[nodiscard]] IdxType type() const noexcept { return type_; }
  /// The sizes, outermost first: (samples, rows, columns) for images, (samples) for labels. All at least 1.
  [[nodiscard]] const std::vector<Index>& shape() const noexcept { return shape_; }
  [[nodiscard]] Index samples() const noexcept { return shape_.front(); }
  [[nodiscard]] Index values_per_sample() const noexcept { return values_per_sample_; }
  [[nodiscard]] double fraction() const { return source_.fraction(); }

  /// The next values.size() bytes of a uint8 file. Throws FileError when the file ends before.
  void read_bytes(std::span<std::uint8_t> values);
  /// The next values, of any type, as doubles. Throws FileError when the file ends before.
  void read_values(std::span<double> values);
  /// Throws FileError when bytes follow the last value.
  void expect_end();

 private:
  void read_exactly(std::span<char> bytes);

  ByteSource source_;
  IdxType type_ = IdxType::uint8;
  std::vector<Index> shape_;
  Index values_per_sample_ = 1;
  Index bytes_read_ = 0;  ///< of values
};

}  // namespace lockstep
