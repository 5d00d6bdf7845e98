// SPDX-License-Identifier: MIT
// Finding what is not UTF-8 (RFC 3629).
#include "apps/escaped_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lockstep {
namespace {

unsigned byte_at(std::string_view text, std::size_t place) {
  return place < text.size() ? static_cast<unsigned char>(text[place]) : 0U;
}

/// Bytes of the character at the beginning of `text`; 0 when they are no UTF-8.
std::size_t character_length(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;  // a continuation, an overlong form, or beyond Unicode
  for (std::size_t place = 1; place < length; ++place)
    if ((byte_at(text, place) & 0xC0U) != 0x80U) return 0;
  const unsigned second = byte_at(text, 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool beyond = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

std::string utf8_of(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t length = bytes.starts_with("\\x") ? 0 : character_length(bytes);
    text += length == 0 ? fmt::format("\\x{:02X}", byte_at(bytes, 0)) : std::string{bytes.substr(0, length)};
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

std::string printable(std::string_view text) {
  const auto is_control = [&](std::size_t i) {
    const unsigned byte = byte_at(text, i);
    const bool second_of_c1 = i > 0 && byte_at(text, i - 1) == 0xC2 && byte >= 0x80 && byte < 0xA0;
    const bool first_of_c1 = byte == 0xC2 && byte_at(text, i + 1) >= 0x80 && byte_at(text, i + 1) < 0xA0;
    return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F || first_of_c1 || second_of_c1;
  };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i)
    result += is_control(i) ? fmt::format("\\x{:02X}", byte_at(text, i)) : std::string(1, text[i]);
  return result;
}

std::string bytes_in(std::string_view text) {
  constexpr std::size_t escape = 4;  // \xHH
  std::string bytes;
  while (!text.empty()) {
    unsigned byte = 0;
    const char* const end = text.data() + std::min(escape, text.size());
    const bool escaped =
        text.starts_with("\\x") && text.size() >= escape && std::from_chars(text.data() + 2, end, byte, 16).ptr == end;
    bytes += escaped ? static_cast<char>(byte) : text.front();
    text.remove_prefix(escaped ? escape : 1);
  }
  return bytes;
}

}  // namespace lockstep
