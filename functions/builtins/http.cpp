#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

#include <pawl/detail/utf8.hpp>
#include <pawl/functions.hpp>

#include "flow/definition/definition.hpp"
#include "flow/values/json_size.hpp"
#include "functions/builtins/arguments.hpp"
#include "functions/builtins/builtins.hpp"
#include "functions/context.hpp"
#include "functions/doubt.hpp"
#include "functions/http/encoding.hpp"
#include "functions/http/request.hpp"
#include "functions/http/transfer_loop.hpp"

namespace pawl::functions::builtins {
namespace {

constexpr int max_redirects = 5;
constexpr std::size_t shown_body_bytes = 200;
/// Less than the limit of a result, which contains the body.
constexpr std::uint32_t max_body_depth = 64;

error redirect_refused(const http::request& what, const std::string& why) {
  return fail("http_not_allowed",
              http::name_of(what) + " was redirected, and the redirect is not allowed: " + why);
}

/// Returns the request that follows a redirect.
result<http::request> next_request(http::request from, const http::response& got) {
  auto target = http::resolved(from.target, got.redirect_location());
  if (!target) return redirect_refused(from, "the new URL must " + target.error().message);
  if (from.target.secure && !target->secure)
    return redirect_refused(from, "it leads from https to http, to " + target->place);
  return http::redirected(std::move(from), got.status, *std::move(target));
}

/// Whether the content type is JSON: "application/json" or "…+json", with or without parameters.
bool is_json_type(const json& headers) {
  const auto found = headers.find("content-type");
  if (found == headers.end()) return false;
  auto type = http::in_lower_case(found->get_ref<const std::string&>());
  type.erase(std::min(type.find(';'), type.size()));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  return type == "application/json" || type.ends_with("+json");
}

/// What rules can read of a response whose status is not accepted: its status, its body and its
/// headers without cookies, as far as they fit.
json details_of(const http::response& got, bool leaves_doubt) {
  json details{{"status", got.status}};
  if (leaves_doubt) details["in_doubt"] = true;
  if (got.retry_after.count() > 0) details["retry_after"] = got.retry_after.count();
  std::size_t bytes = flow::json_size(details);
  const auto add = [&](const char* name, json value) {
    const std::size_t more = flow::json_size(value) + std::string_view{name}.size() + 4;
    if (bytes + more > max_error_details_bytes) return;
    bytes += more;
    details[name] = std::move(value);
  };
  const auto parsed = is_json_type(got.headers)
                          ? flow::parse_json(got.body, "the body", got.body.size(), max_body_depth)
                          : result<json>{json()};
  if (parsed && !parsed->is_null()) {
    add("json", *parsed);
  } else if (!got.body.empty()) {
    add("body", http::excerpt(got.body, max_error_details_bytes / 2));
  }
  json headers = got.headers;
  headers.erase("set-cookie");
  add("headers", std::move(headers));
  return details;
}

error status_refused(const http::request& what, const http::response& got, bool leaves_doubt) {
  auto message = http::name_of(what) + " returned status " + std::to_string(got.status) + ", not " +
                 what.accepted.text();
  if (!got.redirect_location().empty() && !what.follow_redirects)
    message += "; to follow redirects, set \"follow_redirects\": true";
  if (!got.body.empty()) message += ": " + http::excerpt(got.body, shown_body_bytes);
  return fail("http_status", std::move(message), details_of(got, leaves_doubt));
}

/// Whether the response has a body that claims to be JSON. Some have none by definition (RFC 9110,
/// 6.4.1).
bool claims_json(const http::request& what, const http::response& got) {
  const bool has_body =
      what.method != "HEAD" && got.status != 204 && got.status != 205 && got.status != 304;
  return has_body && is_json_type(got.headers);
}

error bad_json(const http::request& what, const http::response& got, const std::string& why) {
  auto message = http::name_of(what) + " returned status " + std::to_string(got.status) +
                 " and a body that is not the JSON that its Content-Type claims: " + why +
                 "; to accept it as text, set \"parse\": \"text\"";
  if (!got.body.empty()) message += "; the body: " + http::excerpt(got.body, shown_body_bytes);
  return leaving_doubt(fail("http_bad_json", std::move(message)));  // its status was accepted
}

result<json> result_of(const http::request& what, http::response got) {
  json out = {{"status", got.status}, {"url", what.target.text}};
  const bool is_text = detail::valid_utf8_prefix(got.body) == got.body.size();
  if (what.parses_json && claims_json(what, got)) {
    if (!is_text) return bad_json(what, got, "it is not UTF-8");
    if (got.body.empty()) return bad_json(what, got, "it is empty");
    auto parsed = flow::parse_json(got.body, "the body", got.body.size(), max_body_depth);
    if (!parsed) return bad_json(what, got, parsed.error().message);
    out["json"] = *std::move(parsed);
  }
  if (is_text) {
    out["body"] = std::move(got.body);
  } else {
    out["body_base64"] = http::base64(got.body);
  }
  out["headers"] = std::move(got.headers);
  return out;
}

/// One call of core.http: a request, and those that follow its redirects. Lives until the call has
/// ended, on the thread of the loop.
class http_call : public std::enable_shared_from_this<http_call> {
 public:
  /// `end` must keep `loop`.
  http_call(std::shared_ptr<const http::policy> rules, http::transfer_loop& loop,
            step_context& step, call_end end)
      : rules_(std::move(rules)), loop_(loop), step_(step), end_(std::move(end)) {}

