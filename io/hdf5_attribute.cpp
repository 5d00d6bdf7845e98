// SPDX-License-Identifier: MIT
// Reading and writing attributes.
#include "io/hdf5_attribute.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "io/crash_probe.hpp"
#include "io/hdf5_error.hpp"

namespace lockstep {
namespace {

/// HDF5 attributes may be of any size; names and shapes are small, and a damaged file must not ask for all memory.
constexpr hsize_t most_attribute_bytes = hsize_t{1} << 30U;

Hdf5TypeHandle text_type(std::size_t length, const std::string& path) {
  Hdf5TypeHandle type{hdf5_checked(H5Tcopy(H5T_C_S1), path, "describe a text")};
  hdf5_checked(H5Tset_size(type.get(), length), path, "describe a text");
  hdf5_checked(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), path, "describe a text");
  hdf5_checked(H5Tset_cset(type.get(), H5T_CSET_UTF8), path, "describe a text");
  return type;
}

std::vector<std::string> fixed_texts(const std::string& bytes, std::size_t length) {
  std::vector<std::string> texts;
  for (std::size_t begin = 0; begin + length <= bytes.size(); begin += length) {
    const std::string_view padded_text{bytes.data() + begin, length};
    texts.emplace_back(padded_text.substr(0, padded_text.find('\0')));
  }
  return texts;
}

/// HDF5 1.10 follows references into its global heap without checking them: see survives_in_child.
std::vector<std::string> variable_texts(const Hdf5AttributeHandle& attribute, const Hdf5TypeHandle& type,
                                        const Hdf5SpaceHandle& space, const std::string& path,
                                        const std::string& action) {
  std::vector<char*> pointers(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get())), nullptr);
  hdf5_checked(H5Aread(attribute.get(), type.get(), pointers.data()), path, action);
  std::vector<std::string> values;
  for (const char* pointer : pointers) values.emplace_back(pointer == nullptr ? "" : pointer);
  H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, pointers.data());
  return values;
}

}  // namespace

Hdf5Attributes::Hdf5Attributes(const Hdf5File& file, std::string object) : file_{file}, object_{std::move(object)} {
  if (object_ != "/" && !file_.has(object_)) throw FileError{file_.path(), fmt::format("has no {}", object_)};
}

std::string Hdf5Attributes::describe(std::string_view verb, std::string_view name) const {
  return fmt::format("{} attribute '{}' of {}", verb, name, object_);
}

bool Hdf5Attributes::has(std::string_view name) const {
  const Hdf5Lock lock;
  return hdf5_checked(H5Aexists_by_name(file_.id(), object_.c_str(), std::string{name}.c_str(), H5P_DEFAULT),
                      file_.path(), describe("look for", name)) > 0;
}

Hdf5AttributeHandle Hdf5Attributes::open(std::string_view name) const {
  return Hdf5AttributeHandle{
      hdf5_checked(H5Aopen_by_name(file_.id(), object_.c_str(), std::string{name}.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                   file_.path(), describe("open", name))};
}

std::optional<std::vector<std::string>> Hdf5Attributes::texts(std::string_view name) const {
  const Hdf5Lock lock;
  if (!has(name)) return std::nullopt;
  const std::string& path = file_.path();
  const std::string action = describe("read", name);
  const Hdf5AttributeHandle attribute = open(name);
  const Hdf5TypeHandle type{hdf5_checked(H5Aget_type(attribute.get()), path, action)};
  if (H5Tget_class(type.get()) != H5T_STRING) {
    throw FileError{path, fmt::format("attribute '{}' of {} is not text; store strings there", name, object_)};
  }
  const Hdf5SpaceHandle space{hdf5_checked(H5Aget_space(attribute.get()), path, action)};
  const auto count = static_cast<hsize_t>(hdf5_checked(H5Sget_simple_extent_npoints(space.get()), path, action));
  const std::size_t length = H5Tget_size(type.get());
  if (count == 0) return std::vector<std::string>{};
  if (length == 0 || count > most_attribute_bytes / length) {
    throw FileError{path,
                    fmt::format("attribute '{}' of {} is too large to be text; the file is damaged", name, object_)};
  }
  if (H5Tis_variable_str(type.get()) > 0) {
    const auto read = [&] { return variable_texts(attribute, type, space, path, action); };
    if (!survives_in_child(read)) {
      throw FileError{path,
                      fmt::format("attribute '{}' of {} is damaged (HDF5 crashes on it); copy the file again, or make "
                                  "it again",
                                  name, object_)};
    }
    return read();
  }
  std::string bytes(count * length, '\0');
  hdf5_checked(H5Aread(attribute.get(), type.get(), bytes.data()), path, action);
  return fixed_texts(bytes, length);
}

std::optional<std::string> Hdf5Attributes::text(std::string_view name) const {
  std::optional<std::vector<std::string>> values = texts(name);
  if (!values) return std::nullopt;
  if (values->size() != 1) {
    throw FileError{file_.path(), fmt::format("attribute '{}' of {} holds {} texts; store exactly one", name, object_,
                                              values->size())};
  }
  return std::move(values->front());
}

std::optional<std::vector<Index>> Hdf5Attributes::integers(std::string_view name) const {
  const Hdf5Lock lock;
  if (!has(name)) return std::nullopt;
  const std::string& path = file_.path();
  const std::string action = describe("read", name);
  const Hdf5AttributeHandle attribute = open(name);
  const Hdf5TypeHandle type{hdf5_checked(H5Aget_type(attribute.get()), path, action)};
  if (H5Tget_class(type.get()) != H5T_INTEGER) {
    throw FileError{path,
                    fmt::format("attribute '{}' of {} is not a whole number; store integers there", name, object_)};
  }
  const Hdf5SpaceHandle space{hdf5_checked(H5Aget_space(attribute.get()), path, action)};
  const auto count = static_cast<hsize_t>(hdf5_checked(H5Sget_simple_extent_npoints(space.get()), path, action));
  if (count > most_attribute_bytes / sizeof(Index)) {
    throw FileError{path, fmt::format("attribute '{}' of {} is too large; the file is damaged", name, object_)};
  }
  std::vector<Index> values(count);
  if (count > 0) hdf5_checked(H5Aread(attribute.get(), H5T_NATIVE_INT64, values.data()), path, action);
  return values;
}

std::optional<double> Hdf5Attributes::real(std::string_view name) const {
  const Hdf5Lock lock;
  if (!has(name)) return std::nullopt;
  const std::string action = describe("read", name);
  const Hdf5AttributeHandle attribute = open(name);
  const Hdf5SpaceHandle space{hdf5_checked(H5Aget_space(attribute.get()), file_.path(), action)};
  if (H5Sget_simple_extent_npoints(space.get()) != 1) {
    throw FileError{file_.path(), fmt::format("attribute '{}' of {} is not a single number", name, object_)};
  }
  double value = 0;
  hdf5_checked(H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value), file_.path(), action);
  return value;
}

