// SPDX-License-Identifier: MIT
// Files that appear under their name complete, or not at all, whatever happens on the way.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lockstep {

/// Where the file that will be `path` is written: beside it, so that a rename suffices.
[[nodiscard]] std::string temporary_name_for(const std::string& path);

/// Makes `directory` and those above it, where they are not there, and flushes each one's parent, so that after a crash
/// what is put into it can be found. Throws FileError.
void make_directories_durably(const std::string& directory);

/// Flushes the temporary file of `path` to disk. Throws FileError.
void flush_temporary_file(const std::string& path);

/// Flushes the temporary file to disk, renames it to `path` and flushes the directory. Throws FileError; the temporary
/// file is then removed and `path` is what it was. (If only the last flush fails, `path` is the new file, complete.)
void publish_file(const std::string& path);

/// Removes the temporary file of `path` if there is one. Never fails.
void discard_temporary_file(const std::string& path) noexcept;

/// Writes `parts`, one after the other, as the file `path`, durably. Throws FileError like publish_file.
/// The calls to the system are open, write, fsync, close, rename; open, fsync, close of the directory; unlink after a
/// failure.
void write_file_durably(const std::string& path, std::span<const std::string_view> parts);

}  // namespace lockstep
