#pragma once

#include <curl/curl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "cli/target/server_address.hpp"
#include "functions/http/encoding.hpp"

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

/// Adds a line to a list of header lines.
void add_line(curl_list& to, const std::string& line);

/// What every request to the server has: its address, trust, token, scope. The handle refers to
/// `headers`, which gets the lines.
void set_up(CURL* handle, const server_access& access, const std::string& path, curl_list& headers);

/// Why a transfer failed, as a sentence that says what to do.
[[nodiscard]] error explain(CURLcode code, const server_access& access, const std::string& words);

/// An answer that is no success as the error that the same call gives without a server.
[[nodiscard]] error explain_refusal(const server_access& access, int status,
                                    const std::string& body, const std::string& retry_after);

/// Sends requests to a server, one at a time, over one connection while it lasts. One thread.
class http_client {
 public:
  /// `given_up`: asked while a request is under way; true ends it as `cancelled`.
  http_client(server_access access, std::function<bool()> given_up);

  [[nodiscard]] const server_access& access() const noexcept { return access_; }

  /// The JSON that a request is answered with, null where the answer has no body. `path`: with its
  /// query. `more_time`: how long the server itself may wait. `more_lines`: of the header. Errors:
  /// as `target`'s.
  result<json> send(const std::string& method, const std::string& path,
                    const std::optional<json>& body = {}, std::chrono::milliseconds more_time = {},
                    const std::vector<std::string>& more_lines = {});

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  server_access access_;
  std::function<bool()> given_up_;
  curl_easy handle_;
  std::string body_;
  bool too_large_ = false;
};

using functions::http::percent_encoded;

}  // namespace pawl::cli
