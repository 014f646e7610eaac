#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

/// Values as Python and the libraries of the previous engine wrote them.
namespace pawl::cli {

/// Parses what Python's `json.dumps` writes: JSON in which NaN, Infinity and -Infinity can stand;
/// they become null. Integers beyond 64 bits become doubles. Error: `invalid_argument`.
[[nodiscard]] result<json> parse_python_json(std::string_view text);

/// Decodes msgpack. Extensions, which name classes of Python, and bytes become null; nothing is
/// ever instantiated. Error: `invalid_argument`.
[[nodiscard]] result<json> decode_msgpack(std::string_view bytes);

/// The value as JSON that Pawl can store: NaN, infinity, bytes and what nests too deep become null,
/// invalid UTF-8 becomes U+FFFD.
[[nodiscard]] json storable(json value);
/// The text with U+FFFD for what is not valid UTF-8.
[[nodiscard]] std::string valid_text(std::string_view text);

/// "2025-10-29 01:02:03.004567", in UTC; the fraction may be missing. None for other text.
[[nodiscard]] std::optional<time_point> parse_old_time(std::string_view text);

}  // namespace pawl::cli
