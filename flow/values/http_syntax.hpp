#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

/// What an HTTP request may look like, as far as that can be told without sending it: for flows
/// that have one written out, and for the function that sends it.
namespace pawl::flow::http_syntax {

/// With small letters for the capitals of ASCII.
[[nodiscard]] std::string in_lower_case(std::string_view text);

/// A token of RFC 9110, section 5.6.2.
[[nodiscard]] bool is_header_name(std::string_view name) noexcept;

/// Nothing in it that could end a header, or that a server may read as its end.
[[nodiscard]] bool is_header_value(std::string_view value) noexcept;

/// A header that belongs to the connection or to its safety, and so to Pawl. In lower case.
[[nodiscard]] bool is_own_header(std::string_view lower_name) noexcept;

struct status_range {
  int first = 200;
  int last = 299;
};
/// A status from 100 to 599, or a class of them such as "2xx".
[[nodiscard]] std::optional<status_range> read_status(const json& item);

/// What becomes one or several parameters of a URL: a text, a number, a truth value, a list of
/// these, or null for none.
[[nodiscard]] bool is_query_value(const json& value) noexcept;

}  // namespace pawl::flow::http_syntax
