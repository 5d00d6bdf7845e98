// SPDX-License-Identifier: MIT
// Reading and writing data sets by rows.
#include "io/hdf5_array.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <limits>

#include "core/error.hpp"
#include "io/hdf5_error.hpp"

namespace lockstep {
namespace {

static_assert(std::endian::native == std::endian::little, "data are mapped and hashed as little-endian bytes");

hid_t type_of(Element element) {
  switch (element) {
    case Element::uint8:
      return H5T_STD_U8LE;
    case Element::int32:
      return H5T_STD_I32LE;
    case Element::float32:
      return H5T_IEEE_F32LE;
    case Element::float64:
      return H5T_IEEE_F64LE;
  }
  return H5I_INVALID_HID;
}

/// The axes, checked: the file may say anything, and products of axes must not overflow.
std::vector<Index> shape_of(hid_t dataset, const std::string& path, const std::string& name) {
  const std::string action = fmt::format("read the shape of {}", name);
  const Hdf5SpaceHandle space{hdf5_checked(H5Dget_space(dataset), path, action)};
  const int rank = hdf5_checked(H5Sget_simple_extent_ndims(space.get()), path, action);
  if (rank == 0) throw FileError{path, fmt::format("{} holds a single value; store an array of samples", name)};
  std::vector<hsize_t> axes(static_cast<std::size_t>(rank));
  hdf5_checked(H5Sget_simple_extent_dims(space.get(), axes.data(), nullptr), path, action);
  constexpr auto most = static_cast<hsize_t>(std::numeric_limits<Index>::max() / 64);
  hsize_t elements = 1;
  std::vector<Index> shape;
  for (const hsize_t axis : axes) {
    if (axis != 0 && elements > most / axis) {
      throw FileError{path, fmt::format("the shape of {} is impossibly large; the file is damaged", name)};
    }
    elements *= axis;
    shape.push_back(static_cast<Index>(axis));
  }
  return shape;
}

/// Filters may come from plug-ins that the writer had and we have not.
void require_filters(hid_t dataset, const std::string& path, const std::string& name) {
  const std::string action = fmt::format("read the filters of {}", name);
  const Hdf5PropertiesHandle creation{hdf5_checked(H5Dget_create_plist(dataset), path, action)};
  const int filters = hdf5_checked(H5Pget_nfilters(creation.get()), path, action);
  for (int number = 0; number < filters; ++number) {
    std::array<char, 64> text{};
    unsigned flags = 0;
    unsigned configuration = 0;
    std::size_t values = 0;
    const H5Z_filter_t filter =
        hdf5_checked(H5Pget_filter2(creation.get(), static_cast<unsigned>(number), &flags, &values, nullptr,
                                    text.size() - 1, text.data(), &configuration),
                     path, action);
    if (H5Zfilter_avail(filter) > 0) continue;
    throw FileError{path,
                    fmt::format("{} is stored with the filter '{}' (number {}), which this HDF5 lacks; install its "
                                "plug-in, or store the data with gzip or uncompressed",
                                name, text.data(), filter)};
  }
}

/// Where a source is missing, or covers not everything, HDF5 reads zeros without a word.
void refuse_virtual(hid_t dataset, const std::string& path, const std::string& name) {
  const Hdf5PropertiesHandle creation{
      hdf5_checked(H5Dget_create_plist(dataset), path, fmt::format("read the layout of {}", name))};
  if (H5Pget_layout(creation.get()) != H5D_VIRTUAL) return;
  throw FileError{path,
                  fmt::format("{} is a virtual data set, which reads as zeros where its sources are missing; copy "
                              "its values into a data set of one file",
                              name)};
}

std::vector<hsize_t> sizes_of(const std::vector<Index>& shape) { return {shape.begin(), shape.end()}; }

Hdf5PropertiesHandle creation_properties(const std::vector<Index>& shape, ArrayLayout layout, const std::string& path) {
  Hdf5PropertiesHandle creation{hdf5_checked(H5Pcreate(H5P_DATASET_CREATE), path, "set up HDF5")};
  hdf5_checked(H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER), path, "set up HDF5");
  hdf5_checked(H5Pset_obj_track_times(creation.get(), false), path, "set up HDF5");
  if (layout.chunk_rows == 0) {
    hdf5_checked(H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY), path, "set up HDF5");
    return creation;
  }
  std::vector<hsize_t> chunk = sizes_of(shape);
  chunk.front() = static_cast<hsize_t>(layout.chunk_rows);
  hdf5_checked(H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data()), path,
               "store so large chunks; choose fewer samples a chunk");
  if (layout.gzip > 0) {
    hdf5_checked(H5Pset_deflate(creation.get(), static_cast<unsigned>(layout.gzip)), path,
                 "compress with gzip; HDF5 was built without it");
  }
  return creation;
}

}  // namespace

