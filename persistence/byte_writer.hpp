#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/time.hpp>

namespace pawl::persistence {

/// Appends the fields of a record to a buffer, which the caller keeps for the next record: once it
/// is large enough, nothing allocates.
class byte_writer {
 public:
  /// `to` must outlive the writer.
  explicit byte_writer(std::string& to) noexcept : to_(to) {}

  void byte(std::uint8_t value) { to_.push_back(static_cast<char>(value)); }
  void flag(bool value) { byte(value ? 1 : 0); }

  /// LEB128: seven bits in a byte, low bits first; the high bit says that more follow.
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  /// As "zigzag" (0, -1, 1, -2, …), so that small negative numbers are short, too.
  void signed_varint(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  /// Eight bytes, low first: for numbers that are large as a rule.
  void fixed64(std::uint64_t value) {
    char bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
    to_.append(bytes, sizeof bytes);
  }
  template <class Enum>
  void enumerator(Enum value) {
    byte(static_cast<std::uint8_t>(value));
  }

  void bytes(std::string_view value) { to_.append(value); }
  void text(std::string_view value) {
    varint(value.size());
    bytes(value);
  }

  /// The distance from `base`, which is short if both are close. It wraps around, so any two times
  /// have one.
  void time(time_point value, time_point base = {}) {
    signed_varint(static_cast<std::int64_t>(static_cast<std::uint64_t>(to_unix_us(value)) -
                                            static_cast<std::uint64_t>(to_unix_us(base))));
  }

  /// Puts the length of what `append` appends before it. `append` receives the buffer.
  template <class Append>
  void with_length(Append append) {
    byte(0);
    const std::size_t begin = to_.size();
    append(to_);
    set_length(begin);
  }

 private:
  /// Writes the number of bytes from `begin` to the end into the byte before. A length of several
  /// bytes moves them; most are short.
  void set_length(std::size_t begin) {
    std::size_t length = to_.size() - begin;
    std::size_t at = begin - 1;
    char head[10];
    std::size_t size = 0;
    for (; length >= 0x80; length >>= 7) head[size++] = static_cast<char>(length | 0x80);
    to_[at] = static_cast<char>(length);
    if (size > 0) to_.insert(at, head, size);
  }

  std::string& to_;
};

}  // namespace pawl::persistence
