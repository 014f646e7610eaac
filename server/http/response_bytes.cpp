#include "server/http/response_bytes.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "server/http/ascii.hpp"
#include "server/http/content_coding.hpp"
#include "server/http/problem.hpp"

namespace pawl::server::http {
namespace {

// Compressing smaller bodies costs more than it saves.
constexpr std::size_t min_gzip_bytes = 1024;
constexpr std::size_t max_gzip_bytes = 256u << 20;
// Copying bodies up to this size is cheaper than a second buffer in the system call.
constexpr std::size_t max_copied_body = 16 * 1024;

// Fields that only the server sets.
constexpr std::string_view own_fields[] = {"Connection", "Content-Length", "Transfer-Encoding",
                                           "Date",       "Request-Id",     "Keep-Alive",
                                           "Trailer"};

bool is_own_field(std::string_view name) noexcept {
  return std::any_of(std::begin(own_fields), std::end(own_fields),
                     [&](std::string_view own) { return ascii_iequals(own, name); });
}

bool has_no_body(unsigned status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

/// Whether bodies of this type are worth compressing.
bool is_compressible(std::string_view content_type) noexcept {
  const std::string_view type = cut_part(content_type, ';');
  return type.starts_with("text/") || type.starts_with("application/json") ||
         type.ends_with("+json") || type.ends_with("yaml") || type.ends_with("javascript");
}

void add_field(std::string& to, std::string_view name, std::string_view value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_char)) return;
  to.append(name).append(": ");
  for (const char c : value)
    to += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F ? ' ' : c;
  to += "\r\n";
}

std::string begin_head(const response& answer, const response_options& options) {
  std::string head = "HTTP/1.1 ";
  head.append(std::to_string(answer.status)).append(" ").append(reason_phrase(answer.status));
  head += "\r\n";
  for (const auto& field : answer.fields)
    if (!is_own_field(field.name)) add_field(head, field.name, field.value);
  for (const auto& field : common_fields(answer.fields, options))
    add_field(head, field.name, field.value);
  if (answer.fields.find("Upgrade")) {
    add_field(head, "Connection", options.keep_alive ? "Upgrade" : "Upgrade, close");
  } else if (!options.keep_alive) {
    add_field(head, "Connection", "close");
  } else if (options.http_1_0) {
    add_field(head, "Connection", "keep-alive");
  }
  return head;
}

void compress(response& answer, const response_options& options) {
  const std::size_t size = answer.body.size();
  if (size < min_gzip_bytes || size > max_gzip_bytes || answer.fields.find("Content-Encoding") ||
      !is_compressible(answer.fields.find("Content-Type").value_or("")))
    return;
  answer.fields.add("Vary", "Accept-Encoding");
  if (!options.gzip) return;
  answer.body = gzip(answer.body);
  answer.fields.add("Content-Encoding", "gzip");
}

}  // namespace

fields common_fields(const fields& given, const response_options& options) {
  fields made{{"Date", to_http_date(std::chrono::system_clock::now())},
              {"Request-Id", options.request_id}};
  const auto add_default = [&](std::string_view name, std::string_view value) {
    if (!given.find(name)) made.add(std::string{name}, std::string{value});
  };
  add_default("X-Content-Type-Options", "nosniff");
  add_default("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  add_default("Referrer-Policy", "no-referrer");
  add_default("Cache-Control", "no-store");
  if (options.cors_origin.empty()) return made;
  made.add("Access-Control-Allow-Origin", options.cors_origin);
  made.add("Access-Control-Expose-Headers",
           "Blob-Size, ETag, Idempotency-Replayed, Location, Request-Id, Retry-After");
  made.add("Vary", "Origin");
  return made;
}

response_bytes to_bytes(response answer, const response_options& options) {
  const bool bodiless = has_no_body(answer.status);
  if (bodiless) answer.body.clear();
  compress(answer, options);
  response_bytes made{.head = begin_head(answer, options), .body = {}};
  if (!bodiless) add_field(made.head, "Content-Length", std::to_string(answer.body.size()));
  made.head += "\r\n";
  if (options.head_only) return made;
  if (answer.body.size() <= max_copied_body) {
    made.head += answer.body;
  } else {
    made.body = std::move(answer.body);
  }
  return made;
}

std::string stream_head(const response& head, std::optional<std::uint64_t> length,
                        const response_options& options) {
  std::string made = begin_head(head, options);
  if (length) {
    add_field(made, "Content-Length", std::to_string(*length));
  } else if (!options.http_1_0) {
    add_field(made, "Transfer-Encoding", "chunked");
  }
  return made + "\r\n";
}

std::string chunk_head(std::size_t size) {
  char digits[20];
  const auto [end, code] = std::to_chars(std::begin(digits), std::end(digits), size, 16);
  return std::string{digits, end} + "\r\n";
}

std::string to_http_date(std::chrono::system_clock::time_point at) {
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  // Not strftime, whose names depend on the locale.
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[parts.tm_wday],
                parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text;
}

}  // namespace pawl::server::http
