#pragma once

#include <string_view>

#include "server/http/message.hpp"

/// Which page of a browser sent a request.
namespace pawl::server {

/// Whether an Origin ("http://localhost:7717") is that of the server itself, which the client calls
/// `host` ("localhost:7717").
[[nodiscard]] bool is_own_origin(std::string_view origin, std::string_view host) noexcept;

/// Whether a request that a browser authenticates by itself, with a cookie, may be one of the
/// server's own pages. Other pages must not act for the user (CSRF). Trusts Sec-Fetch-Site, which
/// pages cannot set and proxies do not change, then Origin; without both, only reads are accepted.
[[nodiscard]] bool is_from_own_page(const http::request& request) noexcept;

}  // namespace pawl::server