  void begin() {
    auto what = http::read_request(step_, *rules_);
    if (!what) return end_(std::move(what).error());
    until_ = std::chrono::steady_clock::now() + what->timeout;
    send(*std::move(what));
  }

 private:
  void send(http::request what) {
    what_ = std::move(what);
    loop_.send(what_, rules_, step_.run().scope, until_, step_.stop_token(),
               [self = shared_from_this()](result<http::response> got) {
                 self->on_response(std::move(got));
               });
  }

  void on_response(result<http::response> got) {
    if (!got) return fail_with(std::move(got).error());
    if (!what_.follow_redirects || got->redirect_location().empty()) {
      if (!what_.accepted.has(got->status))
        return end_(status_refused(what_, *got, redirects_ > 0));
      return end_(result_of(what_, *std::move(got)));
    }
    if (redirects_++ == max_redirects) {
      return fail_with(fail("http_failed", http::name_of(what_) + " was redirected more than " +
                                               std::to_string(max_redirects) + " times"));
    }
    auto next = next_request(std::move(what_), *got);
    if (!next) return fail_with(std::move(next).error());
    send(*std::move(next));
  }

  /// A server that redirects has received the request, and may have done what it asks for.
  void fail_with(error why) const {
    end_(redirects_ > 0 ? leaving_doubt(std::move(why)) : std::move(why));
  }

  const std::shared_ptr<const http::policy> rules_;
  http::transfer_loop& loop_;
  step_context& step_;
  const call_end end_;
  http::request what_;
  std::chrono::steady_clock::time_point until_;
  int redirects_ = 0;
};

constexpr std::string_view bodies[] = {"body", "json"};
constexpr std::string_view parse_names[] = {"json", "text"};

/// A text as a template argument.
template <std::size_t Size>
struct argument_name {
  constexpr argument_name(const char (&text)[Size]) { std::copy_n(text, Size, characters); }
  char characters[Size];
};

/// An argument whose value core.http checks beyond its type.
template <argument_name Name>
constexpr argument checked(argument_type type, bool required = false) {
  return {Name.characters, type, required, {}, [](const json& value) {
            return http::check_argument(Name.characters, value);
          }};
}

constexpr argument http_table[] = {checked<"url">(argument_type::text, true),
                                   checked<"method">(argument_type::text),
                                   checked<"query">(argument_type::object),
                                   checked<"headers">(argument_type::object),
                                   {"body", argument_type::text},
                                   {"json"},
                                   checked<"accept_status">(argument_type::list),
                                   {"follow_redirects", argument_type::flag},
                                   checked<"timeout_ms">(argument_type::integer),
                                   checked<"max_bytes">(argument_type::integer),
                                   checked<"idempotency_header">(argument_type::text),
                                   {"parse", argument_type::text, false, parse_names}};

}  // namespace

const argument_table http_arguments{"core.http", http_table, bodies};

void add_http(registry& to, const http::policy& rules) {
  auto begin = [shared_rules = std::make_shared<const http::policy>(rules),
                loop = std::make_shared<http::transfer_loop>()](step_context& step, call_end end) {
    // `end` keeps the function, and so the loop, until the call has ended.
    const auto call = std::make_shared<http_call>(shared_rules, *loop, step, end);
    if (auto posted = loop->post([call] { call->begin(); }); !posted)
      end(std::move(posted).error());
  };
  add_built_in(
      to, "core.http", std::move(begin),
      {.description = "Sends an HTTP request to an allowed host and returns the response."});
}

}  // namespace pawl::functions::builtins
