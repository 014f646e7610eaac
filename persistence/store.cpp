#include "persistence/store.hpp"

#include <bit>

namespace pawl::persistence {

std::string_view to_string(column c) noexcept {
  switch (c) {
    case column::meta:
      return "meta";
    case column::flows:
      return "flows";
    case column::runs:
      return "runs";
    case column::checkpoints:
      return "checkpoints";
    case column::indexes:
      return "indexes";
    case column::counters:
      return "counters";
    case column::blobs:
      return "blobs";
  }
  return "unknown";
}

std::string encode_counter(std::int64_t sum) {
  const auto bits = std::bit_cast<std::uint64_t>(sum);
  std::string bytes(counter_bytes, '\0');
  for (std::size_t i = 0; i < counter_bytes; ++i) {
    bytes[i] = static_cast<char>(bits >> (8 * i));
  }
  return bytes;
}

std::optional<std::int64_t> decode_counter(std::string_view bytes) noexcept {
  if (bytes.size() != counter_bytes) return std::nullopt;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < counter_bytes; ++i) {
    bits |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return std::bit_cast<std::int64_t>(bits);
}

std::int64_t add_wrapping(std::int64_t a, std::int64_t b) noexcept {
  return std::bit_cast<std::int64_t>(std::bit_cast<std::uint64_t>(a) +
                                     std::bit_cast<std::uint64_t>(b));
}

}  // namespace pawl::persistence
