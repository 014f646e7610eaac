#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/message.hpp"
#include "server/http/problem.hpp"

namespace pawl::server::http {

struct reader_limits {
  std::size_t url_bytes = 8u << 10;
  std::size_t header_bytes = 32u << 10;
  std::size_t header_fields = 100;
  std::uint64_t body_bytes = 16u << 20;
  std::uint64_t streamed_bytes = 0;  ///< of a body that is taken in pieces; see `stream_body`
};

/// A request with its properties that concern only the transport.
struct incoming {
  http::request what;  ///< without peer and id
  bool http_1_0 = false;
  bool keep_alive = true;         ///< the peer wants to keep the connection open
  bool asks_continue = false;     ///< the peer waits for "100 Continue" before it sends the body
  bool wants_web_socket = false;  ///< a handshake of RFC 6455, version 13
  std::uint64_t bytes = 0;        ///< size of head and body as received
};

/// Parses the requests of one connection from pieces of any size. Strict wherever leniency would
/// let a proxy and this server read different requests (RFC 9112, 11.2): one Host, one
/// Content-Length or one "chunked", no folded lines, no bare line feeds. Buffers at most the limits
/// plus one piece of input. Not safe for concurrent use.
class request_reader {
 public:
  enum class step {
    need_more,  ///< more bytes are needed
    head,       ///< a head with a body was read; returned once; see `current`
    request,    ///< a request is complete; see `take`
    refused,    ///< see `error`; nothing more can be read
  };

  explicit request_reader(const reader_limits& limits);
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;
  ~request_reader();

  /// Appends received bytes.
  void feed(std::string_view bytes);

  [[nodiscard]] step next();
  [[nodiscard]] const incoming& current() const noexcept { return current_; }
  /// The request whose head was read, to add to it what only the connection knows.
  [[nodiscard]] request& current_request() noexcept { return current_.what; }
  /// After a head: the body will not be used. At most 16 KiB of it are read, and they are not
  /// decompressed. Returns false if it is known to be longer.
  [[nodiscard]] bool ignore_body() noexcept;
  /// After a head: the body will be taken in pieces, each after `need_more`. At most `max_bytes` of
  /// it are read, and they are not decompressed. Returns false if it is known to be longer.
  [[nodiscard]] bool stream_body(std::uint64_t max_bytes) noexcept;
  /// After a head, without `ignore_body` and `stream_body`: false if the body is known to be too
  /// long.
  [[nodiscard]] bool body_fits() const noexcept;
  /// After a head: the length of the body as the peer sends it, if it has said so.
  [[nodiscard]] std::optional<std::uint64_t> announced() const noexcept;
  /// Takes the bytes of the body that were read since the last call.
  [[nodiscard]] std::string take_body();
  [[nodiscard]] incoming take();
  [[nodiscard]] const problem& error() const noexcept { return error_; }

  /// Whether no byte of a further request has been received.
  [[nodiscard]] bool is_idle() const noexcept;
  [[nodiscard]] bool is_in_body() const noexcept { return body_ != nullptr; }
  /// Bytes held in memory.
  [[nodiscard]] std::size_t buffered() const noexcept {
    return input_.size() - begin_ + current_.what.body.size();
  }
  /// Takes the bytes after the last request.
  [[nodiscard]] std::string take_rest();

 private:
  class parser;

  step read_head();
  step read_body();
  step finish();
  step refuse(problem_code code, std::string detail) { return refuse({code, std::move(detail)}); }
  step refuse(problem why);
  step body_too_long();
  step head_too_long(std::string_view head);

  [[nodiscard]] std::string_view unread() const noexcept {
    return std::string_view{input_}.substr(begin_);
  }
  void consume(std::size_t size) noexcept;

  const reader_limits limits_;
  std::string input_;
  std::size_t begin_ = 0;    ///< bytes before this offset are consumed
  std::size_t scanned_ = 0;  ///< unread bytes already searched for the end of the head
  std::size_t blank_lines_ = 0;
  std::unique_ptr<parser> body_;  ///< of the request whose body is being read
  std::uint64_t max_body_ = 0;    ///< of this request
  std::uint64_t taken_ = 0;       ///< bytes of this body that were taken
  bool decompresses_ = true;      ///< this request's body
  incoming current_;
  problem error_;
  bool refused_ = false;
};

}  // namespace pawl::server::http
