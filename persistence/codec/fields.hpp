#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/json.hpp>
#include <pawl/run.hpp>
#include <pawl/trace_context.hpp>

#include "persistence/record.hpp"

/// Single values as the bodies of records hold them. Field names are short because every step
/// writes them. A `decode_…` throws `json::exception` for a value of another shape; `decode_record`
/// turns that into an error.
namespace pawl::persistence::codec {

/// The layout of every record's body.
inline constexpr std::uint8_t current_version = 1;

[[noreturn]] void throw_wrong_shape(const char* what);

[[nodiscard]] json encode_time(time_point t);
[[nodiscard]] time_point decode_time(const json& j);
[[nodiscard]] json encode_optional_time(const std::optional<time_point>& t);
[[nodiscard]] std::optional<time_point> decode_optional_time(const json& j);

[[nodiscard]] json encode_version(const version& v);
[[nodiscard]] version decode_version(const json& j);

[[nodiscard]] json encode_error(const std::optional<run_error>& e);
[[nodiscard]] std::optional<run_error> decode_error(const json& j);

/// Decodes an enumerator that is stored as its number, which is at most that of `last`.
template <class Enum>
Enum decode_enum(const json& j, Enum last) {
  const auto number = j.get<std::uint64_t>();
  if (!j.is_number_unsigned() || number > static_cast<std::uint64_t>(last))
    throw_wrong_shape("unknown enumerator");
  return static_cast<Enum>(number);
}
[[nodiscard]] run_status decode_status(const json& j);

[[nodiscard]] trace_context decode_trace(const json& j);

/// Returns `j` if it is an object.
[[nodiscard]] const json& object_in(const json& j);

/// Decodes the member `key` of an object if it is present.
template <class T>
std::optional<T> optional_field(const json& body, const char* key, T (*decode)(const json&)) {
  const auto found = body.find(key);
  return found == body.end() ? std::nullopt : std::optional<T>{decode(*found)};
}

/// Opens a record and reads its body. `what` names the record in messages. Errors: `corrupt`,
/// `schema_newer`.
template <class Read>
auto decode_record(record_kind kind, std::string_view bytes, const char* what, Read read)
    -> result<decltype(read(std::declval<const json&>()))> {
  auto record = open(kind, bytes);
  if (!record) return std::move(record).error();
  if (record->version != current_version) {
    return error{errc::schema_newer, std::string{"a "} + what + " record has version " +
                                         std::to_string(record->version) +
                                         ", which this build of Pawl does not support"};
  }
  try {
    return read(record->body);
  } catch (const json::exception& failure) {
    return error{errc::corrupt,
                 std::string{"a "} + what + " record has an unexpected layout: " + failure.what()};
  }
}

}  // namespace pawl::persistence::codec
