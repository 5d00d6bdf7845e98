// SPDX-License-Identifier: MIT
// Opening, creating and listing HDF5 files.
#include "io/hdf5_file.hpp"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <system_error>

#include "core/error.hpp"
#include "io/durable_file.hpp"
#include "io/hdf5_error.hpp"
#include "io/input_path.hpp"

namespace lockstep {
namespace {

/// What can be told without HDF5: a readable file, and not empty.
void require_content(const std::string& path, std::string_view advice) {
  require_readable(path, advice);
  std::error_code unknown;
  if (std::filesystem::file_size(path, unknown) == 0 && !unknown) {
    throw FileError{path, fmt::format("the file is empty (0 bytes); {}", advice)};
  }
}

Hdf5PropertiesHandle properties(hid_t kind, const std::string& path) {
  return Hdf5PropertiesHandle{hdf5_checked(H5Pcreate(kind), path, "set up HDF5")};
}

/// For new files: metadata with checksums, attributes of any size, all closed with the file.
Hdf5PropertiesHandle writing_access(const std::string& path, H5F_libver_t version) {
  Hdf5PropertiesHandle access = properties(H5P_FILE_ACCESS, path);
  hdf5_checked(H5Pset_libver_bounds(access.get(), version, H5F_LIBVER_V110), path, "choose the HDF5 version");
  hdf5_checked(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), path, "set up HDF5");
  return access;
}

/// Without times, the same content is the same bytes.
Hdf5PropertiesHandle timeless(hid_t kind, const std::string& path) {
  Hdf5PropertiesHandle creation = properties(kind, path);
  hdf5_checked(H5Pset_obj_track_times(creation.get(), false), path, "set up HDF5");
  return creation;
}

}  // namespace

Hdf5File Hdf5File::open(const std::string& path, std::string_view advice) {
  require_content(path, advice);
  const Hdf5Lock lock;
  if (H5Fis_hdf5(path.c_str()) <= 0) {
    throw FileError{path, fmt::format("this is not an HDF5 file; {}", advice)};
  }
  const Hdf5PropertiesHandle access = properties(H5P_FILE_ACCESS, path);
#if H5_VERSION_GE(1, 10, 7)
  // Readers need no lock, and network file systems often have none.
  hdf5_checked(H5Pset_file_locking(access.get(), false, true), path, "set up HDF5");
#endif
  Hdf5FileHandle file{H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get())};
  if (file.get() < 0) {
    const std::string reason = hdf5_reason();
    const bool truncated = reason.find("truncated") != std::string::npos;
    throw FileError{path, fmt::format("the HDF5 file is {} ({}); copy it again, or {}",
                                      truncated ? "truncated" : "damaged", reason, advice)};
  }
  return {path, std::move(file)};
}

Hdf5File Hdf5File::create_temporary(const std::string& path) {
  const Hdf5Lock lock;
  const Hdf5PropertiesHandle access = writing_access(path, H5F_LIBVER_V110);
  const Hdf5PropertiesHandle creation = timeless(H5P_FILE_CREATE, path);
  Hdf5FileHandle file{H5Fcreate(temporary_name_for(path).c_str(), H5F_ACC_TRUNC, creation.get(), access.get())};
  if (file.get() < 0) {
    const std::string reason = hdf5_reason();
    discard_temporary_file(path);
    throw FileError{path, fmt::format("cannot be created ({}); check that its directory exists, can be written and has "
                                      "free space",
                                      reason)};
  }
  return {path, std::move(file)};
}

Hdf5File Hdf5File::create_in_memory(const std::string& path, std::size_t user_block, std::size_t expected_bytes) {
  constexpr std::size_t metadata_bytes = std::size_t{1} << 20U;
  const Hdf5Lock lock;
  // A superblock of 1.8: the newer one is marked as open for writing until it is closed, and this one never is.
  const Hdf5PropertiesHandle access = writing_access(path, H5F_LIBVER_V18);
  hdf5_checked(H5Pset_fapl_core(access.get(), expected_bytes + metadata_bytes, false), path, "set up HDF5 in memory");
  const Hdf5PropertiesHandle creation = timeless(H5P_FILE_CREATE, path);
  hdf5_checked(H5Pset_userblock(creation.get(), user_block), path, "set up HDF5 in memory");
  // HDF5 looks for a file of this name before it leaves the disk alone; below a file there is none.
  const std::string name = path + "/memory";
  Hdf5FileHandle file{hdf5_checked(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), path,
                                   "set up the file in memory")};
  return {path, std::move(file)};
}

bool Hdf5File::has(std::string_view name) const {
  const Hdf5Lock lock;
  for (std::size_t end = name.find('/', 1);; end = name.find('/', end + 1)) {
    const std::string part{name.substr(0, end)};
    if (H5Lexists(id(), part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string_view::npos) return H5Oexists_by_name(id(), part.c_str(), H5P_DEFAULT) > 0;
  }
}

std::size_t Hdf5File::bytes() const {
  const Hdf5Lock lock;
  hsize_t size = 0;
  hdf5_checked(H5Fget_filesize(id(), &size), path_, "measure the file");
  return size;
}

void Hdf5File::require_group(const std::string& name) const {
  const Hdf5Lock lock;
  const Hdf5PropertiesHandle creation = timeless(H5P_GROUP_CREATE, path_);
  for (std::size_t end = name.find('/', 1);; end = name.find('/', end + 1)) {
    const std::string part = name.substr(0, end);
    if (part.size() > 1 && !has(part)) {
      const Hdf5GroupHandle group{hdf5_checked(H5Gcreate2(id(), part.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                                               path_, fmt::format("create group {}", part))};
    }
    if (end == std::string::npos) return;
  }
}

std::string_view Hdf5File::image() const {
  // HDF5 keeps more memory than the file takes. The file's end is in its superblock (HDF5 File Format Specification,
  // III.A, version 2), which also leaves the flag "open for writing" unused: the image is a complete file.
  constexpr std::size_t end_of_file_place = 28;
  const Hdf5Lock lock;
  hdf5_checked(H5Fflush(id(), H5F_SCOPE_LOCAL), path_, "finish the file in memory");
  hsize_t buffer_bytes = 0;
  hdf5_checked(H5Fget_filesize(id(), &buffer_bytes), path_, "measure the file in memory");
  void* handle = nullptr;
  hdf5_checked(H5Fget_vfd_handle(id(), H5P_DEFAULT, &handle), path_, "reach the file in memory");
  const Hdf5PropertiesHandle creation{hdf5_checked(H5Fget_create_plist(id()), path_, "measure the file in memory")};
  hsize_t user_block = 0;
  hdf5_checked(H5Pget_userblock(creation.get(), &user_block), path_, "measure the file in memory");
  const char* bytes = *static_cast<const char**>(handle);
  std::uint64_t end = 0;
  std::memcpy(&end, bytes + user_block + end_of_file_place, sizeof end);
  if (end <= user_block || end > buffer_bytes) {
    throw FileError{path_, fmt::format("cannot be composed in memory: HDF5 says that it ends at byte {} of {}; use "
                                       "HDF5 1.10 or later",
                                       end, buffer_bytes)};
  }
  return {bytes, static_cast<std::size_t>(end)};
}

void Hdf5File::close() {
  const Hdf5Lock lock;
  hdf5_checked(H5Fclose(file_.release()), path_, "finish writing the file; free space or choose another directory");
}

}  // namespace lockstep
