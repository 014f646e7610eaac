#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

/// Compressed bodies (RFC 9110, 8.4.1), by zlib.
namespace pawl::server::http {

enum class coding { none, gzip, deflate, unknown };

/// What a Content-Encoding field says; "" is none. Several codings on top of each other are
/// `unknown`.
[[nodiscard]] coding parse_coding(std::string_view content_encoding) noexcept;

/// Whether an Accept-Encoding field allows gzip, by its weights.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding) noexcept;

/// Undoes `how`, gzip or deflate. Holds no more than `limit` bytes of the outcome, however much
/// there would be. Errors: `limit_exceeded`; `invalid_argument` for bytes that are not of that
/// coding, are cut off, or have something behind them.
[[nodiscard]] result<std::string> decompress(std::string_view bytes, coding how, std::size_t limit);

/// As gzip, quick rather than small.
[[nodiscard]] std::string gzip(std::string_view bytes);

}  // namespace pawl::server::http
