#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/message.hpp"
#include "server/http/problem.hpp"

namespace pawl::server::http {

struct reader_limits {
  std::size_t url_bytes = 8u << 10;
  std::size_t header_bytes = 32u << 10;
  std::size_t header_fields = 100;
  std::uint64_t body_bytes = 16u << 20;
};

/// A request, and what only the transport needs to know of it.
struct incoming {
  http::request what;  ///< without peer and id
  bool http_1_0 = false;
  bool keep_alive = true;         ///< the peer wants to go on after the answer
  bool asks_continue = false;     ///< it waits for "100 Continue" before it sends the body
  bool wants_web_socket = false;  ///< a handshake of RFC 6455, version 13
  std::uint64_t bytes = 0;        ///< as they came, head and body
};

/// Makes requests of the bytes of one connection, in whatever pieces they come. Strict where
/// leniency lets a request mean one thing to a proxy and another to us (RFC 9112, 11.2): one Host,
/// one Content-Length or one "chunked", no folded lines, no bare line feeds. Never holds more than
/// the limits allow and one piece of input. Not safe for concurrent use.
class request_reader {
 public:
  enum class step {
    need_more,  ///< bytes are missing
    head,       ///< a head was read that has a body behind it; given once, `current` shows it
    request,    ///< one is whole: `take` it
    refused,    ///< `why` tells; nothing more can be read
  };

  explicit request_reader(const reader_limits& limits);
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;
  ~request_reader();

  /// Takes the bytes that came.
  void feed(std::string_view bytes);

  [[nodiscard]] step next();
  [[nodiscard]] const incoming& current() const noexcept { return current_; }
  [[nodiscard]] incoming take();
  [[nodiscard]] const refusal& why() const noexcept { return why_; }

  /// No byte of a further request has come.
  [[nodiscard]] bool is_idle() const noexcept;
  [[nodiscard]] bool is_in_body() const noexcept { return body_ != nullptr; }
  /// What is held in memory, in bytes.
  [[nodiscard]] std::size_t held() const noexcept {
    return input_.size() - begin_ + current_.what.body.size();
  }
  /// The bytes behind the last request.
  [[nodiscard]] std::string take_rest();

 private:
  class parser;

  step read_head();
  step read_body();
  step finish();
  step refuse(unsigned status, std::string_view code, std::string detail);
  step refuse_as(const refusal& why) { return refuse(why.status, why.code, why.detail); }
  step head_too_long(std::string_view head);

  [[nodiscard]] std::string_view unread() const noexcept {
    return std::string_view{input_}.substr(begin_);
  }
  void consume(std::size_t size) noexcept;

  const reader_limits limits_;
  std::string input_;
  std::size_t begin_ = 0;    ///< what is before it was consumed
  std::size_t scanned_ = 0;  ///< of the unread bytes, those that hold no end of a head
  std::size_t blank_lines_ = 0;
  std::unique_ptr<parser> body_;  ///< of the request whose body is being read
  incoming current_;
  refusal why_;
  bool refused_ = false;
};

}  // namespace pawl::server::http
