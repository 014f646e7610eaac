#include "functions/http/request.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <string_view>

#include <pawl/code_ref.hpp>
#include <pawl/detail/arguments.hpp>
#include <pawl/version.hpp>

#include "functions/http/encoding.hpp"

namespace pawl::functions::http {
namespace {

namespace http_syntax = flow::http_syntax;

constexpr std::int64_t max_timeout_ms = 24 * 60 * 60 * 1000;
constexpr std::size_t max_method_bytes = 32;
constexpr std::string_view default_key_header = "Idempotency-Key";

/// Whether a header of a step may be sent to another origin after a redirect.
bool is_harmless(std::string_view lower_name) {
  constexpr std::string_view harmless[] = {
      "accept",           "accept-language",  "content-type", "content-language",
      "content-encoding", "content-location", "user-agent",   "traceparent"};
  return std::find(std::begin(harmless), std::end(harmless), lower_name) != std::end(harmless);
}

error bad_argument(std::string_view name, const std::string& message) {
  return detail::invalid_arguments("argument \"" + std::string{name} + "\" " + message);
}

/// The arguments with checked names and types but unchecked values.
struct raw_arguments {
  std::string url;
  std::string method;
  json headers, query, json_body, accept;
  std::optional<std::string> body;
  bool has_json = false;
  std::optional<std::int64_t> timeout_ms, max_bytes;
  bool follow_redirects = false;
  std::string key_header;
  std::string parse;
};

result<raw_arguments> read_arguments(const json& args) {
  static const std::array<std::string, 12> names = {"url",
                                                    "method",
                                                    "headers",
                                                    "query",
                                                    "body",
                                                    "json",
                                                    "timeout_ms",
                                                    "max_bytes",
                                                    "follow_redirects",
                                                    "accept_status",
                                                    "idempotency_header",
                                                    "parse"};
  detail::argument_reader reader{args, names};
  const auto target = reader.read<std::string>(0);
  const auto method = reader.read<std::optional<std::string>>(1);
  const auto headers = reader.read<std::optional<json>>(2);
  const auto query = reader.read<std::optional<json>>(3);
  const auto body = reader.read<std::optional<std::string>>(4);
  const auto timeout_ms = reader.read<std::optional<std::int64_t>>(6);
  const auto max_bytes = reader.read<std::optional<std::int64_t>>(7);
  const auto follow = reader.read<std::optional<bool>>(8);
  const auto accept = reader.read<std::optional<json>>(9);
  const auto key_header = reader.read<std::optional<std::string>>(10);
  const auto parse = reader.read<std::optional<std::string>>(11);
  if (auto good = reader.finish(); !good) return std::move(good).error();

  raw_arguments raw;
  raw.url = *target;
  raw.method = method->value_or("GET");
  raw.headers = headers->value_or(json::object());
  raw.query = query->value_or(json::object());
  raw.body = *body;
  raw.has_json = args.contains("json");  // null is a value
  if (raw.has_json) raw.json_body = args["json"];
  raw.timeout_ms = *timeout_ms;
  raw.max_bytes = *max_bytes;
  raw.follow_redirects = follow->value_or(false);
  raw.accept = accept->value_or(json(nullptr));
  // Null: no header. Absent: the header of the IETF draft.
  const bool is_given = args.contains(names[10]);
  raw.parse = parse->value_or("json");
  raw.key_header = is_given ? key_header->value_or("") : std::string{default_key_header};
  return raw;
}

result<url> read_url(const std::string& text, const std::string& query) {
  auto target = parse_url(text, query);
  if (!target) return bad_argument("url", "must " + target.error().message);
  return target;
}

result<std::string> read_method(const std::string& given) {
  std::string method = given;
  for (char& c : method)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const bool letters = std::all_of(method.begin(), method.end(),
                                   [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
  if (method.empty() || method.size() > max_method_bytes || !letters || method == "CONNECT" ||
      method == "TRACE")
    return bad_argument("method", "must be a method such as GET, POST or DELETE, not " +
                                      pawl::quoted(given) + "; CONNECT and TRACE are not allowed");
  return method;
}

/// Encodes one "name=value" for each string, number or boolean, several for an array, none for
/// null.
result<std::string> read_query(const json& query) {
  if (!query.is_object()) return bad_argument("query", "must be an object");
  std::string out;
  const auto add = [&](const std::string& name, const json& value) {
    const auto text = value.is_string() ? value.get<std::string>() : value.dump();
    out += (out.empty() ? "" : "&") + percent_encoded(name) + "=" + percent_encoded(text);
  };
  for (const auto& [name, value] : query.items()) {
    if (!http_syntax::is_query_value(value))
      return bad_argument(
          "query",
          "must have a string, number or boolean, or an array of these, as " + pawl::quoted(name));
    if (value.is_null()) continue;
    const json list = value.is_array() ? value : json::array({value});
    for (const auto& item : list) add(name, item);
  }
  return out;
}

result<std::vector<header>> read_headers(const json& given) {
  if (!given.is_object()) return bad_argument("headers", "must be an object of strings");
  std::vector<header> headers;
  std::set<std::string> seen;
  for (const auto& [name, value] : given.items()) {
    const auto shown = pawl::quoted(name);
    if (!http_syntax::is_header_name(name))
      return bad_argument("headers", "has " + shown + ", which is not a valid header name");
    if (!value.is_string()) return bad_argument("headers", "must have a string as " + shown);
    const auto& text = value.get_ref<const std::string&>();
    if (!http_syntax::is_header_value(text))
      return bad_argument("headers", "must not have control characters in the value of " + shown);
    const auto key = in_lower_case(name);
    if (http_syntax::is_own_header(key))
      return bad_argument("headers", "must not have " + shown + ", which is set by Pawl");
    if (!seen.insert(key).second)
      return bad_argument("headers", "has " + shown + " twice, in different spellings");
    headers.push_back({name, text});
  }
  return headers;
}

result<void> check_timeout(std::int64_t ms) {
  if (ms >= 1 && ms <= max_timeout_ms) return {};
  return bad_argument("timeout_ms", "must be from 1 to " + std::to_string(max_timeout_ms));
}

result<void> check_key_header(const std::string& name) {
  if (http_syntax::is_header_name(name) && !http_syntax::is_own_header(in_lower_case(name)))
    return {};
  return bad_argument("idempotency_header",
                      "must be the name of a header, or null for none, not " + pawl::quoted(name));
}

/// Adds the idempotency key and the default headers that the step did not set.
result<void> complete_headers(request& to, const raw_arguments& raw, const step_context& step) {
  if (!raw.key_header.empty()) {
    if (auto good = check_key_header(raw.key_header); !good) return good;
    const auto key = in_lower_case(raw.key_header);
    if (to.has_header(key))
      return bad_argument("headers", "has " + pawl::quoted(raw.key_header) +
                                         ", which is the header of the idempotency key; to send "
                                         "your own, set \"idempotency_header\" to null");
    to.headers.push_back({raw.key_header, as_header_value(step.idempotency_key()), true});
  }
  if (raw.has_json && !to.has_header("content-type"))
    to.headers.push_back({"Content-Type", "application/json"});
  if (!to.has_header("traceparent")) to.headers.push_back({"traceparent", step.traceparent()});
  if (!to.has_header("user-agent"))
    to.headers.push_back({"User-Agent", "pawl/" + std::string{library_version}});
  return {};
}

result<void> read_body(request& to, const raw_arguments& raw) {
  if (raw.body && raw.has_json)
    return detail::invalid_arguments("core.http takes either \"body\" or \"json\", not both");
  if (raw.has_json)
    to.body = raw.json_body.dump();
  else
    to.body = raw.body;
  if (to.body && to.method == "HEAD")
    return bad_argument(raw.has_json ? "json" : "body",
                        "is not allowed: a HEAD request has no body");
  return {};
}

result<void> read_parse(request& to, const std::string& how) {
  if (how != "json" && how != "text")
    return bad_argument("parse",
                        "must be \"json\" (the default: a body whose content type is JSON "
                        "must be JSON) or \"text\", not " +
                            pawl::quoted(how));
  to.parses_json = how == "json";
  return {};
}

result<void> read_limits(request& to, const raw_arguments& raw, const policy& rules) {
  if (raw.timeout_ms)
    if (auto good = check_timeout(*raw.timeout_ms); !good) return good;
  const auto max = static_cast<std::int64_t>(rules.max_response_bytes);
  if (raw.max_bytes && (*raw.max_bytes < 1 || *raw.max_bytes > max))
    return bad_argument("max_bytes",
                        "must be from 1 to " + std::to_string(max) + " (http.max_response_bytes)");
  to.timeout = raw.timeout_ms ? std::chrono::milliseconds{*raw.timeout_ms} : rules.timeout;
  to.max_bytes = static_cast<std::size_t>(raw.max_bytes.value_or(max));
  return {};
}

}  // namespace

result<status_set> status_set::parse(const json& list) {
  const auto refuse = [] {
    return bad_argument(
        "accept_status",
        "must be an array of status codes from 100 to 599 and classes, such as [404, \"2xx\"]");
  };
  if (!list.is_array() || list.empty()) return refuse();
  status_set out;
  out.ranges_.clear();
  for (const auto& item : list) {
    const auto range = http_syntax::read_status(item);
    if (!range) return refuse();
    out.ranges_.push_back(*range);
  }
  return out;
}

bool status_set::has(int status) const noexcept {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const http_syntax::status_range& r) {
    return r.first <= status && status <= r.last;
  });
}

std::string status_set::text() const {
  std::string all;
  for (const auto& r : ranges_) {
    if (!all.empty()) all += ", ";
    all += r.first == r.last ? std::to_string(r.first) : std::to_string(r.first / 100) + "xx";
  }
  return all;
}

bool request::has_header(std::string_view lower_name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const header& h) { return in_lower_case(h.name) == lower_name; });
}

