#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "functions/http/body_budget.hpp"
#include "functions/http/decoder.hpp"
#include "functions/http/policy.hpp"
#include "functions/http/request.hpp"

namespace pawl::functions::http {

/// The response of a server.
struct response {
  int status = 0;
  /// Names are in lower case. Values of one name are joined by ", "; "set-cookie" is an array.
  json headers = json::object();
  /// The whole body if the status is accepted, else its beginning; empty for a followed redirect.
  std::string body;
  /// What `Retry-After` asks for; 0 if there is no such header.
  std::chrono::seconds retry_after{0};

  /// Returns the target of a redirect, as the server wrote it; "" for other responses.
  [[nodiscard]] std::string redirect_location() const;
};

/// One request and its response, as a handle of libcurl that `transfer_loop` drives. Follows no
/// redirects, sends no cookies, uses no proxy, verifies TLS, and shares no connection with another
/// request. Holds at most `max_bytes` of the body, 64 KiB of headers and the buffers of libcurl.
///
/// Checks each address against the policy when it connects, so a name that resolves to another
/// address by then (DNS rebinding) gains nothing.
///
/// All errors are `{function_failed, …, TYPE}` with the type http_not_allowed, http_connect,
/// http_tls, http_failed, http_bad_encoding, timed_out, cancelled or too_large. As soon as a part
/// of the request was sent, they leave doubt: see `leaving_doubt`. Not thread-safe; not movable,
/// because libcurl has its address.
class transfer {
 public:
  /// `what`, `rules` and `memory` must outlive the transfer, which is for a step of `scope`.
  transfer(const request& what, const policy& rules, body_budget& memory, const std::string& scope);
  transfer(const transfer&) = delete;

  /// Sets all options. Error: the policy forbids the host, or libcurl cannot be used.
  [[nodiscard]] result<void> prepare();
  [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }
  /// Goes on after the budget had no memory for the body: `body_budget::next` has returned this.
  [[nodiscard]] CURLcode resume() { return curl_easy_pause(easy_.get(), CURLPAUSE_CONT); }
  /// The response, or why there is none, after libcurl has ended the transfer with `code`.
  [[nodiscard]] result<response> outcome(CURLcode code);
  /// The errors of a transfer that is ended early.
  [[nodiscard]] error timed_out() const;
  [[nodiscard]] error stopped() const;
  [[nodiscard]] error failed(const std::string& why) const;

 private:
  struct easy_closer {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  };
  struct list_closer {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };

  template <class T>
  void set(CURLoption option, T value) {
    const auto code = curl_easy_setopt(easy_.get(), option, value);
    if (setting_ == CURLE_OK) setting_ = code;
  }
  void set_target();
  void set_authorities();
  void set_body();
  void set_headers();
  bool add_header(const std::string& line);

  [[nodiscard]] int status() const;
  /// Whether the server may have received the request.
  [[nodiscard]] bool has_sent() const;
  /// The error, which leaves doubt if the server may have received the request.
  [[nodiscard]] error noting_doubt(error why) const;
  [[nodiscard]] std::optional<error> problem_of(CURLcode code) const;
  [[nodiscard]] error bad_encoding(const error& why) const;
  [[nodiscard]] error explained(CURLcode code) const;
  [[nodiscard]] json read_headers() const;
  [[nodiscard]] std::string content_codings() const;
  [[nodiscard]] bool has_location() const;

  // Callbacks of libcurl.
  static std::size_t on_header(char* data, std::size_t one, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t one, std::size_t size, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* to);
  bool take(std::string_view bytes);
  /// Whether there is memory for the next part of the body.
  bool has_memory_for(std::size_t bytes);
  bool refuse_encoding(const error& why);
  bool keep(std::string_view bytes);

  const request& what_;
  const policy& rules_;
  const reach reach_;
  body_budget::share memory_;  ///< of the body
  std::unique_ptr<curl_slist, list_closer> headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};  ///< libcurl's description of a failure
  std::unique_ptr<CURL, easy_closer> easy_;
  CURLcode setting_ = CURLE_OK;  ///< of the first rejected option

  std::optional<body_decoder> decoder_;  ///< from the first byte of the body
  std::optional<error> bad_encoding_;
  std::string body_;
  std::size_t header_bytes_ = 0;
  std::size_t sockets_ = 0;
  std::size_t refused_addresses_ = 0;
  bool headers_too_large_ = false;
  bool body_too_large_ = false;
  bool has_enough_ = false;  ///< the rest of the body is not needed
};

/// Returns the name of a request in messages: its method, and its URL without the query.
[[nodiscard]] std::string name_of(const request& what);

/// Returns an error of type `http_not_allowed`: the host is not allowed, or it has no public
/// address.
[[nodiscard]] error host_not_allowed(const request& what, bool for_its_addresses);

}  // namespace pawl::functions::http
