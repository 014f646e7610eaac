#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

/// Compressed bodies (RFC 9110, 8.4.1), by zlib.
namespace pawl::server::http {

enum class coding { none, gzip, deflate, unknown };

/// Parses a Content-Encoding field; "" is `none`. A list of several codings is `unknown`.
[[nodiscard]] coding parse_coding(std::string_view content_encoding) noexcept;

/// Whether an Accept-Encoding field accepts gzip, considering its weights.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding) noexcept;

/// Decompresses gzip or deflate into at most `limit` bytes. Errors: `limit_exceeded`;
/// `invalid_argument` for data that is corrupt, truncated or followed by other bytes.
[[nodiscard]] result<std::string> decompress(std::string_view bytes, coding how, std::size_t limit);

/// Compresses with gzip at the fastest level.
[[nodiscard]] std::string gzip(std::string_view bytes);

}  // namespace pawl::server::http
