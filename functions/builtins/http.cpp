#include <chrono>
#include <memory>
#include <utility>

#include <pawl/detail/utf8.hpp>
#include <pawl/functions.hpp>

#include "flow/definition/definition.hpp"
#include "functions/builtins/builtins.hpp"
#include "functions/http/encoding.hpp"
#include "functions/http/request.hpp"
#include "functions/http/transfer.hpp"

namespace pawl::functions::builtins {
namespace {

constexpr int most_redirects = 5;
constexpr std::size_t shown_body_bytes = 200;
/// Less than a step's result may have, which has the body one level deep.
constexpr std::uint32_t deepest_body = 64;

error redirect_refused(const http::request& what, const std::string& why) {
  return fail("http_not_allowed",
              http::name_of(what) + " was redirected, which is refused: " + why);
}

/// The request that a redirect asks for.
result<http::request> next_request(http::request from, const http::response& got) {
  auto target = http::resolved(from.target, got.redirect_location());
  if (!target) return redirect_refused(from, "the new URL must " + target.error().message);
  if (from.target.secure && !target->secure)
    return redirect_refused(from, "it leads from https to http, to " + target->place);
  return http::redirected(std::move(from), got.status, *std::move(target));
}

/// "application/json" and "application/problem+json", with or without parameters.
bool is_json_type(const json& headers) {
  const auto found = headers.find("content-type");
  if (found == headers.end()) return false;
  auto type = http::in_lower_case(found->get_ref<const std::string&>());
  type.erase(std::min(type.find(';'), type.size()));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  return type == "application/json" || type.ends_with("+json");
}

error status_refused(const http::request& what, const http::response& got) {
  auto message = http::name_of(what) + " was answered with status " + std::to_string(got.status) +
                 ", not with " + what.accepted.text();
  if (!got.redirect_location().empty() && !what.follow_redirects)
    message += "; \"follow_redirects\": true would follow it";
  if (!got.body.empty()) message += ": " + http::excerpt(got.body, shown_body_bytes);
  return fail("http_status", std::move(message));
}

json result_of(const http::request& what, http::response got) {
  json out = {{"status", got.status}, {"url", what.target.text}};
  if (detail::valid_utf8_prefix(got.body) != got.body.size()) {
    out["body_base64"] = http::base64(got.body);
  } else {
    if (is_json_type(got.headers)) {
      auto parsed = flow::parse_json(got.body, "the body", got.body.size(), deepest_body);
      if (parsed) out["json"] = *std::move(parsed);
    }
    out["body"] = std::move(got.body);
  }
  out["headers"] = std::move(got.headers);
  return out;
}

result<json> call_http(const http::policy& rules, step_context& step) {
  auto what = http::read_request(step, rules);
  if (!what) return std::move(what).error();
  const auto until = std::chrono::steady_clock::now() + what->timeout;
  for (int redirects = 0;; ++redirects) {
    auto got = http::send(*what, rules, until, step.stop_token());
    if (!got) return std::move(got).error();
    if (!what->follow_redirects || got->redirect_location().empty()) {
      if (!what->accepted.has(got->status)) return status_refused(*what, *got);
      return result_of(*what, *std::move(got));
    }
    if (redirects == most_redirects) {
      return fail("http_failed", http::name_of(*what) + " was redirected once more after " +
                                     std::to_string(most_redirects) + " redirects");
    }
    auto next = next_request(*std::move(what), *got);
    if (!next) return std::move(next).error();
    what = std::move(next);
  }
}

}  // namespace

void add_http(registry& to, const http::policy& rules) {
  auto body = [held = std::make_shared<const http::policy>(rules)](
                  const json&, step_context& step) { return call_http(*held, step); };
  add_built_in(to, "core.http", std::move(body),
               {.description = "Calls an allowed host over HTTP and returns its response."});
}

}  // namespace pawl::functions::builtins
