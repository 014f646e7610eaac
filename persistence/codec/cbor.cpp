#include "persistence/codec/cbor.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include <pawl/assert.hpp>

namespace pawl::persistence::codec {
namespace {

/// Major types, as the high bits of a head.
struct major_type {
  enum value : std::uint8_t {
    unsigned_number = 0x00,
    negative_number = 0x20,
    byte_string = 0x40,
    text = 0x60,
    array = 0x80,
    map = 0xa0,
    simple = 0xe0,  // and floating-point numbers
  };
  static constexpr std::uint8_t bits = 0xe0;
};

template <class Number>
void append_big_endian(std::string& to, std::uint8_t first, Number number) {
  char bytes[1 + sizeof number];
  bytes[0] = static_cast<char>(first);
  for (std::size_t i = 0; i < sizeof number; ++i)
    bytes[1 + i] = static_cast<char>(number >> (8 * (sizeof number - 1 - i)));
  to.append(bytes, sizeof bytes);
}

void append_head(std::string& to, major_type::value type, std::uint64_t number) {
  if (number < 24) {
    to.push_back(static_cast<char>(type + number));
  } else if (number <= 0xff) {
    append_big_endian(to, type + 24, static_cast<std::uint8_t>(number));
  } else if (number <= 0xffff) {
    append_big_endian(to, type + 25, static_cast<std::uint16_t>(number));
  } else if (number <= 0xffff'ffff) {
    append_big_endian(to, type + 26, static_cast<std::uint32_t>(number));
  } else {
    append_big_endian(to, type + 27, number);
  }
}

void append_text(std::string& to, const std::string& text) {
  append_head(to, major_type::text, text.size());
  to.append(text);
}

void append_float(std::string& to, double number) {
  if (std::isnan(number)) {
    to.append("\xf9\x7e\x00", 3);
  } else if (std::isinf(number)) {
    to.append(number > 0 ? "\xf9\x7c\x00" : "\xf9\xfc\x00", 3);
  } else if (std::abs(number) <= std::numeric_limits<float>::max() &&
             static_cast<double>(static_cast<float>(number)) == number) {
    append_big_endian(to, 0xfa, std::bit_cast<std::uint32_t>(static_cast<float>(number)));
  } else {
    append_big_endian(to, 0xfb, std::bit_cast<std::uint64_t>(number));
  }
}

void append_value(std::string& to, const json& value, std::uint32_t depth) {
  PAWL_ASSERT_RUN(depth <= max_cbor_depth, "a stored value nests deeper than can be read");
  using type = json::value_t;
  switch (value.type()) {
    case type::null:
      to.push_back('\xf6');
      return;
    case type::boolean:
      to.push_back(*value.get_ptr<const bool*>() ? '\xf5' : '\xf4');
      return;
    case type::number_integer: {
      const std::int64_t number = *value.get_ptr<const std::int64_t*>();
      // -1 - number, which does not overflow.
      if (number < 0)
        return append_head(to, major_type::negative_number, ~static_cast<std::uint64_t>(number));
      return append_head(to, major_type::unsigned_number, static_cast<std::uint64_t>(number));
    }
    case type::number_unsigned:
      return append_head(to, major_type::unsigned_number, *value.get_ptr<const std::uint64_t*>());
    case type::number_float:
      return append_float(to, *value.get_ptr<const double*>());
    case type::string:
      return append_text(to, *value.get_ptr<const std::string*>());
    case type::array: {
      const auto& items = *value.get_ptr<const json::array_t*>();
      append_head(to, major_type::array, items.size());
      for (const auto& item : items) append_value(to, item, depth + 1);
      return;
    }
    case type::object: {
      const auto& members = *value.get_ptr<const json::object_t*>();
      append_head(to, major_type::map, members.size());
      for (const auto& [key, member] : members) {
        append_text(to, key);
        append_value(to, member, depth + 1);
      }
      return;
    }
    case type::binary: {
      // Not JSON, so no run has one; without its subtype, which could not be read.
      const auto& bytes = value.get_binary();
      append_head(to, major_type::byte_string, bytes.size());
      to.append(bytes.begin(), bytes.end());
      return;
    }
    case type::discarded:
      break;
  }
  PAWL_ASSERT_RUN(false, "a discarded value cannot be stored");
}

/// Reads what `append_value` writes.
class value_reader {
 public:
  explicit value_reader(byte_reader& from) noexcept : from_(from) {}

