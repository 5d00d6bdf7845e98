// SPDX-License-Identifier: MIT
// Blocks of whole chunks, at once or by way of a spool.
#include "io/row_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/error.hpp"

namespace lockstep {
namespace {

constexpr Index usual_block_bytes = Index{1} << 20U;

}  // namespace

RowOutput::RowOutput(const Hdf5File& file, std::string name, std::vector<Index> shape, Element element,
                     ArrayLayout layout)
    : file_{file},
      name_{std::move(name)},
      shape_{std::move(shape)},
      element_{element},
      layout_{layout},
      row_bytes_{static_cast<Index>(bytes_of(element))} {
  for (std::size_t axis = 1; axis < shape_.size(); ++axis) row_bytes_ *= shape_[axis];
  const Index unit = std::max<Index>(1, layout_.chunk_rows) * row_bytes_;
  block_bytes_ = static_cast<std::size_t>(unit * std::max<Index>(1, usual_block_bytes / unit));
  if (layout_.chunk_rows > 0) {
    create(0);
  } else if (announced() > 0) {
    create(announced());
  } else {
    spool_.emplace(file_.path());
  }
}

void RowOutput::append(std::span<const std::byte> bytes) {
  assert(static_cast<Index>(bytes.size()) % row_bytes_ == 0);
  if (announced() > 0 && rows() + static_cast<Index>(bytes.size()) / row_bytes_ > announced()) {
    throw FileError{file_.path(), fmt::format("more than the announced {} samples arrived; announce the right number, "
                                              "or 0",
                                              announced())};
  }
  while (!bytes.empty()) {
    const bool direct = pending_.empty() && bytes.size() >= block_bytes_;
    const std::size_t count =
        direct ? bytes.size() / block_bytes_ * block_bytes_ : std::min(bytes.size(), block_bytes_ - pending_.size());
    const std::span<const std::byte> part = bytes.first(count);
    bytes = bytes.subspan(count);
    if (direct) {
      write(part);
      continue;
    }
    pending_.insert(pending_.end(), part.begin(), part.end());
    if (pending_.size() < block_bytes_) continue;
    write(pending_);
    pending_.clear();
  }
}

void RowOutput::finish() {
  write(std::exchange(pending_, {}));
  if (spool_) {
    create(written_);
    Range rows{0, 0};
    spool_->replay(block_bytes_, [&](std::span<const std::byte> bytes) {
      rows = {rows.end, rows.end + static_cast<Index>(bytes.size()) / row_bytes_};
      array_->write(rows, element_, bytes.data());
    });
    spool_.reset();
  }
  array_.reset();
}

void RowOutput::create(Index rows) {
  std::vector<Index> shape = shape_;
  shape.front() = rows;
  array_.emplace(Hdf5Array::create(file_, name_, shape, element_, layout_));
}

void RowOutput::write(std::span<const std::byte> bytes) {
  const Range rows{written_, written_ + static_cast<Index>(bytes.size()) / row_bytes_};
  if (rows.empty()) return;
  written_ = rows.end;
  if (spool_) return spool_->append(bytes);
  if (layout_.chunk_rows > 0) array_->resize(rows.end);
  array_->write(rows, element_, bytes.data());
}

}  // namespace lockstep
