#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "functions/http/policy.hpp"
#include "functions/http/request.hpp"

namespace pawl::functions::http {

/// What a server answered.
struct response {
  int status = 0;
  /// By names in lower case. Values of one name are joined with ", "; "set-cookie" is a list.
  json headers = json::object();
  /// As much of the body as is of use: all of it if the status is accepted, its start if not, and
  /// nothing of a redirect that is followed.
  std::string body;

  /// Where a redirect leads to, as the server wrote it; empty if this is none.
  [[nodiscard]] std::string redirect_location() const;
};

/// Sends one request and reads its response. Follows no redirect, sends no cookies, uses no proxy,
/// verifies TLS. Holds at most `max_bytes` of the body, 64 KiB of headers and what libcurl keeps
/// beside them. Returns soon after `stop` is requested or `until` has come.
///
/// Every address that is connected to is held to `rules` when the connection is made, so that a
/// name that resolves to something else by then gains nothing.
///
/// Errors: `{function_failed, …, TYPE}` with one of the types http_not_allowed, http_connect,
/// http_tls, http_failed, timed_out, cancelled, too_large.
[[nodiscard]] result<response> send(const request& what, const policy& rules,
                                    std::chrono::steady_clock::time_point until,
                                    const std::stop_token& stop);

/// How messages name a request: its method and URL without the query.
[[nodiscard]] std::string name_of(const request& what);

/// `http_not_allowed`: the host of `what` is not allowed, or has only addresses that are not
/// public.
[[nodiscard]] error host_not_allowed(const request& what, bool for_its_addresses);

}  // namespace pawl::functions::http
