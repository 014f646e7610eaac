#include <algorithm>
#include <array>
#include <set>

#include <pawl/code_ref.hpp>

#include "flow/nodes/call.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/values/http_syntax.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 19> http_keys = {
    "method",        "url",        "headers",       "query",    "json",      "body",
    "accept_status", "timeout",    "total_timeout", "retry",    "max_bytes", "follow_redirects",
    "into",          "compensate", "effect",        "in_doubt", "parse",     "result",
    "keep"};
constexpr std::array<std::string_view, 2> parse_forms = {"json", "text"};
constexpr std::array<std::string_view, 7> http_methods = {"GET",    "POST", "PUT",    "PATCH",
                                                          "DELETE", "HEAD", "OPTIONS"};
constexpr std::uint32_t max_response_bytes = 1u << 30;
constexpr std::chrono::hours max_timeout{24};

/// Returns a value that is not computed as a whole; null for a computed one.
const json* literal(const json* value) {
  return value == nullptr || logic::is_computed(*value) ? nullptr : value;
}

/// Completes the sentence "the URL must …" if a literal URL cannot be called, as far as a check
/// without a URL parser can see; else returns "".
std::string_view problem_of_url(const json& url) {
  if (!url.is_string()) return "be a string";
  const std::string text = http_syntax::in_lower_case(url.get_ref<const std::string&>());
  const auto scheme = text.starts_with("http://") ? 7u : text.starts_with("https://") ? 8u : 0u;
  if (scheme == 0) return "begin with http:// or https://";
  const std::string_view host =
      std::string_view{text}.substr(scheme, text.find_first_of("/?#", scheme) - scheme);
  if (host.empty() || host.starts_with(':')) return "name a host";
  if (host.find('@') != host.npos)
    return "not contain a user name or password; send them in a header";
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return (c >= '\0' && c <= ' ') || c == '\x7f'; }))
    return "not contain spaces or control characters; percent-encode them";
  return {};
}

void read_url(const data_reader& data, call_plan& plan) {
  auto value = data.value_unless_null("url", true);
  if (!value) return;
  plan.computed.emplace_back("url", *std::move(value));
  const json* const url = literal(data.find("url"));
  const auto why = url == nullptr ? std::string_view{} : problem_of_url(*url);
  if (!why.empty()) data.fail("url", "bad_url", "\"url\" must " + std::string{why});
}

/// Reads the headers, each a template. Checks literal values.
void read_headers(const data_reader& data, call_plan& plan) {
  const auto headers = data.within("headers");
  if (!headers) return;
  logic::secret_places secrets;
  if (auto values = data.members("headers", false, &secrets))
    plan.computed.emplace_back("headers", *std::move(values));
  add_secrets(plan, "headers", std::move(secrets));
  std::set<std::string> seen;
  for (const auto& [name, value] : headers->items()) {
    const auto refuse = [&, &name = name](const char* code, const std::string& why) {
      headers->fail(name, code, "header " + pawl::quoted(name) + " " + why);
    };
    const auto lower = http_syntax::in_lower_case(name);
    if (!http_syntax::is_header_name(name)) {
      refuse("bad_header", "has an invalid name");
    } else if (http_syntax::is_own_header(lower) || lower == "idempotency-key") {
      refuse("bad_header", "is set by Pawl");
    } else if (!seen.insert(lower).second) {
      refuse("contradiction", "is set twice, in different spellings");
    }
    const json* const text = literal(&value);
    if (text == nullptr) continue;
    if (!text->is_string()) {
      refuse("wrong_type", "must be a string, or a rule that returns one");
    } else if (!http_syntax::is_header_value(text->get_ref<const std::string&>())) {
      refuse("bad_header", "must not have control characters in its value");
    }
  }
}

/// Whether a literal can be a query parameter. Elements of an array may be rules.
bool is_query_template(const json& given) {
  if (!given.is_array()) return http_syntax::is_query_value(given);
  return std::all_of(given.begin(), given.end(), [](const json& item) {
    return logic::is_computed(item) || (item.is_primitive() && !item.is_null());
  });
}

