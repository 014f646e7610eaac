#include "bench/http_peer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

#include <pawl/code_ref.hpp>

namespace pawl::bench {
namespace {

constexpr std::string_view length_field = "\r\nContent-Length: ";

std::string common_fields(const http_address& to) {
  const bool ipv6 = to.host.find(':') != to.host.npos;
  return "\r\nHost: " + (ipv6 ? "[" + to.host + "]" : to.host) + ":" + std::to_string(to.port) +
         (to.token.empty() ? "" : "\r\nAuthorization: Bearer " + to.token);
}

}  // namespace

result<http_address> parse_http_address(std::string_view url) {
  const auto bad = [&](errc code, const std::string& why) {
    return error{code, "cannot measure the server " + quoted(url) + ": " + why};
  };
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) {
    return bad(errc::not_supported,
               "its address must begin with http://; measure without TLS and Unix sockets");
  }
  http_address at;
  std::string_view rest = url.substr(scheme.size());
  const auto slash = rest.find('/');
  if (slash != rest.npos) at.prefix = rest.substr(slash);
  while (at.prefix.ends_with('/')) at.prefix.pop_back();
  rest = rest.substr(0, slash);
  const auto colon = rest.rfind(':');
  const bool has_port = colon != rest.npos && rest.find(']', colon) == rest.npos;
  at.host = rest.substr(0, has_port ? colon : rest.npos);
  at.port = 80;
  if (has_port) {
    const std::string_view digits = rest.substr(colon + 1);
    const char* const last = digits.data() + digits.size();
    const auto [end, failed] = std::from_chars(digits.data(), last, at.port);
    if (failed != std::errc{} || end != last || at.port == 0)
      return bad(errc::invalid_argument, "invalid port");
  }
  if (at.host.starts_with('[') && at.host.ends_with(']'))
    at.host = at.host.substr(1, at.host.size() - 2);
  if (at.host.empty()) return bad(errc::invalid_argument, "it has no host");
  return at;
}

http_peer::http_peer(boost::asio::io_context& on, const http_address& to) : socket_(on) {
  boost::asio::ip::tcp::resolver find{on};
  boost::asio::connect(socket_, find.resolve(to.host, std::to_string(to.port)));
  socket_.set_option(boost::asio::ip::tcp::no_delay{true});
}

void http_peer::send(std::string_view request, answer_handler answered) {
  waiting_.push_back(std::move(answered));
  next_ += request;
  write();
  read();
}

void http_peer::watch(std::string_view request, std::function<void(std::string_view)> came) {
  came_ = std::move(came);
  next_ += request;
  write();
  read();
}

void http_peer::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void http_peer::write() {
  if (!writing_.empty() || next_.empty()) return;
  writing_.swap(next_);
  boost::asio::async_write(socket_, boost::asio::buffer(writing_),
                           [this](const boost::system::error_code& failed, std::size_t) {
                             writing_.clear();
                             if (!failed) write();
                           });
}

void http_peer::read() {
  if (is_reading_ || !socket_.is_open()) return;
  is_reading_ = true;
  socket_.async_read_some(boost::asio::buffer(input_),
                          [this](const boost::system::error_code& failed, std::size_t n) {
                            is_reading_ = false;
                            if (failed) return fail(failed.message());
                            if (came_) {
                              came_({input_.data(), n});
                            } else {
                              read_.append(input_.data(), n);
                              while (take_answer()) {
                              }
                            }
                            if (came_ || !waiting_.empty()) read();
                          });
}

bool http_peer::take_answer() {
  const std::string_view bytes = std::string_view{read_}.substr(begin_);
  const auto end = bytes.find("\r\n\r\n");
  if (end == bytes.npos || waiting_.empty()) return false;
  const auto at = bytes.substr(0, end).find(length_field);
  std::size_t size = 0;
  if (at != bytes.npos) {
    const char* const digits = bytes.data() + at + length_field.size();
    std::from_chars(digits, bytes.data() + end, size);
  }
  const std::size_t whole = end + 4 + size;
  if (bytes.size() < whole) return false;
  unsigned status = 0;
  std::from_chars(bytes.data() + 9, bytes.data() + 12, status);  // after "HTTP/1.1 "
  const auto answered = std::move(waiting_.front());
  waiting_.pop_front();
  // The handler may call `send`, which does not change `read_`.
  answered(status, bytes.substr(end + 4, size));
  begin_ += whole;
  if (begin_ == read_.size()) {
    read_.clear();
    begin_ = 0;
  }
  return true;
}

void http_peer::fail(const std::string& why) {
  close();
  for (auto& each : std::exchange(waiting_, {})) each(0, why);
}

std::string get_request(const http_address& to, std::string_view target) {
  return "GET " + to.prefix + std::string{target} + " HTTP/1.1" + common_fields(to) + "\r\n\r\n";
}

std::string post_request(const http_address& to, std::string_view target, std::string_view body) {
  return "POST " + to.prefix + std::string{target} + " HTTP/1.1" + common_fields(to) +
         "\r\nContent-Type: application/json" + std::string{length_field} +
         std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

}  // namespace pawl::bench
