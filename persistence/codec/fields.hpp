#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/ids.hpp>
#include <pawl/run.hpp>
#include <pawl/trace_context.hpp>

#include "persistence/byte_reader.hpp"
#include "persistence/byte_writer.hpp"

/// Single values as the bodies of records hold them. A `decode_…` records errors in the reader.
namespace pawl::persistence::codec {

/// `part` if it is present, to collect the parts of a value that are.
[[nodiscard]] constexpr std::uint32_t when(bool present, std::uint32_t part) noexcept {
  return present ? part : 0;
}

/// The number of items, then each by `encode(to, item)`.
template <class List, class Encode>
void encode_list(byte_writer& to, const List& list, Encode encode) {
  to.varint(list.size());
  for (const auto& item : list) encode(to, item);
}
/// A list of items of at least `least` bytes, each by `decode(from)`.
template <class T, class Decode>
[[nodiscard]] std::vector<T> decode_list(byte_reader& from, std::size_t least, Decode decode) {
  std::vector<T> list;
  const std::size_t items = from.count(least);
  list.reserve(items);
  while (list.size() < items && from.ok()) list.push_back(decode(from));
  return list;
}
void encode_numbers(byte_writer& to, const std::vector<std::uint32_t>& list);
[[nodiscard]] std::vector<std::uint32_t> decode_numbers(byte_reader& from);

/// A flag, then the value if there is one, by `encode(to, value)`.
template <class T, class Encode>
void encode_optional(byte_writer& to, const std::optional<T>& value, Encode encode) {
  to.flag(value.has_value());
  if (value) encode(to, *value);
}
template <class Decode>
[[nodiscard]] auto decode_optional(byte_reader& from, Decode decode) {
  using value = decltype(decode(from));
  return from.flag() ? std::optional<value>{decode(from)} : std::nullopt;
}

template <class Tag>
void encode_id(byte_writer& to, const strong_id<Tag>& id) {
  to.text(id.str());
}
template <class Id>
[[nodiscard]] Id decode_id(byte_reader& from) {
  return Id{std::string{from.text()}};
}

void encode_version(byte_writer& to, const version& v);
[[nodiscard]] version decode_version(byte_reader& from);

void encode_error(byte_writer& to, const run_error& e);
[[nodiscard]] run_error decode_error(byte_reader& from);

[[nodiscard]] run_status decode_status(byte_reader& from);

void encode_trace(byte_writer& to, const trace_context& trace);
[[nodiscard]] trace_context decode_trace(byte_reader& from);

}  // namespace pawl::persistence::codec
