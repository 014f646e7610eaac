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

/// Which statuses are a success.
class status_set {
 public:
  /// "2xx".
  status_set() = default;
  /// Reads a list of statuses and classes: [404, "2xx"]. Error: `invalid_arguments`.
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

/// What a step asks core.http for, checked.
struct request {
  std::string method;  ///< in capitals
  url target;
  std::vector<header> headers;  ///< each name once
  std::optional<std::string> body;
  std::chrono::milliseconds timeout{0};
  std::size_t max_bytes = 0;
  bool follow_redirects = false;
  status_set accepted;

  /// Whether there is a header of this name, which is written in lower case.
  [[nodiscard]] bool has_header(std::string_view lower_name) const;
};

/// Reads the arguments of a step. Its idempotency key becomes a header unless the step wants none,
/// its `traceparent` one unless it sends another. Error: `invalid_arguments`; unknown arguments and
/// those of a wrong kind are named all at once.
[[nodiscard]] result<request> read_request(const step_context& step, const policy& rules);

/// The request that follows a redirect with `status` to `target`. It has no body where the redirect
/// says so; what the step sends as headers goes to another origin only if it can be no secret.
/// (RFC 9110, section 15.4; the change of POST to GET on 301 and 302 is what all clients do.)
[[nodiscard]] request redirected(request from, int status, url target);

}  // namespace pawl::functions::http
