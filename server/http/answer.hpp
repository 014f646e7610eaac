#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "server/http/message.hpp"

/// Answers as bytes.
namespace pawl::server::http {

/// What of a request decides about the form of its answer.
struct answer_form {
  std::string request_id = {};
  std::string cors_origin = {};  ///< to be named as allowed; empty: none
  bool head_only = false;        ///< the request was HEAD
  bool http_1_0 = false;
  bool keep_alive = true;
  bool gzip = false;  ///< the peer takes it
};

/// Head and body of a whole answer; the body apart where it is long, so that it is not copied.
struct answer_bytes {
  std::string head;
  std::string body;
};

/// Makes the bytes of an answer: compressed where it is worth it, with the fields that belong to
/// every answer. Of `answer`, fields that say how the bytes are sent are left out, and control
/// characters in fields become spaces.
[[nodiscard]] answer_bytes to_bytes(response answer, const answer_form& form);

/// The head of an answer whose body comes later, in chunks, or until the end with HTTP/1.0.
[[nodiscard]] std::string stream_head(const response& head, const answer_form& form);

/// One chunk of such a body, and what ends it.
[[nodiscard]] std::string chunk_head(std::size_t size);
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// The fields that every answer has: Date, Request-Id, the security headers and those of CORS.
[[nodiscard]] fields common_fields(const fields& given, const answer_form& form);

/// A moment as HTTP has it: "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string to_http_date(std::chrono::system_clock::time_point at);

}  // namespace pawl::server::http