  json value(std::uint32_t depth) {
    if (depth > max_cbor_depth) {
      from_.fail("is nested too deep");
      return nullptr;
    }
    const std::uint8_t first = from_.byte();
    const auto type = static_cast<major_type::value>(first & major_type::bits);
    if (type == major_type::simple) return simple_value(first);
    const std::uint64_t number = argument(first & ~major_type::bits);
    switch (type) {
      case major_type::unsigned_number:
        return number;
      case major_type::negative_number:
        if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return wrong();
        return static_cast<std::int64_t>(~number);
      case major_type::byte_string: {
        const std::string_view bytes = from_.bytes(number);
        return json::binary({bytes.begin(), bytes.end()});
      }
      case major_type::text:
        return std::string{from_.bytes(number)};
      case major_type::array:
        return items(number, depth);
      case major_type::map:
        return members(number, depth);
      default:
        return wrong();
    }
  }

 private:
  std::uint64_t big_endian(std::size_t size) noexcept {
    std::uint64_t number = 0;
    for (const char c : from_.bytes(size)) number = number << 8 | static_cast<unsigned char>(c);
    return number;
  }

  /// The number in a head. Values of unknown length are not read.
  std::uint64_t argument(std::uint8_t info) noexcept {
    if (info < 24) return info;
    if (info <= 27) return big_endian(std::size_t{1} << (info - 24));
    wrong();
    return 0;
  }

  json simple_value(std::uint8_t first) {
    switch (first) {
      case 0xf4:
        return false;
      case 0xf5:
        return true;
      case 0xf6:
        return nullptr;
      case 0xf9:
        return half_float(big_endian(2));
      case 0xfa:
        return double{std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)))};
      case 0xfb:
        return std::bit_cast<double>(big_endian(8));
      default:
        return wrong();
    }
  }

  /// Only values that are not finite are written in two bytes.
  json half_float(std::uint64_t bits) {
    if (bits == 0x7c00) return std::numeric_limits<double>::infinity();
    if (bits == 0xfc00) return -std::numeric_limits<double>::infinity();
    if (bits == 0x7e00) return std::numeric_limits<double>::quiet_NaN();
    return wrong();
  }

  json items(std::uint64_t count, std::uint32_t depth) {
    json list = json::array();
    // Each has a byte at least.
    if (count > from_.left()) return wrong();
    auto& all = list.get_ref<json::array_t&>();
    all.reserve(static_cast<std::size_t>(count));
    for (; count > 0 && from_.ok(); --count) all.push_back(value(depth + 1));
    return list;
  }

  json members(std::uint64_t count, std::uint32_t depth) {
    json object = json::object();
    auto& all = object.get_ref<json::object_t&>();
    for (; count > 0 && from_.ok(); --count) {
      const std::uint8_t first = from_.byte();
      if ((first & major_type::bits) != major_type::text) return wrong();
      std::string key{from_.bytes(argument(first & ~major_type::bits))};
      // Keys are written in their order.
      if (!all.empty() && all.rbegin()->first >= key) return wrong();
      const auto place = all.emplace_hint(all.end(), std::move(key), nullptr);
      place->second = value(depth + 1);
    }
    return object;
  }

  json wrong() noexcept {
    from_.fail("has a value that is not CBOR");
    return nullptr;
  }

  byte_reader& from_;
};

}  // namespace

void append_cbor(std::string& to, const json& value) {
  append_value(to, value, 0);
}

json read_cbor(std::string_view bytes, byte_reader& from) {
  byte_reader in{bytes};
  json value = value_reader{in}.value(0);
  if (in.left() > 0) in.fail("has a value that is not CBOR");
  if (in.ok()) return value;
  from.fail(in.reason());
  return nullptr;
}

}  // namespace pawl::persistence::codec
