// SPDX-License-Identifier: MIT
// Every failing HDF5 status becomes a FileError.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

/// Why the last HDF5 call of this thread failed, in HDF5's own words: the system's message where there is one
/// ("No space left on device"), else the innermost entry of the error stack. "" when it left none.
[[nodiscard]] std::string hdf5_reason();

/// Throws FileError{path, "cannot <action> (<hdf5_reason>)"}; what `action` has after a semicolon ends the sentence.
[[noreturn]] void throw_hdf5_failure(const std::string& path, std::string_view action);

/// Returns `status`, an identifier, size or herr_t; a negative one throws. `action` names the object: "read /features".
/// Call it with the Hdf5Lock held.
template <class Status>
Status hdf5_checked(Status status, const std::string& path, std::string_view action) {
  if (status < 0) throw_hdf5_failure(path, action);
  return status;
}

}  // namespace lockstep