std::size_t bytes_of(Element element) {
  switch (element) {
    case Element::uint8:
      return 1;
    case Element::int32:
    case Element::float32:
      return 4;
    case Element::float64:
      return 8;
  }
  return 0;
}

Hdf5Array::Hdf5Array(const Hdf5File& file, std::string name, Hdf5DatasetHandle dataset)
    : path_{file.path()}, name_{std::move(name)}, dataset_{std::move(dataset)} {
  shape_ = shape_of(dataset_.get(), path_, name_);
  row_size_ = 1;
  for (std::size_t axis = 1; axis < shape_.size(); ++axis) row_size_ *= shape_[axis];
}

Hdf5Array Hdf5Array::open(const Hdf5File& file, const std::string& name) {
  const Hdf5Lock lock;
  const Hdf5PropertiesHandle access{hdf5_checked(H5Pcreate(H5P_DATASET_ACCESS), file.path(), "set up HDF5")};
  // Whole chunks are read, once each: HDF5's own cache would only hold memory.
  hdf5_checked(H5Pset_chunk_cache(access.get(), 0, 0, 0), file.path(), "set up HDF5");
  Hdf5DatasetHandle dataset{H5Dopen2(file.id(), name.c_str(), access.get())};
  if (dataset.get() < 0) {
    throw FileError{file.path(), fmt::format("{} is not a data set that can be opened ({})", name, hdf5_reason())};
  }
  refuse_virtual(dataset.get(), file.path(), name);
  require_filters(dataset.get(), file.path(), name);
  return {file, name, std::move(dataset)};
}

Hdf5Array Hdf5Array::create(const Hdf5File& file, const std::string& name, const std::vector<Index>& shape,
                            Element element, ArrayLayout layout) {
  const Hdf5Lock lock;
  const std::string action = fmt::format("create {}", name);
  const std::vector<hsize_t> sizes = sizes_of(shape);
  std::vector<hsize_t> limits = sizes;
  if (layout.chunk_rows > 0) limits.front() = H5S_UNLIMITED;
  const Hdf5SpaceHandle space{
      hdf5_checked(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), limits.data()), file.path(), action)};
  const Hdf5PropertiesHandle creation = creation_properties(shape, layout, file.path());
  file.require_group(name.substr(0, name.rfind('/')));
  return {file, name,
          Hdf5DatasetHandle{hdf5_checked(H5Dcreate2(file.id(), name.c_str(), type_of(element), space.get(), H5P_DEFAULT,
                                                    creation.get(), H5P_DEFAULT),
                                         file.path(), action)}};
}

ElementKind Hdf5Array::kind() const {
  const Hdf5Lock lock;
  const Hdf5TypeHandle type{
      hdf5_checked(H5Dget_type(dataset_.get()), path_, fmt::format("read the type of {}", name_))};
  switch (H5Tget_class(type.get())) {
    case H5T_INTEGER:
    case H5T_ENUM:  // h5py stores booleans so
      return ElementKind::integer;
    case H5T_FLOAT:
      return ElementKind::real;
    default:
      return ElementKind::other;
  }
}

