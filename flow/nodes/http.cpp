#include <algorithm>
#include <array>
#include <set>

#include <pawl/code_ref.hpp>

#include "flow/nodes/call.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/values/http_syntax.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 16> http_keys = {
    "method",        "url",        "headers",       "query",   "json",      "body",
    "accept_status", "timeout",    "total_timeout", "retry",   "max_bytes", "follow_redirects",
    "into",          "compensate", "effect",        "in_doubt"};
constexpr std::array<std::string_view, 7> http_methods = {"GET",    "POST", "PUT",    "PATCH",
                                                          "DELETE", "HEAD", "OPTIONS"};
constexpr std::uint32_t most_response_bytes = 1u << 30;
constexpr std::chrono::hours longest_request{24};

/// What a rule gives that is no rule but written out; null for one that is computed.
const json* written_out(const json* rule) {
  return rule == nullptr || (rule->is_object() && rule->size() == 1) ? nullptr : rule;
}

/// Why a URL cannot be called, as far as it can be seen without a parser of URLs; "" if it may be.
std::string_view fault_of_url(const json& url) {
  if (!url.is_string()) return "be a text";
  const std::string text = http_syntax::in_lower_case(url.get_ref<const std::string&>());
  const auto scheme = text.starts_with("http://") ? 7u : text.starts_with("https://") ? 8u : 0u;
  if (scheme == 0) return "begin with http:// or https://";
  const std::string_view host =
      std::string_view{text}.substr(scheme, text.find_first_of("/?#", scheme) - scheme);
  if (host.empty() || host.starts_with(':')) return "name a host";
  if (host.find('@') != host.npos)
    return "have no user name or password in it; send them in a header instead";
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return (c >= '\0' && c <= ' ') || c == '\x7f'; }))
    return "have blanks and control characters percent-encoded";
  return {};
}

void read_url(const data_reader& data, call_plan& plan) {
  auto rule = data.rule_unless_null("url", true);
  if (!rule) return;
  plan.with.emplace_back("url", *std::move(rule));
  const json* const url = written_out(data.find("url"));
  const auto why = url == nullptr ? std::string_view{} : fault_of_url(*url);
  if (!why.empty()) data.fail("url", "bad_url", "\"url\" must " + std::string{why});
}

/// The header fields, by rules; those that are written out are looked at.
void read_headers(const data_reader& data, call_plan& plan) {
  const auto headers = data.within("headers");
  if (!headers) return;
  plan.objects.emplace_back("headers", data.rules("headers"));
  std::set<std::string> seen;
  for (const auto& [name, value] : headers->items()) {
    const auto refuse = [&, &name = name](const char* code, const std::string& why) {
      headers->fail(name, code, "header " + pawl::quoted(name) + " " + why);
    };
    const auto lower = http_syntax::in_lower_case(name);
    if (!http_syntax::is_header_name(name)) {
      refuse("bad_header", "has a name that no header can have");
    } else if (http_syntax::is_own_header(lower) || lower == "idempotency-key") {
      refuse("bad_header", "is one that Pawl sets itself");
    } else if (!seen.insert(lower).second) {
      refuse("contradiction", "is there twice, written differently");
    }
    const json* const text = written_out(&value);
    if (text == nullptr) continue;
    if (!text->is_string()) {
      refuse("wrong_type", "must be a text, or a rule that gives one");
    } else if (!http_syntax::is_header_value(text->get_ref<const std::string&>())) {
      refuse("bad_header", "must have no control characters in its value");
    }
  }
}

void read_query(const data_reader& data, call_plan& plan) {
  const auto query = data.within("query");
  if (!query) return;
  plan.objects.emplace_back("query", data.rules("query"));
  for (const auto& [name, value] : query->items()) {
    const json* const given = written_out(&value);
    if (given != nullptr && !http_syntax::is_query_value(*given))
      query->fail(name, "wrong_type",
                  "parameter " + pawl::quoted(name) +
                      " must be a text, a number, a truth value, a list of these, or a rule");
  }
}

void read_body(const data_reader& data, std::string_view method, call_plan& plan) {
  auto as_json = data.rule("json", false);  // null is a value
  auto as_text = data.rule_unless_null("body", false);
  if (as_json && as_text)
    data.fail("body", "contradiction", "a request has a \"json\" or a \"body\", not both");
  if ((as_json || as_text) && method == "HEAD")
    data.fail(as_json ? "json" : "body", "contradiction", "a HEAD request has no body");
  if (const json* const text = written_out(data.find("body")); text && !text->is_string())
    data.fail("body", "wrong_type", "\"body\" must be a text, or a rule that gives one");
  if (as_json) plan.with.emplace_back("json", *std::move(as_json));
  if (as_text) plan.with.emplace_back("body", *std::move(as_text));
}

void read_answer(const data_reader& data, json& args) {
  if (const json* const accept = data.find("accept_status")) {
    const auto is_status = [](const json& item) {
      return http_syntax::read_status(item).has_value();
    };
    if (!accept->is_array() || accept->empty() ||
        !std::all_of(accept->begin(), accept->end(), is_status)) {
      data.fail("accept_status", "out_of_range",
                "\"accept_status\" must be a list of statuses from 100 to 599 and classes, such as "
                "[404, \"2xx\"]");
    }
    args["accept_status"] = *accept;
  }
  if (const auto most = data.count("max_bytes", 1, most_response_bytes)) args["max_bytes"] = *most;
  if (const json* const follow = data.find("follow_redirects")) {
    if (!follow->is_boolean())
      data.fail("follow_redirects", "wrong_type", "\"follow_redirects\" must be true or false");
    args["follow_redirects"] = *follow;
  }
}

/// The call of the built-in function that sends requests; it checks what rules have computed.
call_plan read_request(const data_reader& data) {
  call_plan plan;
  plan.code_ref = "core.http";
  const auto method = data.one_of("method", http_methods);
  plan.args = {{"method", method}};
  read_url(data, plan);
  read_headers(data, plan);
  read_query(data, plan);
  read_body(data, method, plan);
  read_answer(data, plan.args);
  if (const auto timeout = data.duration("timeout")) {
    if (timeout->count() == 0 || *timeout > longest_request)
      data.fail("timeout", "out_of_range", "\"timeout\" must be more than 0 and at most 24h");
    plan.args["timeout_ms"] = timeout->count();
  }
  plan.total_timeout = data.duration("total_timeout").value_or(std::chrono::milliseconds{0});
  plan.retry = read_retry_policy(data);
  return plan;
}

}  // namespace

/// Sends an HTTP request; what comes back goes into the run's data.
const node_type http_type{
    .name = "http",
    .keys = http_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<call_node>(data, read_request(data), "response");
    },
};

}  // namespace pawl::flow
