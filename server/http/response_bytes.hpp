#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/message.hpp"

/// Serialization of responses.
namespace pawl::server::http {

/// Properties of the request that the serialized response depends on.
struct response_options {
  std::string request_id = {};
  std::string cors_origin = {};  ///< for Access-Control-Allow-Origin; empty: none
  bool head_only = false;        ///< the request was HEAD
  bool http_1_0 = false;
  bool keep_alive = true;
  bool gzip = false;  ///< the peer accepts gzip
};

/// A serialized response. A short body is part of `head`; a long one is separate, to avoid a copy.
struct response_bytes {
  std::string head;
  std::string body;
};

/// Serializes a response: compresses the body if that is worthwhile and adds the common fields.
/// Drops fields that frame the message (Content-Length, Connection, …) and replaces control
/// characters in field values with spaces.
[[nodiscard]] response_bytes to_bytes(response answer, const response_options& options);

/// The head of a response with a streamed body. Without a length it is chunked, or with HTTP/1.0 up
/// to the end of the connection.
[[nodiscard]] std::string stream_head(const response& head, std::optional<std::uint64_t> length,
                                      const response_options& options);

/// Framing of one chunk of such a body, and of its end.
[[nodiscard]] std::string chunk_head(std::size_t size);
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// The fields of every response: Date, Request-Id, security headers and CORS. Security headers in
/// `given` take precedence.
[[nodiscard]] fields common_fields(const fields& given, const response_options& options);

/// Formats a time as an HTTP date: "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string to_http_date(std::chrono::system_clock::time_point at);

}  // namespace pawl::server::http
