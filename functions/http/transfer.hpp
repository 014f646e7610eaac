#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "functions/http/policy.hpp"
#include "functions/http/request.hpp"

namespace pawl::functions::http {

/// The response of a server.
struct response {
  int status = 0;
  /// Names are in lower case. Values of one name are joined by ", "; "set-cookie" is an array.
  json headers = json::object();
  /// The whole body if the status is accepted, else its beginning; empty for a followed redirect.
  std::string body;

  /// Returns the target of a redirect, as the server wrote it; "" for other responses.
  [[nodiscard]] std::string redirect_location() const;
};

/// Sends one request and reads its response. Follows no redirects, sends no cookies, uses no proxy,
/// verifies TLS. Holds at most `max_bytes` of the body, 64 KiB of headers and the buffers of
/// libcurl. Returns soon after `stop` is requested or the time `until`.
///
/// Checks each address against `rules` when it connects, so a name that resolves to another address
/// by then (DNS rebinding) gains nothing.
///
/// Errors: `{function_failed, …, TYPE}` with the type http_not_allowed, http_connect, http_tls,
/// http_failed, timed_out, cancelled or too_large.
[[nodiscard]] result<response> send(const request& what, const policy& rules,
                                    std::chrono::steady_clock::time_point until,
                                    const std::stop_token& stop);

/// Returns the name of a request in messages: its method, and its URL without the query.
[[nodiscard]] std::string name_of(const request& what);

/// Returns an error of type `http_not_allowed`: the host is not allowed, or it has no public
/// address.
[[nodiscard]] error host_not_allowed(const request& what, bool for_its_addresses);

}  // namespace pawl::functions::http
