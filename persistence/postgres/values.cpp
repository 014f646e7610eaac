#include "persistence/postgres/values.hpp"

namespace pawl::persistence::postgres {
namespace {

void set_word(char* at, std::uint32_t word) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<char>(word >> (24 - 8 * i));
}

}  // namespace

std::string encode_bigint(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(bits >> (56 - 8 * i));
  return bytes;
}

std::int64_t decode_number(std::string_view bytes) noexcept {
  if (bytes.empty()) return 0;
  // Numbers of all sizes have their sign in the first bit; a boolean is 0 or 1.
  std::uint64_t bits = static_cast<signed char>(bytes.front()) < 0 ? ~std::uint64_t{0} : 0;
  for (const char c : bytes) bits = bits << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(bits);
}

void array_builder::add(std::string_view binary) {
  const std::size_t at = bytes_.size();
  bytes_.resize(at + 4);
  set_word(bytes_.data() + at, static_cast<std::uint32_t>(binary.size()));
  bytes_.append(binary);
  ++count_;
}

std::string_view array_builder::finish() {
  set_word(bytes_.data(), count_ == 0 ? 0 : 1);  // dimensions
  set_word(bytes_.data() + 8, static_cast<std::uint32_t>(type_));
  set_word(bytes_.data() + 12, count_);
  set_word(bytes_.data() + 16, 1);  // index of the first element
  return std::string_view{bytes_}.substr(0, count_ == 0 ? 12 : bytes_.size());
}

}  // namespace pawl::persistence::postgres
