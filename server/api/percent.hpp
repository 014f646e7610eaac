#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pawl/detail/encoding.hpp>

namespace pawl::server {

/// Decodes percent-encoding (RFC 3986, 2.1). Nothing if a "%" is not followed by two hexadecimal
/// digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);
/// Decodes a part of a query, where "+" is a space.
[[nodiscard]] std::optional<std::string> query_decoded(std::string_view text);

using detail::percent_encoded;

}  // namespace pawl::server
