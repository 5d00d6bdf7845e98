// SPDX-License-Identifier: MIT
// Data sets as arrays: rows along the first axis, everything else inside a row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "io/hdf5_file.hpp"

namespace lockstep {

/// Element types that we read into memory and write to disk (little-endian).
enum class Element { uint8, int32, float32, float64 };

[[nodiscard]] std::size_t bytes_of(Element element);
inline constexpr Element scalar_element = sizeof(Scalar) == 4 ? Element::float32 : Element::float64;

/// What a stored type is to us.
enum class ElementKind { integer, real, other };

/// How a new array is laid out.
struct ArrayLayout {
  Index chunk_rows = 0;  ///< 0: contiguous, of fixed size; otherwise in chunks of so many rows, free to grow
  int gzip = 0;          ///< 0..9, chunked only
};

/// One HDF5 data set with at least one axis. Movable; safe to use from many threads. Throws FileError naming it.
class Hdf5Array {
 public:
  [[nodiscard]] static Hdf5Array open(const Hdf5File& file, const std::string& name);
  [[nodiscard]] static Hdf5Array create(const Hdf5File& file, const std::string& name, const std::vector<Index>& shape,
                                        Element element, ArrayLayout layout = {});

  [[nodiscard]] const std::vector<Index>& shape() const noexcept { return shape_; }
  [[nodiscard]] Index rows() const noexcept { return shape_.front(); }
  /// Elements of one row: the product of all axes but the first.
  [[nodiscard]] Index row_size() const noexcept { return row_size_; }

  [[nodiscard]] ElementKind kind() const;
  /// The element that the stored type equals, byte by byte; nothing when HDF5 has to convert it.
  [[nodiscard]] std::optional<Element> stored_element() const;
  /// Rows of a chunk; 0 when the array is not chunked.
  [[nodiscard]] Index chunk_rows() const;
  /// Where the elements lie in the file, in C order, unfiltered: a byte offset. Nothing when they do not lie in one
  /// piece there.
  [[nodiscard]] std::optional<std::uint64_t> file_offset() const;

  /// Reads rows [rows.begin, rows.end), converted to `element`, in C order.
  void read(Range rows, Element element, void* values) const;
  void write(Range rows, Element element, const void* values) const;
  /// Changes the number of rows (chunked arrays).
  void resize(Index rows);

 private:
  Hdf5Array(const Hdf5File& file, std::string name, Hdf5DatasetHandle dataset);
  [[nodiscard]] Hdf5SpaceHandle select(Range rows) const;
  [[nodiscard]] Hdf5SpaceHandle space_in_memory(Range rows) const;

  std::string path_;
  std::string name_;
  Hdf5DatasetHandle dataset_;
  std::vector<Index> shape_;
  Index row_size_ = 0;
};

}  // namespace lockstep