result<request> read_request(const step_context& step, const policy& rules) {
  auto raw = read_arguments(step.args());
  if (!raw) return std::move(raw).error();
  request made;
  auto method = read_method(raw->method);
  if (!method) return std::move(method).error();
  made.method = *std::move(method);
  const auto query = read_query(raw->query);
  if (!query) return query.error();
  auto target = read_url(raw->url, *query);
  if (!target) return std::move(target).error();
  made.target = *std::move(target);
  auto headers = read_headers(raw->headers);
  if (!headers) return std::move(headers).error();
  made.headers = *std::move(headers);
  if (auto good = complete_headers(made, *raw, step); !good) return std::move(good).error();
  if (auto good = read_body(made, *raw); !good) return std::move(good).error();
  if (auto good = read_parse(made, raw->parse); !good) return std::move(good).error();
  if (auto good = read_limits(made, *raw, rules); !good) return std::move(good).error();
  made.follow_redirects = raw->follow_redirects;
  if (!raw->accept.is_null()) {
    auto accepted = status_set::parse(raw->accept);
    if (!accepted) return std::move(accepted).error();
    made.accepted = *std::move(accepted);
  }
  return made;
}

result<void> check_argument(std::string_view name, const json& value) {
  const auto problem_of = [](auto read) -> result<void> {
    if (!read) return std::move(read).error();
    return {};
  };
  const auto text = [&] { return value.get<std::string>(); };
  if (name == "url") return problem_of(read_url(text(), {}));
  if (name == "method") return problem_of(read_method(text()));
  if (name == "query") return problem_of(read_query(value));
  if (name == "headers") return problem_of(read_headers(value));
  if (name == "accept_status") return problem_of(status_set::parse(value));
  if (name == "idempotency_header" && !text().empty()) return check_key_header(text());
  if (name != "timeout_ms" && name != "max_bytes") return {};
  const auto number = detail::exact_integer<std::int64_t>(value);
  if (name == "timeout_ms") return check_timeout(number.value_or(0));
  if (number.value_or(0) >= 1) return {};
  return bad_argument("max_bytes", "must be a whole number from 1");
}

request redirected(request from, int status, url target) {
  const bool to_get = (status == 303 && from.method != "HEAD") ||
                      ((status == 301 || status == 302) && from.method == "POST");
  const bool leaves = !from.target.same_origin(target);
  from.target = std::move(target);
  if (to_get) {
    from.method = "GET";
    from.body.reset();
  }
  std::erase_if(from.headers, [&](const header& h) {
    const auto name = in_lower_case(h.name);
    return (to_get && name.starts_with("content-")) || (leaves && !h.is_key && !is_harmless(name));
  });
  return from;
}

}  // namespace pawl::functions::http
