// SPDX-License-Identifier: MIT
// Attributes: text, lists of text, and numbers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.hpp"
#include "io/hdf5_file.hpp"

namespace lockstep {

/// The attributes of one group or data set of a file. Texts are UTF-8, written with fixed lengths (padded with zero
/// bytes) and read with fixed or variable ones.
class Hdf5Attributes {
 public:
  /// Throws FileError when there is no such object.
  Hdf5Attributes(const Hdf5File& file, std::string object);

  [[nodiscard]] bool has(std::string_view name) const;
  /// Each of these: nothing when there is no such attribute; FileError when it is of another type.
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view name) const;
  [[nodiscard]] std::optional<std::vector<Index>> integers(std::string_view name) const;
  [[nodiscard]] std::optional<double> real(std::string_view name) const;
  /// Names of all attributes, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

  void write_text(std::string_view name, std::string_view value) const;
  void write_texts(std::string_view name, std::span<const std::string> values) const;  ///< an array of one axis
  void write_names(std::string_view name, std::span<const std::string> names) const;   ///< the same; nothing when empty
  void write_integer(std::string_view name, Index value) const;
  void write_real(std::string_view name, double value) const;
  void write_integers(std::string_view name, std::span<const Index> values) const;  ///< an array of one axis

 private:
  [[nodiscard]] Hdf5AttributeHandle open(std::string_view name) const;
  void write(std::string_view name, hid_t type, const Hdf5SpaceHandle& space, const void* values) const;
  [[nodiscard]] std::string describe(std::string_view verb, std::string_view name) const;

  const Hdf5File& file_;
  std::string object_;
};

}  // namespace lockstep