std::optional<Element> Hdf5Array::stored_element() const {
  const Hdf5Lock lock;
  const Hdf5TypeHandle type{
      hdf5_checked(H5Dget_type(dataset_.get()), path_, fmt::format("read the type of {}", name_))};
  // A byte is a byte in either order; HDF5 compares the order all the same.
  if (H5Tequal(type.get(), H5T_STD_U8BE) > 0) return Element::uint8;
  for (const Element element : {Element::uint8, Element::int32, Element::float32, Element::float64}) {
    if (H5Tequal(type.get(), type_of(element)) > 0) return element;
  }
  return std::nullopt;
}

Index Hdf5Array::chunk_rows() const {
  const Hdf5Lock lock;
  const std::string action = fmt::format("read the layout of {}", name_);
  const Hdf5PropertiesHandle creation{hdf5_checked(H5Dget_create_plist(dataset_.get()), path_, action)};
  if (H5Pget_layout(creation.get()) != H5D_CHUNKED) return 0;
  std::vector<hsize_t> chunk(shape_.size());
  hdf5_checked(H5Pget_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data()), path_, action);
  return static_cast<Index>(chunk.front());
}

std::optional<std::uint64_t> Hdf5Array::file_offset() const {
  const Hdf5Lock lock;
  const Hdf5PropertiesHandle creation{
      hdf5_checked(H5Dget_create_plist(dataset_.get()), path_, fmt::format("read the layout of {}", name_))};
  if (H5Pget_layout(creation.get()) != H5D_CONTIGUOUS || H5Pget_external_count(creation.get()) > 0) return std::nullopt;
  const haddr_t offset = H5Dget_offset(dataset_.get());
  if (offset == HADDR_UNDEF) return std::nullopt;
  return offset;
}

Hdf5SpaceHandle Hdf5Array::select(Range rows) const {
  const std::string action = fmt::format("select rows of {}", name_);
  Hdf5SpaceHandle space{hdf5_checked(H5Dget_space(dataset_.get()), path_, action)};
  std::vector<hsize_t> count = sizes_of(shape_);
  std::vector<hsize_t> start(count.size(), 0);
  start.front() = static_cast<hsize_t>(rows.begin);
  count.front() = static_cast<hsize_t>(rows.size());
  hdf5_checked(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), path_,
               action);
  return space;
}

/// Of as many axes as the array: where the shapes differ, HDF5 1.10 maps one element after another to its chunk, which
/// takes a hundred times as long as copying it.
Hdf5SpaceHandle Hdf5Array::space_in_memory(Range rows) const {
  std::vector<hsize_t> count = sizes_of(shape_);
  count.front() = static_cast<hsize_t>(rows.size());
  return Hdf5SpaceHandle{hdf5_checked(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), path_,
                                      fmt::format("select rows of {}", name_))};
}

void Hdf5Array::read(Range rows, Element element, void* values) const {
  if (rows.empty() || row_size_ == 0) return;
  const Hdf5Lock lock;
  const Hdf5SpaceHandle space = select(rows);
  const Hdf5SpaceHandle memory = space_in_memory(rows);
  hdf5_checked(H5Dread(dataset_.get(), type_of(element), memory.get(), space.get(), H5P_DEFAULT, values), path_,
               fmt::format("read rows {} to {} of {}; the file is damaged, copy or make it again", rows.begin + 1,
                           rows.end, name_));
}

void Hdf5Array::write(Range rows, Element element, const void* values) const {
  if (rows.empty() || row_size_ == 0) return;
  const Hdf5Lock lock;
  const Hdf5SpaceHandle space = select(rows);
  const Hdf5SpaceHandle memory = space_in_memory(rows);
  hdf5_checked(H5Dwrite(dataset_.get(), type_of(element), memory.get(), space.get(), H5P_DEFAULT, values), path_,
               fmt::format("write rows {} to {} of {}; free space or choose another directory", rows.begin + 1,
                           rows.end, name_));
}

void Hdf5Array::resize(Index rows) {
  const Hdf5Lock lock;
  std::vector<hsize_t> sizes = sizes_of(shape_);
  sizes.front() = static_cast<hsize_t>(rows);
  hdf5_checked(H5Dset_extent(dataset_.get(), sizes.data()), path_, fmt::format("enlarge {}", name_));
  shape_.front() = rows;
}

}  // namespace lockstep
