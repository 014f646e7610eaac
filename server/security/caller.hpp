#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pawl/ids.hpp>
#include <pawl/time.hpp>

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
  /// The names of the scopes that the caller may address; "*" is every scope.
  std::vector<std::string> scopes = {};
  std::optional<time_point> expires_at = {};  ///< of the key, or of the session if that is earlier
  std::string session = {};  ///< the id of its session; "" for a request with a key
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

  /// Opens a session for the caller's key and returns its token, to be kept in a cookie. Problems:
  /// `conflict` if the caller has no key or has a session already; `io_failed`.
  [[nodiscard]] virtual std::variant<std::string, problem> open_session(const caller& /*by*/) {
    return problem{problem_code::conflict,
                   "this server has no keys and needs no session: every local caller is an admin"};
  }
  /// Ends the caller's session, if it has one.
  virtual void close_session(const caller& /*by*/) {}
};

/// The name of the cookie with the token of a session. The prefix makes browsers accept it only
/// over HTTPS or from this machine, for the whole host, and never from scripts of other hosts.
inline constexpr std::string_view session_cookie = "__Host-pawl";

/// The scope in the field `Pawl-Scope`; the default scope without that field.
[[nodiscard]] result<scope_name> scope_of(const http::request& request);

/// For a server without API keys, which must listen on this machine only: every local caller is an
/// admin. Refuses requests of web pages from origins not in `trusted_origins`, and requests whose
/// Host is not a loopback name, so that a page cannot reach the server through a DNS name of its
/// own (DNS rebinding).
[[nodiscard]] std::unique_ptr<authenticator> make_open_authenticator(
    std::vector<std::string> trusted_origins = {});

}  // namespace pawl::server
