#include "persistence/codec/attributes.hpp"

#include <bit>
#include <string>
#include <utility>

#include "persistence/codec/fields.hpp"

namespace pawl::persistence::codec {
namespace {

void encode_attribute(byte_writer& to, const attribute_value& value) {
  to.enumerator(attribute_type_of(value));
  if (const auto* const text = std::get_if<std::string>(&value)) to.text(*text);
  if (const auto* const number = std::get_if<double>(&value))
    to.fixed64(std::bit_cast<std::uint64_t>(*number));
  if (const auto* const truth = std::get_if<bool>(&value)) to.flag(*truth);
  if (const auto* const time = std::get_if<time_point>(&value)) to.time(*time);
}

attribute_value decode_attribute(byte_reader& from) {
  switch (from.enumerator(attribute_type::time, attribute_type::text)) {
    case attribute_type::text:
      return std::string{from.text()};
    case attribute_type::number:
      return std::bit_cast<double>(from.fixed64());
    case attribute_type::boolean:
      return from.flag();
    case attribute_type::time:
      return from.time();
  }
  return {};
}

/// The number of entries, and each by `decode(from)`, under names that ascend.
template <class Map, class Decode>
Map decode_named(byte_reader& from, Decode decode) {
  Map map;
  for (std::size_t left = from.count(2); left > 0 && from.ok(); --left) {
    std::string name{from.text()};
    if (!map.empty() && name <= map.rbegin()->first) from.fail("has names that do not ascend");
    map.emplace_hint(map.end(), std::move(name), decode(from));
  }
  return map;
}

}  // namespace

void encode_attribute_map(byte_writer& to, const attribute_map& attributes) {
  encode_list(to, attributes, [](byte_writer& out, const auto& entry) {
    out.text(entry.first);
    encode_attribute(out, entry.second);
  });
}

attribute_map decode_attribute_map(byte_reader& from) {
  return decode_named<attribute_map>(from, [](byte_reader& in) {
    attribute_value value = decode_attribute(in);
    if (in.ok() && !check_attribute(value)) in.fail("has a value that no attribute has");
    return value;
  });
}

void encode_attributes(byte_writer& to, const run_attributes& attributes) {
  encode_attribute_map(to, attributes.values);
  encode_list(to, attributes.problems, [](byte_writer& out, const auto& entry) {
    out.text(entry.first);
    out.text(entry.second);
  });
}

run_attributes decode_attributes(byte_reader& from) {
  run_attributes attributes;
  attributes.values = decode_attribute_map(from);
  attributes.problems = decode_named<decltype(attributes.problems)>(
      from, [](byte_reader& in) { return std::string{in.text()}; });
  return attributes;
}

}  // namespace pawl::persistence::codec
