#include "server/security/origin.hpp"

#include "server/http/ascii.hpp"

namespace pawl::server {

bool is_own_origin(std::string_view origin, std::string_view host) noexcept {
  const auto scheme_end = origin.find("://");
  return scheme_end != origin.npos && http::ascii_iequals(origin.substr(scheme_end + 3), host);
}

bool is_from_own_page(const http::request& request) noexcept {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (const auto site = request.fields.find("Sec-Fetch-Site"))
    return *site == "same-origin" || (reads && *site == "none");
  if (const auto origin = request.fields.find("Origin"))
    return is_own_origin(*origin, request.fields.find("Host").value_or(""));
  return reads;
}

}  // namespace pawl::server
