#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

/// Attributes of runs: typed values by which runs are found, such as `customer` or `due`. The
/// functions are pure.
namespace pawl {

/// The types of attributes. The numbers are stored: never change them; 0 is reserved.
enum class attribute_type : std::uint8_t { text = 1, number = 2, boolean = 3, time = 4 };

/// A text is UTF-8 without zero bytes; a number is finite; a time counts to the millisecond.
using attribute_value = std::variant<std::string, double, bool, time_point>;
using attribute_map = std::map<std::string, attribute_value, std::less<>>;

/// The attributes of a run.
struct run_attributes {
  attribute_map values;
  /// Attributes of the flow that have no value now, because what their rules return cannot be one,
  /// and why.
  std::map<std::string, std::string, std::less<>> problems;

  [[nodiscard]] bool empty() const noexcept { return values.empty() && problems.empty(); }
  friend bool operator==(const run_attributes&, const run_attributes&) = default;
};

inline constexpr std::size_t max_attributes = 16;        ///< of a run
inline constexpr std::size_t max_attribute_bytes = 256;  ///< of a text
inline constexpr std::size_t max_attribute_name_bytes = 64;

/// A time as attributes keep it: rounded down.
[[nodiscard]] time_point in_milliseconds(time_point time) noexcept;

[[nodiscard]] attribute_type attribute_type_of(const attribute_value& value) noexcept;
/// "text", "number", "boolean" or "time".
[[nodiscard]] std::string_view to_string(attribute_type type) noexcept;
[[nodiscard]] std::optional<attribute_type> parse_attribute_type(std::string_view text) noexcept;
/// With its article, for messages: "a number".
[[nodiscard]] std::string_view noun_of(attribute_type type) noexcept;

/// Whether a character may stand in a name: an ASCII letter or digit, "_", "-" or ".".
[[nodiscard]] constexpr bool is_attribute_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}
/// 1 to `max_attribute_name_bytes` such characters. Error: `invalid_argument`.
[[nodiscard]] result<void> check_attribute_name(std::string_view name);
/// Checks the size of a text, that it is UTF-8 without zero bytes, and that a number is finite.
/// Errors: `invalid_argument`, `limit_exceeded`; the message is a sentence about "the value".
[[nodiscard]] result<void> check_attribute(const attribute_value& value);
/// Checks names, values, and that there are at most `max_attributes`. The errors name the
/// attribute.
[[nodiscard]] result<void> check_attributes(const attribute_map& attributes);

/// A text, number or boolean as itself, a time as `{"time": "2026-01-31T09:30:00Z"}`.
[[nodiscard]] json attribute_to_json(const attribute_value& value);
/// An object with the values by name.
[[nodiscard]] json attributes_to_json(const attribute_map& attributes);
/// The reverse. Errors: as `check_attribute`; `invalid_argument` for other JSON and for an integer
/// that a double cannot hold.
[[nodiscard]] result<attribute_value> attribute_from_json(const json& value);
/// Error: as above, and those of `check_attributes`.
[[nodiscard]] result<attribute_map> attributes_from_json(const json& object);

/// A value as filters and options write it without quotes: true or false, a number, a time
/// (RFC 3339 or a date), and else a text.
[[nodiscard]] attribute_value plain_attribute(std::string_view text);
/// The same, or a text in quotes, in which \" is a quote and \\ a backslash: "42" in quotes is a
/// text. Errors: `invalid_argument` (a quote is not closed); as `check_attribute`.
[[nodiscard]] result<attribute_value> parse_attribute(std::string_view text);
/// The reverse: a text in quotes if it would be read as something else or has a space, a comma or a
/// quote.
[[nodiscard]] std::string attribute_to_text(const attribute_value& value);

}  // namespace pawl
