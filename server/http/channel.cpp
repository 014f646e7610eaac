#include "server/http/channel.hpp"

#include <boost/asio/bind_executor.hpp>
#include <utility>

namespace pawl::server::http {
namespace {

class plain_channel final : public channel {
 public:
  explicit plain_channel(stream_socket socket)
      : socket_(std::move(socket)), strand_(socket_.get_executor()) {}

  [[nodiscard]] const strand& on() const noexcept override { return strand_; }

  void async_begin(std::function<void(const error_code&)> done) override { done({}); }

  void async_read_some(boost::asio::mutable_buffer to, io_handler done) override {
    socket_.async_read_some(to, std::move(done));
  }

  void async_write_some(const gathered_buffers& from, io_handler done) override {
    socket_.async_write_some(from, std::move(done));
  }

  void end() override {
    error_code ignored;
    socket_.shutdown(stream_socket::shutdown_send, ignored);
  }

  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  stream_socket socket_;
  const strand strand_;
};

}  // namespace

std::unique_ptr<channel> make_plain_channel(stream_socket socket) {
  return std::make_unique<plain_channel>(std::move(socket));
}

}  // namespace pawl::server::http
