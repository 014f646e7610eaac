#include "server/http/request_checks.hpp"

#include <algorithm>

#include <pawl/code_ref.hpp>

#include "server/http/ascii.hpp"
#include "server/http/content_coding.hpp"

namespace pawl::server::http {
namespace {

problem malformed(std::string detail) {
  return {problem_code::invalid_argument, std::move(detail)};
}

std::size_t count_of(const fields& all, std::string_view name) noexcept {
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const fields::field& f) { return ascii_iequals(f.name, name); }));
}

bool has_token(std::string_view list, std::string_view token) noexcept {
  while (!list.empty())
    if (ascii_iequals(cut_part(list, ','), token)) return true;
  return false;
}

bool is_host_char(char c) noexcept {
  return ascii_alphanumeric(c) ||
         std::string_view{"-._~%!$&'()*+,;=:[]"}.find(c) != std::string_view::npos;
}

/// Fields of which the server uses one value. With several, a proxy in front may have checked
/// another one than the server uses.
constexpr std::string_view single_fields[] = {"Authorization",
                                              "Cookie",
                                              "Pawl-Scope",
                                              "Origin",
                                              "Sec-Fetch-Site",
                                              "Idempotency-Key",
                                              "Last-Event-ID",
                                              "If-Match",
                                              "Expect",
                                              "Content-Type",
                                              "Request-Id",
                                              "traceparent",
                                              "Sec-WebSocket-Key",
                                              "Sec-WebSocket-Version",
                                              "Access-Control-Request-Method"};

std::optional<problem> check_single_fields(const fields& all) {
  for (const auto name : single_fields)
    if (count_of(all, name) > 1)
      return malformed("the request has more than one " + std::string{name} + " field; send one");
  return std::nullopt;
}

std::optional<problem> check_host(const incoming& of) {
  const std::size_t hosts = count_of(of.what.fields, "Host");
  if (hosts > 1) return malformed("the request has more than one Host field");
  if (hosts == 0 && !of.http_1_0) return malformed("an HTTP/1.1 request needs a Host field");
  const auto host = of.what.fields.find("Host").value_or("");
  if (!std::all_of(host.begin(), host.end(), is_host_char))
    return malformed("invalid Host field " + quoted(host));
  return std::nullopt;
}

std::optional<problem> check_length(const incoming& of) {
  const fields& all = of.what.fields;
  const std::size_t lengths = count_of(all, "Content-Length");
  const std::size_t codings = count_of(all, "Transfer-Encoding");
  if (lengths + codings > 1)
    return malformed(
        "the request has more than one Content-Length or Transfer-Encoding field; use one of them");
  if (lengths == 1) {
    const std::string_view length = *all.find("Content-Length");
    const bool digits =
        std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (length.empty() || !digits) return malformed("Content-Length is not a number");
  }
  if (codings == 0) return std::nullopt;
  if (of.http_1_0) return malformed("Transfer-Encoding is not allowed in HTTP/1.0");
  if (ascii_iequals(*all.find("Transfer-Encoding"), "chunked")) return std::nullopt;
  return problem{problem_code::not_supported,
                 "unsupported Transfer-Encoding; only chunked is supported"};
}

std::optional<problem> check_coding(const fields& all) {
  if (count_of(all, "Content-Encoding") > 1 ||
      parse_coding(all.find("Content-Encoding").value_or("")) == coding::unknown)
    return problem{problem_code::unsupported_media_type,
                   "unsupported Content-Encoding; use gzip, deflate or none"};
  return std::nullopt;
}

std::optional<problem> check_expectation(incoming& of) {
  const auto expected = of.what.fields.find("Expect");
  if (!expected || of.http_1_0) return std::nullopt;
  of.asks_continue = ascii_iequals(trimmed(*expected), "100-continue");
  if (of.asks_continue) return std::nullopt;
  return problem{problem_code::expectation_failed,
                 "unsupported Expect; only 100-continue is supported"};
}

bool is_web_socket_handshake(const incoming& of) noexcept {
  const fields& all = of.what.fields;
  return of.what.method == "GET" && !of.http_1_0 &&
         has_token(all.find("Connection").value_or(""), "upgrade") &&
         has_token(all.find("Upgrade").value_or(""), "websocket") &&
         all.find("Sec-WebSocket-Version") == "13" && count_of(all, "Sec-WebSocket-Key") == 1;
}

}  // namespace

std::optional<problem> check_head_bytes(std::string_view head) {
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
    if (at + 2 < head.size() && (head[at + 2] == ' ' || head[at + 2] == '\t'))
      return malformed("a header field spans more than one line");
  }
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto c = static_cast<unsigned char>(head[i]);
    const bool ends_line = c == '\r' ? i + 1 < head.size() && head[i + 1] == '\n'
                                     : c == '\n' && i > 0 && head[i - 1] == '\r';
    if ((c < 0x20 && c != '\t' && !ends_line) || c == 0x7F)
      return malformed(
          "the request head contains a control character or a line that does not end in CR LF");
  }
  return std::nullopt;
}

std::optional<problem> split_target(std::string_view target, request& to) {
  const auto visible = [](char c) { return c > 0x20 && c < 0x7F && c != '#'; };
  if (target.empty() || !std::all_of(target.begin(), target.end(), visible))
    return malformed("the request target contains a # or a character that must be percent-encoded");
  if (target == "*" && to.method == "OPTIONS") {
    to.path = "*";
    return std::nullopt;
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!ascii_iequals(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    if (target.empty()) target = "/";
  }
  const std::size_t mark = target.find('?');
  to.path = target.substr(0, mark);
  if (to.path.empty()) to.path = "/";
  if (mark != target.npos) to.query = target.substr(mark + 1);
  if (to.path.front() != '/') return malformed("the request target must begin with a slash");
  return std::nullopt;
}

std::optional<problem> check_fields(incoming& of) {
  if (auto wrong = check_host(of)) return wrong;
  if (auto wrong = check_single_fields(of.what.fields)) return wrong;
  if (auto wrong = check_length(of)) return wrong;
  if (auto wrong = check_coding(of.what.fields)) return wrong;
  if (auto wrong = check_expectation(of)) return wrong;
  of.wants_web_socket = is_web_socket_handshake(of);
  return std::nullopt;
}

}  // namespace pawl::server::http
