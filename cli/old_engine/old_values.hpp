#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

/// Values as Python and the libraries of the previous engine wrote them.
namespace pawl::cli {

/// What could not be kept of a value, each as "POINTER: what became of it"; at most
/// `max_value_changes`, and then that there are more.
using value_changes = std::vector<std::string>;
inline constexpr std::size_t max_value_changes = 10;
/// Adds a change, unless `to` is null.
void note_change(value_changes* to, const std::string& pointer, const std::string& what);

/// Decodes msgpack. Extensions, which name classes of Python, and bytes become null; nothing is
/// ever instantiated. Adds to `changed`. Error: `invalid_argument`.
[[nodiscard]] result<json> decode_msgpack(std::string_view bytes, value_changes* changed = nullptr);

/// The value as JSON that Pawl can store: NaN, infinity, bytes and what nests too deep become null,
/// invalid UTF-8 becomes U+FFFD. Adds to `changed`.
[[nodiscard]] json storable(json value, value_changes* changed = nullptr);
/// The text with U+FFFD for what is not valid UTF-8.
[[nodiscard]] std::string valid_text(std::string_view text);

/// "2025-10-29 01:02:03.004567", in UTC; the fraction may be missing. None for other text.
[[nodiscard]] std::optional<time_point> parse_old_time(std::string_view text);

}  // namespace pawl::cli
