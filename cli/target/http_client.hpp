#pragma once

#include <curl/curl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pawl/detail/encoding.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include <pawl/detail/encoding.hpp>
#include "cli/target/server_address.hpp"

namespace pawl::cli {

struct curl_easy_closer {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct curl_multi_closer {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
struct curl_list_closer {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using curl_easy = std::unique_ptr<CURL, curl_easy_closer>;
using curl_multi = std::unique_ptr<CURLM, curl_multi_closer>;
using curl_list = std::unique_ptr<curl_slist, curl_list_closer>;

/// Appends a header line to a list.
void add_header(curl_list& to, const std::string& line);

/// Sets the options common to all requests: address, TLS trust, token, scope. Adds header lines to
/// `headers`, which must outlive the transfer.
void configure_request(CURL* handle, const server_access& access, const std::string& path,
                       curl_list& headers);

/// The error for a failed transfer. `detail` is the error text of libcurl, or empty.
[[nodiscard]] error transfer_error(CURLcode code, const server_access& access,
                                   const std::string& detail);

/// True for an error that can pass by itself, so that a stream is opened again: not for a server
/// that is not trusted, a missing right or a bad request.
[[nodiscard]] bool can_pass(const error& failure) noexcept;

/// Converts an error response to the error of the engine call.
[[nodiscard]] error response_error(const server_access& access, int status, const std::string& body,
                                   const std::string& retry_after);

/// Sends requests to a server, one at a time, over a persistent connection. Not thread-safe.
class http_client {
 public:
  /// `is_cancelled` is polled during a request; if it returns true, the request fails with
  /// `cancelled`.
  http_client(server_access access, std::function<bool()> is_cancelled);

  [[nodiscard]] const server_access& access() const noexcept { return access_; }

  /// Sends a request and returns the JSON of the response, or null for an empty body. `path`
  /// includes the query. `extra_time` is added to the time limit, for requests that wait on the
  /// server. Errors: as `target`.
  result<json> send(const std::string& method, const std::string& path,
                    const std::optional<json>& body = {}, std::chrono::milliseconds extra_time = {},
                    const std::vector<std::string>& extra_headers = {});

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  server_access access_;
  std::function<bool()> is_cancelled_;
  curl_easy handle_;
  std::string body_;
  bool too_large_ = false;
};

using detail::percent_encoded;

}  // namespace pawl::cli
