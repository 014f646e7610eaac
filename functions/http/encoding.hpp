#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "flow/values/http_syntax.hpp"

namespace pawl::functions::http {

using flow::http_syntax::in_lower_case;

/// `text` with every byte but letters, digits and "-._~" as %XX (RFC 3986, "unreserved").
[[nodiscard]] std::string percent_encoded(std::string_view text);
/// `text` with every byte that is no ASCII as %XX; what is encoded already stays as it is.
[[nodiscard]] std::string with_ascii_only(std::string_view text);
/// `text` as the value of a header: every byte but visible ASCII, and "%", as %XX. Different texts
/// stay different.
[[nodiscard]] std::string as_header_value(std::string_view text);

/// Standard base64 with padding (RFC 4648, section 4).
[[nodiscard]] std::string base64(std::string_view bytes);

/// The start of foreign text for a message: about `max_bytes` at most, valid UTF-8, a blank for
/// each control character.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t max_bytes);

}  // namespace pawl::functions::http
