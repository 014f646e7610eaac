#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/detail/encoding.hpp>

#include "flow/values/http_syntax.hpp"

namespace pawl::functions::http {

using detail::base64;
using detail::percent_encoded;
using flow::http_syntax::in_lower_case;

/// Encodes every non-ASCII byte as %XX. Does not change bytes that are encoded already.
[[nodiscard]] std::string with_ascii_only(std::string_view text);
/// Encodes a header value: "%" and every byte except visible ASCII as %XX. Different texts stay
/// different.
[[nodiscard]] std::string as_header_value(std::string_view text);

/// Returns the beginning of foreign text for a message: at most about `max_bytes`, valid UTF-8,
/// with a space for each control character.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t max_bytes);

}  // namespace pawl::functions::http
