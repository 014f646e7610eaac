#include "server/http/cors.hpp"

#include <algorithm>

#include "server/http/ascii.hpp"

namespace pawl::server::http {

origin_kind classify_origin(const request& of, std::span<const std::string> allowed) {
  const auto origin = of.fields.find("Origin");
  if (!origin) return origin_kind::none;
  const std::string_view host = of.fields.find("Host").value_or("");
  // Behind a proxy that terminates TLS, pages of this server have the other scheme.
  for (const std::string_view scheme : {"http://", "https://"})
    if (!host.empty() && ascii_iequals(origin->substr(0, scheme.size()), scheme) &&
        ascii_iequals(origin->substr(scheme.size()), host))
      return origin_kind::own;
  const bool named = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) {
    return one == "*" || ascii_iequals(one, *origin);
  });
  return named ? origin_kind::allowed : origin_kind::foreign;
}

std::optional<response> preflight_response(const request& of) {
  if (of.method != "OPTIONS" || !of.fields.find("Access-Control-Request-Method"))
    return std::nullopt;
  return response{.status = 204,
                  .fields = {{"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE"},
                             {"Access-Control-Allow-Headers",
                              "Authorization, Content-Type, Idempotency-Key, If-Match, "
                              "If-None-Match, Last-Event-ID, Pawl-Scope, Request-Id, traceparent"},
                             {"Access-Control-Max-Age", "600"},
                             {"Vary", "Access-Control-Request-Method"}},
                  .body = {}};
}

}  // namespace pawl::server::http
