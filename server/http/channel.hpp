#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "server/http/core.hpp"

namespace pawl::server::http {

using boost::system::error_code;
using stream_socket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, strand>;
using strand_timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, strand>;

using io_handler = std::function<void(const error_code&, std::size_t)>;

/// Maximum number of buffers in one write; empty buffers are ignored.
inline constexpr std::size_t max_gathered_buffers = 16;
using gathered_buffers = std::array<boost::asio::const_buffer, max_gathered_buffers>;

/// The byte stream to a peer, with or without TLS. All calls and callbacks run on its strand. At
/// most one read and one write at a time; buffers must live until the callback.
class channel {
 public:
  virtual ~channel() = default;

  [[nodiscard]] virtual const strand& on() const noexcept = 0;
  /// Performs the handshake. Must complete before the first read or write.
  virtual void async_begin(std::function<void(const error_code&)> done) = 0;
  virtual void async_read_some(boost::asio::mutable_buffer to, io_handler done) = 0;
  virtual void async_write_some(const gathered_buffers& from, io_handler done) = 0;
  /// Shuts down the sending side. Reading is still possible.
  virtual void end() = 0;
  /// Closes the socket; pending operations fail.
  virtual void close() noexcept = 0;
};

[[nodiscard]] std::unique_ptr<channel> make_plain_channel(stream_socket socket);

}  // namespace pawl::server::http
