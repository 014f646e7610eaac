#include "cli/target/http_client.hpp"

#include <array>
#include <cstring>
#include <new>

#include <pawl/code_ref.hpp>
#include <pawl/version.hpp>

#include "cli/target/decode.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds connect_limit{10'000};
constexpr std::chrono::milliseconds response_limit{30'000};
/// Far above the default limit on the data of a run.
constexpr std::size_t max_response_bytes = std::size_t{512} << 20;

/// Initializes libcurl once per process.
bool curl_is_ready() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  return started == CURLE_OK;
}

bool is_trust_error(CURLcode code) noexcept {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_INVALIDCERTSTATUS;
}

bool is_tls_error(CURLcode code) noexcept {
  return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CIPHER ||
         code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_ENGINE_INITFAILED ||
         code == CURLE_SSL_CERTPROBLEM;
}

/// The type of an error that does not pass by itself.
constexpr std::string_view permanent = "permanent";

std::string server_name(const server_access& access) {
  return "the server at " + printable(access.at.shown);
}

}  // namespace

void add_header(curl_list& to, const std::string& line) {
  auto* const longer = curl_slist_append(to.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc{};
  static_cast<void>(to.release());
  to.reset(longer);
}

void configure_request(CURL* handle, const server_access& access, const std::string& path,
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
  add_header(headers, "Expect:");
  add_header(headers, "Pawl-Scope: " + access.scope.str());
  if (!access.token.empty()) add_header(headers, "Authorization: Bearer " + access.token);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
}

error transfer_error(CURLcode code, const server_access& access, const std::string& detail) {
  const std::string why = detail.empty() ? curl_easy_strerror(code) : detail;
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return {errc::cancelled, "the request to " + server_name(access) + " was cancelled"};
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT) {
    return {errc::unavailable, "cannot connect to " + server_name(access) + ": " + printable(why) +
                                   "; check --server (or PAWL_SERVER) and that `pawl serve` is "
                                   "running"};
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return {errc::timed_out, server_name(access) +
                                 " did not respond in time; the request may still take effect: "
                                 "check before you repeat it"};
  }
  if (code == CURLE_URL_MALFORMAT) {
    return {errc::invalid_argument,
            "invalid server address " + pawl::quoted(access.at.shown) + ": " + printable(why)};
  }
  if (is_trust_error(code)) {
    return {errc::unavailable,
            server_name(access) + " is not trusted: " + printable(why) +
                "; for a private certificate authority use --ca-file FILE",
            std::string{permanent}};
  }
  if (code == CURLE_SSL_CACERT_BADFILE) {
    return {errc::invalid_argument, "cannot read CA certificates from " +
                                        pawl::quoted(access.ca_file) +
                                        "; --ca-file requires a PEM file"};
  }
  if (is_tls_error(code)) {
    return {errc::unavailable,
            "TLS handshake with " + server_name(access) + " failed: " + printable(why) +
                "; the server may use http://",
            std::string{permanent}};
  }
  return {errc::unavailable, "the connection to " + server_name(access) +
                                 " failed: " + printable(why) +
                                 "; the request may have taken effect: check before you repeat it"};
}

bool can_pass(const error& failure) noexcept {
  return failure.type != permanent &&
         (failure.code == errc::unavailable || failure.code == errc::timed_out ||
          failure.code == errc::overloaded);
}

error response_error(const server_access& access, int status, const std::string& body,
                     const std::string& retry_after) {
  if (status == 401) {
    return {errc::invalid_argument,
            access.token.empty()
                ? server_name(access) + " requires an API key: use --token-file or PAWL_TOKEN"
                : server_name(access) +
                      " rejected the API key; check --token-file or PAWL_TOKEN, and that the key "
                      "has not expired or been removed"};
  }
  const auto problem = json::parse(body, nullptr, false);
  error failure = error_of_problem(problem, status);
  if (status == 403) {
    return {errc::invalid_argument, server_name(access) + " denied access: " + failure.message +
                                        "; use a key with another role or scope (--scope is " +
                                        access.scope.str() + ")"};
  }
  if (status == 429 || status == 503) {
    failure.message +=
        retry_after.empty() ? "; retry later" : "; retry in " + printable(retry_after) + " s";
  }
  if (!problem.is_object()) {
    failure.message = server_name(access) + " returned status " + std::to_string(status) +
                      " without a reason; check that --server (or PAWL_SERVER) is a Pawl server";
  }
  return failure;
}

http_client::http_client(server_access access, std::function<bool()> is_cancelled)
    : access_(std::move(access)),
      is_cancelled_(std::move(is_cancelled)),
      handle_(curl_is_ready() ? curl_easy_init() : nullptr) {
  if (!handle_) throw std::bad_alloc{};
}

std::size_t http_client::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& to = *static_cast<http_client*>(self);
  to.too_large_ = to.body_.size() + size * count > max_response_bytes;
  if (to.too_large_) return 0;
  to.body_.append(data, size * count);
  return size * count;
}

int http_client::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& of = *static_cast<http_client*>(self);
  return of.is_cancelled_ && of.is_cancelled_() ? 1 : 0;
}

result<json> http_client::send(const std::string& method, const std::string& path,
                               const std::optional<json>& body,
                               std::chrono::milliseconds extra_time,
                               const std::vector<std::string>& extra_headers) {
  CURL* const handle = handle_.get();
  curl_easy_reset(handle);  // keeps the connection
  curl_list headers;
  add_header(headers, "Accept: application/json, application/problem+json");
  add_header(headers, body ? "Content-Type: application/json" : "Content-Type:");
  for (const auto& line : extra_headers) add_header(headers, line);
  configure_request(handle, access_, path, headers);
  std::string text;
  if (body) text = body->dump(-1, ' ', false, json::error_handler_t::replace);
  if (method == "POST" || body) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(text.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, text.data());
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");  // all encodings of libcurl
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                   static_cast<long>((response_limit + extra_time).count()));
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &http_client::on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, static_cast<void*>(this));
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &http_client::on_progress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, static_cast<void*>(this));
  body_.clear();
  too_large_ = false;
  const CURLcode code = curl_easy_perform(handle);
  if (too_large_) {
    return error{errc::limit_exceeded, server_name(access_) + " sent a response of more than " +
                                           std::to_string(max_response_bytes >> 20) + " MiB"};
  }
  if (code != CURLE_OK) return transfer_error(code, access_, detail.data());
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
  if (status < 200 || status >= 300)
    return response_error(access_, static_cast<int>(status), body_,
                          retry_after > 0 ? std::to_string(retry_after) : "");
  if (body_.empty()) return json(nullptr);
  auto value = json::parse(body_, nullptr, false);
  if (!value.is_discarded()) return value;
  return error{errc::not_supported, server_name(access_) +
                                        " sent a response that is not JSON; check that --server "
                                        "(or PAWL_SERVER) is a Pawl server"};
}

}  // namespace pawl::cli
