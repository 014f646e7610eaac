#pragma once

#include <string_view>

/// The formats of draft 7, one function for each, without any state.
namespace pawl::flow::schema {

[[nodiscard]] bool is_date(std::string_view text);       ///< RFC 3339, full-date
[[nodiscard]] bool is_time(std::string_view text);       ///< RFC 3339, full-time
[[nodiscard]] bool is_date_time(std::string_view text);  ///< RFC 3339, date-time
[[nodiscard]] bool is_email(std::string_view text);      ///< RFC 5321, Mailbox
[[nodiscard]] bool is_hostname(std::string_view text);   ///< RFC 1123, section 2.1
[[nodiscard]] bool is_ipv4(std::string_view text);       ///< RFC 2673, section 3.2
[[nodiscard]] bool is_ipv6(std::string_view text);       ///< RFC 4291, section 2.2
[[nodiscard]] bool is_uri(std::string_view text);        ///< RFC 3986, with a scheme
[[nodiscard]] bool is_uri_reference(std::string_view text);
[[nodiscard]] bool is_json_pointer(std::string_view text);  ///< RFC 6901
[[nodiscard]] bool is_relative_json_pointer(std::string_view text);

}  // namespace pawl::flow::schema
