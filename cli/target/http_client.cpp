#include "cli/target/http_client.hpp"

#include <array>
#include <cstring>
#include <new>

#include <pawl/code_ref.hpp>
#include <pawl/version.hpp>

#include "cli/target/values.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds connect_limit{10'000};
constexpr std::chrono::milliseconds answer_limit{30'000};
/// More than any run's data may have by default, many times over.
constexpr std::size_t max_answer_bytes = std::size_t{512} << 20;

/// libcurl wants to be told once, before its first use in the process.
bool curl_is_ready() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  return started == CURLE_OK;
}

bool concerns_trust(CURLcode code) noexcept {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_INVALIDCERTSTATUS;
}

bool concerns_tls(CURLcode code) noexcept {
  return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CIPHER ||
         code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_ENGINE_INITFAILED ||
         code == CURLE_SSL_CERTPROBLEM;
}

std::string server_name(const server_access& access) {
  return "the server at " + printable(access.at.shown);
}

}  // namespace

void add_line(curl_list& to, const std::string& line) {
  auto* const longer = curl_slist_append(to.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc{};
  static_cast<void>(to.release());
  to.reset(longer);
}

void set_up(CURL* handle, const server_access& access, const std::string& path,
            curl_list& headers) {
  const std::string url = access.at.url + path;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  if (!access.at.socket_path.empty())
    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, access.at.socket_path.c_str());
  if (!access.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, access.ca_file.c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_limit.count()));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  const std::string agent = "pawl/" + std::string{library_version};
  curl_easy_setopt(handle, CURLOPT_USERAGENT, agent.c_str());
  add_line(headers, "Expect:");
  add_line(headers, "Pawl-Scope: " + access.scope.str());
  if (!access.token.empty()) add_line(headers, "Authorization: Bearer " + access.token);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
}

error explain(CURLcode code, const server_access& access, const std::string& words) {
  const std::string why = words.empty() ? curl_easy_strerror(code) : words;
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return {errc::cancelled, "the request to " + server_name(access) + " was given up"};
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT) {
    return {errc::unavailable, server_name(access) + " cannot be reached: " + printable(why) +
                                   "; check --server (or PAWL_SERVER) and that `pawl serve` runs "
                                   "there"};
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return {errc::timed_out, server_name(access) +
                                 " did not answer in time; what was asked may be done all the "
                                 "same: look before you ask again"};
  }
  if (concerns_trust(code)) {
    return {errc::unavailable, server_name(access) + " is not trusted: " + printable(why) +
                                   "; if its authority is your own, give that by --ca-file FILE"};
  }
  if (code == CURLE_SSL_CACERT_BADFILE) {
    return {errc::invalid_argument, "the authorities in " + pawl::quoted(access.ca_file) +
                                        " cannot be read; --ca-file needs a PEM file"};
  }
  if (concerns_tls(code)) {
    return {errc::unavailable, "there is no TLS with " + server_name(access) + ": " +
                                   printable(why) + "; perhaps it speaks http://"};
  }
  return {errc::unavailable, "the connection to " + server_name(access) + " failed: " +
                                 printable(why) + "; try again, and look first what was done"};
}

error explain_refusal(const server_access& access, int status, const std::string& body,
                      const std::string& retry_after) {
  if (status == 401) {
    return {errc::invalid_argument,
            access.token.empty()
                ? server_name(access) + " wants a token: give one by --token-file or PAWL_TOKEN"
                : server_name(access) +
                      " does not take this token; check --token-file or "
                      "PAWL_TOKEN, and that the key was not revoked"};
  }
  const auto said = json::parse(body, nullptr, false);
  error failure = error_of_problem(said, status);
  if (status == 403) {
    return {errc::invalid_argument, server_name(access) +
                                        " does not allow this: " + failure.message +
                                        "; it needs a key of another role or scope (`--scope` is " +
                                        access.scope.str() + ")"};
  }
  if (status == 429 || status == 503) {
    failure.message += retry_after.empty() ? "; try again later"
                                           : "; try again in " + printable(retry_after) + " s";
  }
  if (!said.is_object()) {
    failure.message = server_name(access) + " answered with status " + std::to_string(status) +
                      " and no reason; check that --server (or PAWL_SERVER) names a server of "
                      "Pawl";
  }
  return failure;
}

http_client::http_client(server_access access, std::function<bool()> given_up)
    : access_(std::move(access)),
      given_up_(std::move(given_up)),
      handle_(curl_is_ready() ? curl_easy_init() : nullptr) {
  if (!handle_) throw std::bad_alloc{};
}

std::size_t http_client::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& to = *static_cast<http_client*>(self);
  to.too_large_ = to.body_.size() + size * count > max_answer_bytes;
  if (to.too_large_) return 0;
  to.body_.append(data, size * count);
  return size * count;
}

int http_client::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& of = *static_cast<http_client*>(self);
  return of.given_up_ && of.given_up_() ? 1 : 0;
}

result<json> http_client::send(const std::string& method, const std::string& path,
                               const std::optional<json>& body, std::chrono::milliseconds more_time,
                               const std::vector<std::string>& more_lines) {
  CURL* const handle = handle_.get();
  curl_easy_reset(handle);  // keeps the connection
  curl_list headers;
  add_line(headers, "Accept: application/json, application/problem+json");
  add_line(headers, body ? "Content-Type: application/json" : "Content-Type:");
  for (const auto& line : more_lines) add_line(headers, line);
  set_up(handle, access_, path, headers);
  std::string text;
  if (body) text = body->dump(-1, ' ', false, json::error_handler_t::replace);
  if (method == "POST" || body) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(text.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, text.data());
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");  // all that libcurl knows
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                   static_cast<long>((answer_limit + more_time).count()));
  std::array<char, CURL_ERROR_SIZE> words{};
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words.data());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &http_client::on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, static_cast<void*>(this));
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &http_client::on_progress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, static_cast<void*>(this));
  body_.clear();
  too_large_ = false;
  const CURLcode code = curl_easy_perform(handle);
  if (too_large_) {
    return error{errc::limit_exceeded, server_name(access_) + " answered with more than " +
                                           std::to_string(max_answer_bytes >> 20) + " MiB"};
  }
  if (code != CURLE_OK) return explain(code, access_, words.data());
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
  if (status < 200 || status >= 300)
    return explain_refusal(access_, static_cast<int>(status), body_,
                           retry_after > 0 ? std::to_string(retry_after) : "");
  if (body_.empty()) return json(nullptr);
  auto value = json::parse(body_, nullptr, false);
  if (!value.is_discarded()) return value;
  return error{errc::not_supported, server_name(access_) +
                                        " answered with something that is no JSON; check that "
                                        "--server (or PAWL_SERVER) names a server of Pawl"};
}

}  // namespace pawl::cli
