#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/http/message.hpp"

/// Requests of web pages from other origins (the CORS protocol of the Fetch standard).
namespace pawl::server::http {

enum class origin_kind {
  none,     ///< not from a web page, or from one that needs no permission
  own,      ///< a page of this server
  allowed,  ///< a page of an origin in server.cors_origins
  foreign,  ///< a page of any other origin
};

/// Classifies a request by its Origin field. Requests of foreign pages must be refused, not only
/// denied CORS headers: browsers send simple requests and WebSocket handshakes without a preflight,
/// and on loopback the server may need no key.
[[nodiscard]] origin_kind classify_origin(const request& of, std::span<const std::string> allowed);

/// The response to a preflight of an allowed origin; nothing if the request is not a preflight.
[[nodiscard]] std::optional<response> preflight_response(const request& of);

}  // namespace pawl::server::http
