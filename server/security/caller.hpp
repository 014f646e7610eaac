#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pawl/ids.hpp>

#include "server/http/message.hpp"
#include "server/problem.hpp"

namespace pawl::server {

/// The permissions of a caller. Each role includes the previous ones. `reader`: read everything
/// except the configuration. `operator_role` ("operator"): commands to runs, and the calls of
/// workers. `author`: store, publish and delete flows. `admin`: everything.
enum class role : std::uint8_t { reader, operator_role, author, admin };

/// "reader", "operator", "author", "admin".
[[nodiscard]] std::string_view to_string(role r) noexcept;

/// The sender of a request and the scope that it addresses.
struct caller {
  std::string name;  ///< for the audit log and messages: the key's name, or the peer without keys
  server::role role = server::role::reader;
  scope_name scope;
  bool every_scope = false;   ///< may use what belongs to the whole server
  std::string key_id = {};    ///< of the key, to check it again; "" without keys
  std::string key_hash = {};  ///< detects another key with the same id
};

/// Authenticates requests. Safe for concurrent use; does not block.
class authenticator {
 public:
  virtual ~authenticator() = default;

  /// Returns the caller, or the reason to refuse the request: `unauthorized`, `forbidden`,
  /// `too_many_requests`, or `invalid_argument` for a malformed `Pawl-Scope`.
  [[nodiscard]] virtual std::variant<caller, problem> authenticate(
      const http::request& request) = 0;

  /// Checks an authenticated caller again, for what lasts longer than a request: streams,
  /// WebSockets and waiting requests. Returns why the caller may not continue: its key was removed,
  /// has expired or lost its role or scope.
  [[nodiscard]] virtual std::optional<problem> recheck(const caller& /*by*/) {
    return std::nullopt;
  }
};

/// The scope in the field `Pawl-Scope`; the default scope without that field.
[[nodiscard]] result<scope_name> scope_of(const http::request& request);

/// For a server without API keys, which must listen on this machine only: every local caller is an
/// admin. Refuses requests of web pages from origins not in `trusted_origins`, and requests whose
/// Host is not a loopback name, so that a page cannot reach the server through a DNS name of its
/// own (DNS rebinding).
[[nodiscard]] std::unique_ptr<authenticator> make_open_authenticator(
    std::vector<std::string> trusted_origins = {});

}  // namespace pawl::server
