#include "flow/values/json_size.hpp"

#include <utility>

#include <cstdint>
#include <cstring>

namespace pawl::flow {
namespace {

/// What escaping adds to one byte.
constexpr std::size_t escape_size(unsigned char byte) noexcept {
  if (byte == '"' || byte == '\\') return 1;
  if (byte >= 0x20) return 0;
  const bool has_short_form =
      byte == '\b' || byte == '\f' || byte == '\n' || byte == '\r' || byte == '\t';
  return has_short_form ? 1 : 5;
}

constexpr std::uint64_t every_byte(unsigned char byte) noexcept {
  return std::uint64_t{byte} * 0x0101010101010101;
}

constexpr std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return (word - every_byte(1)) & ~word & every_byte(0x80);
}

/// Whether one of eight bytes has to be escaped. Most text needs no escapes, so this is the fast
/// path.
constexpr bool has_escapes(std::uint64_t word) noexcept {
  const std::uint64_t control = (word - every_byte(0x20)) & ~word & every_byte(0x80);
  return (control | zero_bytes(word ^ every_byte('"')) | zero_bytes(word ^ every_byte('\\'))) != 0;
}

std::size_t digits(std::uint64_t number) noexcept {
  std::size_t count = 1;
  for (; number >= 10; number /= 10) ++count;
  return count;
}

/// The size of a value without what is nested deeper than `levels`.
std::size_t size_within(std::size_t levels, const json& value) noexcept {
  if (const auto* const object = value.get_ptr<const json::object_t*>()) {
    std::size_t sum = json_container_size;
    if (levels == 0) return sum;
    for (const auto& [key, item] : *object)
      sum += json_key_size(key) + size_within(levels - 1, item);
    return sum;
  }
  if (const auto* const array = value.get_ptr<const json::array_t*>()) {
    std::size_t sum = json_container_size;
    if (levels == 0) return sum;
    for (const auto& item : *array) sum += json_item_size + size_within(levels - 1, item);
    return sum;
  }
  if (const auto* const text = value.get_ptr<const std::string*>()) return json_string_size(*text);
  return json_scalar_size(value);
}

}  // namespace

std::size_t json_string_size(std::string_view text) noexcept {
  std::size_t sum = text.size() + 2;
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    if (has_escapes(word))
      for (const char c : text.substr(0, sizeof word))
        sum += escape_size(static_cast<unsigned char>(c));
    text.remove_prefix(sizeof word);
  }
  for (const char c : text) sum += escape_size(static_cast<unsigned char>(c));
  return sum;
}

std::size_t json_scalar_size(const json& value) noexcept {
  switch (value.type()) {
    case json::value_t::boolean:
      return *value.get_ptr<const bool*>() ? 4 : 5;
    case json::value_t::number_integer: {
      const auto number = *value.get_ptr<const std::int64_t*>();
      const auto bits = static_cast<std::uint64_t>(number);
      return number < 0 ? 1 + digits(~bits + 1) : digits(bits);
    }
    case json::value_t::number_unsigned:
      return digits(*value.get_ptr<const std::uint64_t*>());
    case json::value_t::number_float:
      return json_float_size;
    default:
      return 4;
  }
}

std::size_t json_size(const json& value) noexcept {
  return size_within(json_size_depth, value);
}

void set_member(json& object, std::size_t& size, const std::string& key, json value) {
  size += json_size(value);
  if (const auto old = object.find(key); old != object.end()) {
    size -= json_size(*old);
    *old = std::move(value);
  } else {
    size += json_key_size(key);
    object[key] = std::move(value);
  }
}

}  // namespace pawl::flow