void read_query(const data_reader& data, call_plan& plan) {
  const auto query = data.within("query");
  if (!query) return;
  logic::secret_places secrets;
  if (auto values = data.members("query", false, &secrets))
    plan.computed.emplace_back("query", *std::move(values));
  add_secrets(plan, "query", std::move(secrets));
  for (const auto& [name, value] : query->items()) {
    const json* const given = literal(&value);
    if (given != nullptr && !is_query_template(*given))
      query->fail(name, "wrong_type",
                  "parameter " + pawl::quoted(name) +
                      " must be a string, a number, a boolean, an array of these, or a rule");
  }
}

void read_body(const data_reader& data, std::string_view method, call_plan& plan) {
  logic::secret_places in_json, in_text;
  auto as_json = data.value("json", false, &in_json);  // null is a value
  auto as_text = data.value_unless_null("body", false, &in_text);
  add_secrets(plan, "json", std::move(in_json));
  add_secrets(plan, "body", std::move(in_text));
  if (as_json && as_text)
    data.fail("body", "contradiction", "a request has either \"json\" or \"body\", not both");
  if ((as_json || as_text) && method == "HEAD")
    data.fail(as_json ? "json" : "body", "contradiction", "a HEAD request has no body");
  if (const json* const text = literal(data.find("body")); text && !text->is_string())
    data.fail("body", "wrong_type", "\"body\" must be a string, or a rule that returns one");
  if (as_json) plan.computed.emplace_back("json", *std::move(as_json));
  if (as_text) plan.computed.emplace_back("body", *std::move(as_text));
}

void read_response_options(const data_reader& data, json& args) {
  if (const json* const accept = data.find("accept_status")) {
    const auto is_status = [](const json& item) {
      return http_syntax::read_status(item).has_value();
    };
    if (!accept->is_array() || accept->empty() ||
        !std::all_of(accept->begin(), accept->end(), is_status)) {
      data.fail("accept_status", "out_of_range",
                "\"accept_status\" must be an array of status codes from 100 to 599 and classes, "
                "such as [404, \"2xx\"]");
    }
    args["accept_status"] = *accept;
  }
  if (data.find("parse") != nullptr) args["parse"] = data.one_of("parse", parse_forms);
  if (const auto max = data.count("max_bytes", 1, max_response_bytes)) args["max_bytes"] = *max;
  if (const json* const follow = data.find("follow_redirects")) {
    if (!follow->is_boolean())
      data.fail("follow_redirects", "wrong_type", "\"follow_redirects\" must be true or false");
    args["follow_redirects"] = *follow;
  }
}

/// Builds the call of core.http, which checks the computed arguments.
call_plan read_request(const data_reader& data) {
  call_plan plan;
  plan.code_ref = chosen_name{"core.http"};
  const auto method = data.one_of("method", http_methods);
  plan.args = {{"method", method}};
  read_url(data, plan);
  read_headers(data, plan);
  read_query(data, plan);
  read_body(data, method, plan);
  read_response_options(data, plan.args);
  if (plan.secrets && plan.args.value("follow_redirects", false))
    data.fail("follow_redirects", "contradiction",
              "a request with secrets follows no redirects: another server would get them");
  if (const json* const written = data.find("timeout");
      written != nullptr && written->is_object()) {
    plan.timeout = {data, "timeout"};
    plan.timeout_argument = "timeout_ms";
  } else if (const auto timeout = data.duration("timeout")) {
    if (timeout->count() == 0 || *timeout > max_timeout)
      data.fail("timeout", "out_of_range", "\"timeout\" must be more than 0 and at most 24h");
    plan.args["timeout_ms"] = timeout->count();
  }
  plan.total_timeout = {data, "total_timeout"};
  plan.retry = read_retry_policy(data);
  return plan;
}

}  // namespace

/// Sends an HTTP request and stores the response in the run's data.
const node_type http_type{
    .name = "http",
    .keys = http_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<call_node>(data, read_request(data), "response");
    },
};

}  // namespace pawl::flow
