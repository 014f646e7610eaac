#include "benchmarks/http_peer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

namespace pawl::benchmark {
namespace {

constexpr std::string_view length_field = "\r\nContent-Length: ";

}  // namespace

http_peer::http_peer(boost::asio::io_context& on, std::uint16_t port) : socket_(on) {
  socket_.connect({boost::asio::ip::address_v4::loopback(), port});
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

std::string get_request(std::string_view target) {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post_request(std::string_view target, std::string_view body) {
  return "POST " + std::string{target} +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

}  // namespace pawl::benchmark
