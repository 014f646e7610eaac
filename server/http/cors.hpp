#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/http/message.hpp"

/// Web pages that call the API from another origin (the CORS protocol of the Fetch standard).
namespace pawl::server::http {

enum class origin_kind {
  none,     ///< no browser's page, or one that needs no leave
  own,      ///< a page of this server
  allowed,  ///< a page of another origin that the settings name
  foreign,  ///< a page of any other origin
};

/// Judges who a request comes from by its Origin field. A foreign page must not even send: a
/// browser lets simple requests and WebSockets through without asking, and on loopback no key may
/// be needed.
[[nodiscard]] origin_kind judge_origin(const request& of, std::span<const std::string> allowed);

/// The answer to a preflight of an allowed origin, or nothing if the request is none.
[[nodiscard]] std::optional<response> answer_preflight(const request& of);

}  // namespace pawl::server::http
