#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pawl/ids.hpp>

#include "server/http/message.hpp"
#include "server/problem.hpp"

namespace pawl::server {

/// What a caller may do; each may also do what those before it may. `reader`: look at everything
/// but the configuration. `steerer`, named "operator": commands to runs, and the work of workers.
/// `author`: flows. `admin`: everything.
enum class role : std::uint8_t { reader, steerer, author, admin };

/// "reader", "operator", "author", "admin".
[[nodiscard]] std::string_view to_string(role r) noexcept;

/// Who a request is from, and the scope that it is about.
struct caller {
  std::string name;  ///< for the audit log and messages: of a key, or where the request came from
  server::role role = server::role::reader;
  scope_name scope;
};

/// Tells who a request is from. Safe for concurrent use; does not block.
class authenticator {
 public:
  virtual ~authenticator() = default;

  /// The caller, or why the request is refused: `unauthorized`, `forbidden`, `too_many_requests`,
  /// or `invalid_argument` for a malformed `Pawl-Scope`.
  [[nodiscard]] virtual std::variant<caller, problem> authenticate(
      const http::request& request) = 0;
};

/// The scope that the field `Pawl-Scope` names; the default one where there is no such field.
[[nodiscard]] result<scope_name> scope_of(const http::request& request);

/// For a server without keys, which must listen on this machine only: everybody here is admin.
/// Web pages are not: a request that a browser sends for a page of another origin is refused, and
/// one that came by another name than this machine's own, so that no page reaches the server by a
/// name it made point here (DNS rebinding). `trusted_origins`: those of pages that may.
[[nodiscard]] std::unique_ptr<authenticator> make_open_authenticator(
    std::vector<std::string> trusted_origins = {});

}  // namespace pawl::server
