// SPDX-License-Identifier: MIT
// A signature and three chunks.
#include "io/png_image.hpp"

#include <zlib.h>

#include <cstdint>
#include <string_view>

#include "core/error.hpp"

namespace lockstep {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255U);
  return bytes;
}

const Bytef* bytes_of_text(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

std::string chunk(std::string_view type, std::string_view data) {
  const std::string body = std::string{type} + std::string{data};
  const auto checksum = static_cast<std::uint32_t>(crc32(0, bytes_of_text(body), static_cast<uInt>(body.size())));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(checksum);
}

}  // namespace

std::string png_image(int width, int height, std::span<const unsigned char> pixels) {
  if (width < 1 || height < 1 || pixels.size() != static_cast<std::size_t>(width) * static_cast<std::size_t>(height))
    throw ShapeError("a picture of " + std::to_string(width) + " x " + std::to_string(height) + " pixels was given " +
                     std::to_string(pixels.size()));
  std::string rows;
  const auto row_bytes = static_cast<std::size_t>(width);
  for (std::size_t row = 0; row < static_cast<std::size_t>(height); ++row) {
    rows += '\0';  // this row is not filtered
    const std::span<const unsigned char> line = pixels.subspan(row * row_bytes, row_bytes);
    rows.append(line.begin(), line.end());
  }
  uLongf size = compressBound(static_cast<uLong>(rows.size()));
  std::string packed(size, '\0');
  if (compress(reinterpret_cast<Bytef*>(packed.data()), &size, bytes_of_text(rows), static_cast<uLong>(rows.size())) !=
      Z_OK)
    throw Error("zlib could not pack a picture");
  packed.resize(size);
  using namespace std::string_view_literals;
  const std::string header = big_endian(static_cast<std::uint32_t>(width)) +
                             big_endian(static_cast<std::uint32_t>(height)) + std::string{"\x08\0\0\0\0"sv};
  return std::string{"\x89PNG\r\n\x1a\n"sv} + chunk("IHDR", header) + chunk("IDAT", packed) + chunk("IEND", {});
}

}  // namespace lockstep
