#include "persistence/byte_reader.hpp"

namespace pawl::persistence {

void byte_reader::fail(const char* reason, errc code) noexcept {
  if (!ok()) return;
  reason_ = reason;
  code_ = code;
  place_ = static_cast<std::size_t>(at_ - begin_);
  at_ = end_;
}

std::uint64_t byte_reader::long_varint() noexcept {
  std::uint64_t value = 0;
  for (int shift = 0; at_ != end_; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at_++);
    // The tenth byte holds the 64th bit. A last byte of 0 would be a second form of the number.
    if ((shift == 63 && byte > 1) || (byte == 0 && shift > 0)) {
      fail("has a number in an invalid form");
      return 0;
    }
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  fail("ends too early");
  return 0;
}

std::uint64_t byte_reader::fixed64() noexcept {
  std::uint64_t value = 0;
  const std::string_view from = bytes(8);
  for (std::size_t i = 0; i < from.size(); ++i)
    value |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  return value;
}

std::string_view byte_reader::bytes(std::uint64_t size) noexcept {
  if (size > left()) {
    fail("has a length beyond its end");
    return {};
  }
  const std::string_view found{at_, static_cast<std::size_t>(size)};
  at_ += size;
  return found;
}

std::size_t byte_reader::count(std::size_t least) noexcept {
  const std::uint64_t items = varint();
  if (items <= left() / least) return static_cast<std::size_t>(items);
  fail("has more items than bytes for them");
  return 0;
}

}  // namespace pawl::persistence
