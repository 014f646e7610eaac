#include "server/security/exposure.hpp"

#include <pawl/code_ref.hpp>

#include "server/http/address.hpp"

namespace pawl::server {

result<void> check_exposure(const server_settings& s) {
  for (const auto& text : s.listen) {
    const auto at = http::parse_address(text);
    if (!at) return at.error();
    const bool here = at->is_unix() || at->host == "::1" || at->host.starts_with("127.");
    if (here) continue;
    return error{errc::invalid_argument,
                 "server.listen includes " + pawl::quoted(text) +
                     ", which other machines can reach, but there are no keys; create one with "
                     "`pawl keys add NAME --role admin`, or listen on 127.0.0.1, [::1] or "
                     "unix:/path"};
  }
  return {};
}

}  // namespace pawl::server
