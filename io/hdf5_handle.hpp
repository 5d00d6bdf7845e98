// SPDX-License-Identifier: MIT
// One owner for every HDF5 identifier, and the one lock around the library.
#pragma once

#include <hdf5.h>

#include <mutex>

#include "core/unique_handle.hpp"

namespace lockstep {

/// Held around every HDF5 call: the library is not thread-safe. Recursive, so that functions that take it may call
/// each other. Also keeps HDF5 from printing its error stack.
class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

template <herr_t (*Close)(hid_t)>
struct Hdf5Traits {
  using Raw = hid_t;
  static Raw null() noexcept { return H5I_INVALID_HID; }
  static void close(Raw id) noexcept {
    const Hdf5Lock lock;
    Close(id);
  }
};

using Hdf5FileHandle = UniqueHandle<Hdf5Traits<H5Fclose>>;
using Hdf5GroupHandle = UniqueHandle<Hdf5Traits<H5Gclose>>;
using Hdf5DatasetHandle = UniqueHandle<Hdf5Traits<H5Dclose>>;
using Hdf5SpaceHandle = UniqueHandle<Hdf5Traits<H5Sclose>>;
using Hdf5TypeHandle = UniqueHandle<Hdf5Traits<H5Tclose>>;
using Hdf5AttributeHandle = UniqueHandle<Hdf5Traits<H5Aclose>>;
using Hdf5PropertiesHandle = UniqueHandle<Hdf5Traits<H5Pclose>>;

}  // namespace lockstep