std::vector<std::string> Hdf5Attributes::names() const {
  const Hdf5Lock lock;
  std::vector<std::string> found;
  const auto keep = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  hdf5_checked(
      H5Aiterate_by_name(file_.id(), object_.c_str(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &found, H5P_DEFAULT),
      file_.path(), fmt::format("list the attributes of {}", object_));
  return found;
}

void Hdf5Attributes::write(std::string_view name, hid_t type, const Hdf5SpaceHandle& space, const void* values) const {
  const std::string action = describe("write", name);
  const Hdf5AttributeHandle attribute{
      hdf5_checked(H5Acreate_by_name(file_.id(), object_.c_str(), std::string{name}.c_str(), type, space.get(),
                                     H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                   file_.path(), action)};
  hdf5_checked(H5Awrite(attribute.get(), type, values), file_.path(), action);
}

void Hdf5Attributes::write_text(std::string_view name, std::string_view value) const {
  const Hdf5Lock lock;
  const std::string padded_value = value.empty() ? std::string(1, '\0') : std::string{value};
  const Hdf5TypeHandle type = text_type(padded_value.size(), file_.path());
  write(name, type.get(), Hdf5SpaceHandle{H5Screate(H5S_SCALAR)}, padded_value.data());
}

void Hdf5Attributes::write_texts(std::string_view name, std::span<const std::string> values) const {
  const Hdf5Lock lock;
  std::size_t length = 1;
  for (const std::string& value : values) length = std::max(length, value.size());
  std::string bytes;
  for (const std::string& value : values) bytes.append(value).append(length - value.size(), '\0');
  const Hdf5TypeHandle type = text_type(length, file_.path());
  const hsize_t count = values.size();
  write(name, type.get(), Hdf5SpaceHandle{H5Screate_simple(1, &count, nullptr)}, bytes.data());
}

void Hdf5Attributes::write_names(std::string_view name, std::span<const std::string> names) const {
  if (!names.empty()) write_texts(name, names);
}

void Hdf5Attributes::write_integer(std::string_view name, Index value) const {
  const Hdf5Lock lock;
  write(name, H5T_STD_I64LE, Hdf5SpaceHandle{H5Screate(H5S_SCALAR)}, &value);
}

void Hdf5Attributes::write_real(std::string_view name, double value) const {
  const Hdf5Lock lock;
  write(name, H5T_IEEE_F64LE, Hdf5SpaceHandle{H5Screate(H5S_SCALAR)}, &value);
}

void Hdf5Attributes::write_integers(std::string_view name, std::span<const Index> values) const {
  const Hdf5Lock lock;
  const hsize_t count = values.size();
  write(name, H5T_STD_I64LE, Hdf5SpaceHandle{H5Screate_simple(1, &count, nullptr)}, values.data());
}

}  // namespace lockstep
