#include "server/http/request_reader.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <utility>

#include <pawl/assert.hpp>

#include "server/http/ascii.hpp"
#include "server/http/content_coding.hpp"
#include "server/http/request_checks.hpp"
#include "server/http/response_bytes.hpp"

namespace pawl::server::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

constexpr std::string_view end_of_head = "\r\n\r\n";
constexpr std::size_t max_blank_lines = 4;  // before a request; RFC 9112, 2.2 requires one
// A chunk header with its extensions, and the trailer, must fit into one buffer.
constexpr std::size_t max_chunk_head_bytes = 8 * 1024;

constexpr std::size_t idle_capacity = 4 * 1024;  // of an idle connection
constexpr std::uint64_t max_ignored_body = 16 * 1024;

std::string text_of(string_view text) {
  return {text.data(), text.size()};
}

bool has_other_version(std::string_view head) noexcept {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  constexpr std::string_view form = " HTTP/2.0";
  if (line.size() < form.size()) return false;
  const std::string_view end = line.substr(line.size() - form.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return end.starts_with(" HTTP/") && is_digit(end[6]) && end[7] == '.' && is_digit(end[8]) &&
         end.substr(6) != "1.0" && end.substr(6) != "1.1";
}

}  // namespace

/// Beast's parser; its callbacks fill in a request. Trailer fields are dropped, because they would
/// bypass the checks of the head.
class request_reader::parser final : public beast_http::basic_parser<true> {
 public:
  parser(incoming& to, const reader_limits& limits) : to_(to), limits_(limits) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(std::max(limits.body_bytes, limits.streamed_bytes));
  }

  [[nodiscard]] const std::optional<problem>& refused() const noexcept { return refused_; }

 private:
  void on_request_impl(beast_http::verb, string_view method, string_view target, int version,
                       error_code& ec) override {
    to_.what.method = text_of(method);
    to_.http_1_0 = version == 10;
    if (target.size() > limits_.url_bytes) {
      refuse({problem_code::uri_too_long,
              "the request target is longer than " + std::to_string(limits_.url_bytes) + " bytes"},
             ec);
    } else if (auto wrong = split_target({target.data(), target.size()}, to_.what)) {
      refuse(std::move(*wrong), ec);
    }
  }

  void on_field_impl(beast_http::field, string_view name, string_view value,
                     error_code& ec) override {
    if (head_is_read_) return;
    if (to_.what.fields.size() == limits_.header_fields) {
      return refuse(
          {problem_code::header_too_large,
           "the request has more than " + std::to_string(limits_.header_fields) + " header fields"},
          ec);
    }
    to_.what.fields.add(text_of(name), text_of(value));
  }

  void on_header_impl(error_code& ec) override {
    head_is_read_ = true;
    if (auto wrong = check_fields(to_)) return refuse(std::move(*wrong), ec);
    to_.keep_alive = keep_alive();
  }

  std::size_t on_body_impl(string_view bytes, error_code&) override {
    to_.what.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& ec) override {
    return on_body_impl(bytes, ec);
  }

  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  void refuse(problem why, error_code& ec) {
    refused_ = std::move(why);
    ec = beast_http::error::bad_field;
  }

  incoming& to_;
  const reader_limits& limits_;
  std::optional<problem> refused_;
  bool head_is_read_ = false;
};

request_reader::request_reader(const reader_limits& limits) : limits_(limits) {}
request_reader::~request_reader() = default;

void request_reader::feed(std::string_view bytes) {
  if (refused_) return;
  // Drop the consumed bytes first, so that memory does not grow with the connection.
  input_.erase(0, std::exchange(begin_, 0));
  input_.append(bytes);
}

bool request_reader::is_idle() const noexcept {
  return body_ == nullptr && unread().empty() && !refused_;
}

std::string request_reader::take_rest() {
  std::string rest{unread()};
  consume(rest.size());
  return rest;
}

incoming request_reader::take() {
  return std::exchange(current_, incoming{});
}

void request_reader::consume(std::size_t size) noexcept {
  begin_ += size;
  if (begin_ < input_.size()) return;
  begin_ = 0;
  input_.clear();
  if (input_.capacity() > idle_capacity) input_.shrink_to_fit();
}

request_reader::step request_reader::next() {
  if (refused_) return step::refused;
  return body_ != nullptr ? read_body() : read_head();
}

