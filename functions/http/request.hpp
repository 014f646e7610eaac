#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/function.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/values/http_syntax.hpp"
#include "functions/http/policy.hpp"
#include "functions/http/url.hpp"

namespace pawl::functions::http {

/// The status codes that count as success.
class status_set {
 public:
  /// "2xx".
  status_set() = default;
  /// Parses an array of status codes and classes: [404, "2xx"]. Error: `invalid_arguments`.
  [[nodiscard]] static result<status_set> parse(const json& list);

  [[nodiscard]] bool has(int status) const noexcept;
  /// "2xx, 404"
  [[nodiscard]] std::string text() const;

 private:
  std::vector<flow::http_syntax::status_range> ranges_ = {flow::http_syntax::status_range{}};
};

struct header {
  std::string name;
  std::string value;
  bool is_key = false;  ///< carries the step's idempotency key
};

/// A checked request of a step to core.http.
struct request {
  std::string method;  ///< in upper case
  url target;
  std::vector<header> headers;  ///< names are unique
  std::optional<std::string> body;
  std::chrono::milliseconds timeout{0};
  std::size_t max_bytes = 0;
  bool follow_redirects = false;
  bool parses_json = true;  ///< a body that claims to be JSON must be JSON
  status_set accepted;

  /// Returns whether the request has this header.
  [[nodiscard]] bool has_header(std::string_view lower_name) const;
};

/// Reads the arguments of a step. Adds its idempotency key as a header unless the step disables
/// that, and `traceparent` unless the step sets it. Error: `invalid_arguments`, which names all
/// unknown arguments and all of a wrong type at once.
[[nodiscard]] result<request> read_request(const step_context& step, const policy& rules);

/// Checks a value of an argument of core.http by itself, as `read_request` does. Unknown names
/// pass. Error: `invalid_arguments`.
[[nodiscard]] result<void> check_argument(std::string_view name, const json& value);

/// Returns the request that follows a redirect with `status` to `target`. Drops the body where the
/// status requires it. To another origin, drops all headers of the step that may be secret.
/// (RFC 9110, section 15.4. Like all clients, changes POST to GET on 301 and 302.)
[[nodiscard]] request redirected(request from, int status, url target);

}  // namespace pawl::functions::http
