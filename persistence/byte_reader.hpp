#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include <pawl/error.hpp>
#include <pawl/time.hpp>

namespace pawl::persistence {

/// Reads fields in the order in which a `byte_writer` wrote them. Never reads out of bounds and
/// never throws: the first error is kept, and every read after it returns zero or nothing. So a
/// decoder reads all fields and asks `ok()` once. Does not own the bytes.
class byte_reader {
 public:
  explicit byte_reader(std::string_view bytes) noexcept
      : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  [[nodiscard]] bool ok() const noexcept { return reason_ == nullptr; }
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  /// Records an error, unless there is one. `reason` is a predicate that outlives the reader: "ends
  /// too early". `code`: `corrupt`, or `schema_newer` for what a later version may have written.
  void fail(const char* reason, errc code = errc::corrupt) noexcept;
  /// Meaningful after an error.
  [[nodiscard]] const char* reason() const noexcept { return reason_; }
  [[nodiscard]] errc code() const noexcept { return code_; }
  /// Offset of the error in the bytes.
  [[nodiscard]] std::size_t place() const noexcept { return place_; }

  std::uint8_t byte() noexcept {
    if (at_ != end_) return static_cast<std::uint8_t>(*at_++);
    fail("ends too early");
    return 0;
  }
  bool flag() noexcept {
    const std::uint8_t value = byte();
    if (value > 1) fail("has a flag that is neither 0 nor 1");
    return value == 1;
  }

  std::uint64_t varint() noexcept {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80)
      return static_cast<unsigned char>(*at_++);
    return long_varint();
  }
  std::uint32_t varint32() noexcept {
    const std::uint64_t value = varint();
    if (value <= std::numeric_limits<std::uint32_t>::max())
      return static_cast<std::uint32_t>(value);
    fail("has a number above 32 bits");
    return 0;
  }
  std::int64_t signed_varint() noexcept {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  std::uint64_t fixed64() noexcept;

  template <class Enum>
  Enum enumerator(Enum last, Enum first = Enum{}) noexcept {
    const std::uint8_t value = byte();
    if (value >= static_cast<std::uint8_t>(first) && value <= static_cast<std::uint8_t>(last))
      return static_cast<Enum>(value);
    fail("has an unknown enumerator");
    return first;
  }
  /// A set of bits, all of which are in `known`.
  std::uint32_t bits(std::uint32_t known) noexcept {
    const std::uint64_t value = varint();
    if ((value & ~std::uint64_t{known}) == 0) return static_cast<std::uint32_t>(value);
    fail("has an unknown part");
    return 0;
  }

  std::string_view bytes(std::uint64_t size) noexcept;
  std::string_view text() noexcept { return bytes(varint()); }
  /// The number of items of a list, each of which has at least `least` bytes: so much memory may be
  /// reserved for them.
  std::size_t count(std::size_t least = 1) noexcept;

  time_point time(time_point base = {}) noexcept {
    return from_unix_us(static_cast<std::int64_t>(static_cast<std::uint64_t>(signed_varint()) +
                                                  static_cast<std::uint64_t>(to_unix_us(base))));
  }

 private:
  std::uint64_t long_varint() noexcept;

  const char* begin_;
  const char* at_;
  const char* end_;
  const char* reason_ = nullptr;
  std::size_t place_ = 0;
  errc code_ = errc::corrupt;
};

}  // namespace pawl::persistence
