#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

/// Syntax checks of HTTP requests, used when a flow is compiled and when a request is sent.
namespace pawl::flow::http_syntax {

/// Converts ASCII letters to lower case.
[[nodiscard]] std::string in_lower_case(std::string_view text);

/// Whether `name` is a token (RFC 9110, section 5.6.2).
[[nodiscard]] bool is_header_name(std::string_view name) noexcept;

/// Whether `value` has no control character except tab, so that it cannot end its header.
[[nodiscard]] bool is_header_value(std::string_view value) noexcept;

/// Whether a header controls the connection and may only be set by Pawl.
[[nodiscard]] bool is_own_header(std::string_view lower_name) noexcept;

struct status_range {
  int first = 200;
  int last = 299;
};
/// Parses a status code from 100 to 599 or a class such as "2xx".
[[nodiscard]] std::optional<status_range> read_status(const json& item);

/// Whether a value can be a query parameter: a string, a number, a boolean, an array of these
/// (several parameters), or null (none).
[[nodiscard]] bool is_query_value(const json& value) noexcept;

}  // namespace pawl::flow::http_syntax