request_reader::step request_reader::read_head() {
  while (unread().starts_with("\r\n")) {
    if (++blank_lines_ > max_blank_lines)
      return refuse(problem_code::invalid_argument, "too many empty lines before the request");
    consume(2);
  }
  const std::string_view bytes = unread();
  // Refused immediately: a client that speaks TLS or another protocol would wait for the timeout.
  if (!bytes.empty() && bytes != "\r" && !is_token_char(bytes.front()))
    return refuse(problem_code::invalid_argument,
                  "the request is not HTTP; this address does not use TLS");
  const std::size_t from = scanned_ < end_of_head.size() ? 0 : scanned_ - end_of_head.size();
  const std::size_t end = bytes.find(end_of_head, from);
  scanned_ = bytes.size();
  const std::size_t size = end == bytes.npos ? bytes.size() : end + end_of_head.size();
  const std::string_view head = bytes.substr(0, size);
  if (size > limits_.header_bytes) return head_too_long(head);
  if (end == bytes.npos) return step::need_more;

  scanned_ = blank_lines_ = 0;
  current_ = {};
  current_.bytes = size;
  if (auto wrong = check_head_bytes(head)) return refuse(*std::move(wrong));
  auto reading = std::make_unique<parser>(current_, limits_);
  error_code ec;
  reading->put(boost::asio::const_buffer{head.data(), head.size()}, ec);
  if (reading->refused()) return refuse(*reading->refused());
  if (ec == beast_http::error::body_limit) return body_too_long();
  if (ec == beast_http::error::bad_version && has_other_version(head))
    return refuse(problem_code::http_version_not_supported,
                  "this server supports HTTP/1.1 and HTTP/1.0");
  // Beast may report a head that ends too early as incomplete.
  if (ec == beast_http::error::need_more || (!ec && !reading->is_header_done()))
    return refuse(problem_code::invalid_argument, "the request head ends too early");
  if (ec) return refuse(problem_code::invalid_argument, "malformed request head: " + ec.message());
  consume(size);
  if (reading->is_done()) return finish();
  body_ = std::move(reading);
  max_body_ = limits_.body_bytes;
  taken_ = 0;
  decompresses_ = true;
  return step::head;
}

bool request_reader::ignore_body() noexcept {
  PAWL_ASSERT(body_ != nullptr, "the head of a request with a body was read");
  max_body_ = std::min(max_ignored_body, limits_.body_bytes);
  decompresses_ = false;
  const auto announced = body_->content_length();
  return !announced || *announced <= max_body_;
}

bool request_reader::stream_body(std::uint64_t max_bytes) noexcept {
  max_body_ = max_bytes;
  decompresses_ = false;
  return body_fits();
}

bool request_reader::body_fits() const noexcept {
  PAWL_ASSERT(body_ != nullptr, "the head of a request with a body was read");
  const auto announced = body_->content_length();
  return !announced || *announced <= max_body_;
}

std::optional<std::uint64_t> request_reader::announced() const noexcept {
  PAWL_ASSERT(body_ != nullptr, "the head of a request with a body was read");
  const auto length = body_->content_length();
  return length ? std::optional<std::uint64_t>{*length} : std::nullopt;
}

std::string request_reader::take_body() {
  taken_ += current_.what.body.size();
  return std::exchange(current_.what.body, {});
}

request_reader::step request_reader::body_too_long() {
  const std::uint64_t most =
      body_ == nullptr ? std::max(limits_.body_bytes, limits_.streamed_bytes) : max_body_;
  return refuse(problem_code::body_too_large,
                "the body is longer than " + std::to_string(most) + " bytes");
}

request_reader::step request_reader::head_too_long(std::string_view head) {
  const std::size_t line = std::min(head.find("\r\n"), head.size());
  if (line > limits_.url_bytes)
    return refuse(problem_code::uri_too_long, "the request target is longer than " +
                                                  std::to_string(limits_.url_bytes) + " bytes");
  return refuse(
      problem_code::header_too_large,
      "the request head is longer than " + std::to_string(limits_.header_bytes) + " bytes");
}

request_reader::step request_reader::read_body() {
  const std::string_view bytes = unread();
  // At least this many bytes remain, and Beast asserts that they are there once the last chunk has
  // begun.
  if (bytes.size() < (body_->chunked() ? last_chunk.size() : 1)) return step::need_more;
  error_code ec;
  const std::size_t size = body_->put(boost::asio::const_buffer{bytes.data(), bytes.size()}, ec);
  consume(size);
  current_.bytes += size;
  if (ec == beast_http::error::body_limit || taken_ + current_.what.body.size() > max_body_)
    return body_too_long();
  if (ec && ec != beast_http::error::need_more)
    return refuse(problem_code::invalid_argument, "malformed request body: " + ec.message());
  if (body_->is_done()) return finish();
  if (unread().size() > max_chunk_head_bytes)
    return refuse(problem_code::invalid_argument, "a chunk header or the trailer is too long");
  return step::need_more;
}

request_reader::step request_reader::finish() {
  body_.reset();
  const auto how = parse_coding(current_.what.fields.find("Content-Encoding").value_or(""));
  if (how == coding::none || current_.what.body.empty() || !decompresses_) return step::request;
  auto plain = decompress(current_.what.body, how, limits_.body_bytes);
  if (!plain && plain.error().code == errc::limit_exceeded)
    return refuse(problem_code::body_too_large, plain.error().message);
  if (!plain) return refuse(problem_code::invalid_argument, plain.error().message);
  current_.what.body = *std::move(plain);
  return step::request;
}

request_reader::step request_reader::refuse(problem why) {
  error_ = std::move(why);
  refused_ = true;
  body_.reset();
  input_.clear();
  begin_ = scanned_ = 0;
  return step::refused;
}

}  // namespace pawl::server::http
