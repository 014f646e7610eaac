#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <utility>

#include <pawl/detail/utf8.hpp>

#include "server/http/connection.hpp"
#include "server/http/upgraded.hpp"

namespace pawl::server::http {

namespace beast_ws = boost::beast::websocket;

/// Adapts a channel to Beast's stream concept. One adapter for plain and TLS channels, so that
/// Beast's code is instantiated once.
class beast_channel {
 public:
  using executor_type = strand;

  beast_channel(std::shared_ptr<connection> of, std::string rest)
      : of_(std::move(of)), rest_(std::move(rest)) {}

  [[nodiscard]] executor_type get_executor() const noexcept { return of_->on(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& to, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) {
          if (!rest_.empty()) return give_rest(std::move(handler), buffers);
          of_->over().async_read_some(first_of(buffers), counting(std::move(handler), true));
        },
        token, to);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) {
          gathered_buffers gathered{};
          std::size_t used = 0;
          for (auto at = boost::asio::buffer_sequence_begin(buffers);
               at != boost::asio::buffer_sequence_end(buffers) && used < gathered.size(); ++at)
            gathered[used++] = *at;
          of_->over().async_write_some(gathered, counting(std::move(handler), false));
        },
        token, from);
  }

  void end() { of_->over().end(); }
  void close() { of_->close_now(); }

 private:
  template <class Buffers>
  [[nodiscard]] static boost::asio::mutable_buffer first_of(const Buffers& buffers) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers);
         at != boost::asio::buffer_sequence_end(buffers); ++at)
      if (boost::asio::mutable_buffer one = *at; one.size() != 0) return one;
    return {};
  }

  template <class Handler>
  [[nodiscard]] io_handler counting(Handler handler, bool is_input) {
    // std::function needs a copyable target; the handler is only movable.
    auto shared = std::make_shared<Handler>(std::move(handler));
    return [shared, of = of_, is_input](const error_code& failed, std::size_t size) {
      is_input ? of->count_in(size) : of->count_out(size);
      (*shared)(failed, size);
    };
  }

  template <class Handler, class Buffers>
  void give_rest(Handler handler, const Buffers& buffers) {
    const std::size_t size =
        boost::asio::buffer_copy(first_of(buffers), boost::asio::buffer(rest_));
    rest_.erase(0, size);
    boost::asio::post(get_executor(), [handler = std::move(handler), size]() mutable {
      handler(error_code{}, size);
    });
  }

  const std::shared_ptr<connection> of_;
  std::string rest_;
};

// Beast finds these by argument-dependent lookup.
inline void beast_close_socket(beast_channel& stream) {
  stream.close();
}
inline void teardown(boost::beast::role_type, beast_channel& stream, error_code& ec) {
  ec = {};
  stream.close();
}
template <class Handler>
void async_teardown(boost::beast::role_type, beast_channel& stream, Handler&& handler) {
  stream.end();
  boost::asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
    handler(error_code{});
  });
}

namespace {

using std::chrono::steady_clock;

constexpr std::size_t max_reason_bytes = 123;  // RFC 6455, 5.5
constexpr std::size_t ellipsis_bytes = 3;
constexpr unsigned code_unsupported = 1003;

class web_socket_session final : public upgraded,
                                 public std::enable_shared_from_this<web_socket_session> {
 public:
  web_socket_session(std::shared_ptr<connection> of, web_socket_handshake handshake,
                     std::shared_ptr<web_socket_ends> ends)
      : of_(std::move(of)),
        handshake_(std::move(handshake)),
        ends_(std::move(ends)),
        socket_(of_, std::move(handshake_.rest)) {}

  void start() override;
  void wake() override;

 private:
  // Without compression, which would need memory for each connection.
  using beast_socket = beast_ws::stream<beast_channel, false>;

  void on_accepted(const error_code& failed);
  void read();
  void on_read(const error_code& failed);
  void write_next();
  void close(unsigned code, std::string reason);
  void finish();

  const std::shared_ptr<connection> of_;
  web_socket_handshake handshake_;
  const std::shared_ptr<web_socket_ends> ends_;
  beast_socket socket_;
  boost::beast::http::request<boost::beast::http::empty_body> request_;
  boost::beast::flat_buffer input_;
  std::deque<std::string> queue_;
  bool is_accepted_ = false;
  bool is_writing_ = false;
  bool is_closing_ = false;
};

void web_socket_session::start() {
  const server_settings& s = of_->all().settings();
  socket_.set_option(beast_ws::stream_base::timeout{
      .handshake_timeout = s.header_timeout_ms,
      // Beast sends a ping after half of this time.
      .idle_timeout = 2 * s.ping_interval_ms,
      .keep_alive_pings = true,
  });
  socket_.set_option(beast_ws::stream_base::decorator(
      [fields = handshake_.fields](beast_ws::response_type& answer) {
        for (const auto& [name, value] : fields) answer.set(name, value);
      }));
  socket_.read_message_max(s.max_message_bytes);
  socket_.text(true);
  // Otherwise Beast splits each message into frames of 4 KiB.
  socket_.auto_fragment(false);
  namespace field = boost::beast::http;
  request_.method(field::verb::get);
  request_.target("/");
  request_.version(11);
  request_.set(field::field::host, "pawl");
  request_.set(field::field::connection, "upgrade");
  request_.set(field::field::upgrade, "websocket");
  request_.set(field::field::sec_websocket_version, "13");
  request_.set(field::field::sec_websocket_key, handshake_.key);
  socket_.async_accept(request_, [self = shared_from_this()](const error_code& failed) {
    self->on_accepted(failed);
  });
}

void web_socket_session::on_accepted(const error_code& failed) {
  if (failed) return finish();
  is_accepted_ = true;
  read();
  wake();
}

void web_socket_session::read() {
  socket_.async_read(input_, [self = shared_from_this()](const error_code& failed, std::size_t) {
    self->on_read(failed);
  });
}

void web_socket_session::on_read(const error_code& failed) {
  if (failed) return finish();
  std::string text{static_cast<const char*>(input_.data().data()), input_.size()};
  input_.consume(input_.size());
  if (input_.capacity() > 64 * 1024) input_.shrink_to_fit();
  if (!socket_.got_text()) {
    close(code_unsupported, "only text messages are supported");
    return read();
  }
  // The next message is read after this one is delivered.
  const bool taken = ends_->deliver(std::move(text), [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->of_->all().run_on(self->of_->on(), [self] { self->read(); });
  });
  if (taken) read();
}

void web_socket_session::wake() {
  if (!is_accepted_ || is_writing_ || is_closing_) return;
  outbox::batch batch = ends_->out->take();
  for (std::string& part : batch.parts) queue_.push_back(std::move(part));
  if (!queue_.empty()) return write_next();
  if (batch.ended) close(batch.code, std::move(batch.reason));
}

void web_socket_session::write_next() {
  is_writing_ = true;
  of_->set_write_deadline(steady_clock::now() + of_->all().settings().write_timeout_ms);
  socket_.async_write(boost::asio::buffer(queue_.front()),
                      [self = shared_from_this()](const error_code& failed, std::size_t) {
                        if (failed) return self->finish();
                        self->ends_->out->sent(self->queue_.front().size());
                        self->queue_.pop_front();
                        if (!self->queue_.empty()) return self->write_next();
                        self->of_->set_write_deadline(steady_clock::time_point::max());
                        self->is_writing_ = false;
                        self->wake();
                      });
}

void web_socket_session::close(unsigned code, std::string reason) {
  if (std::exchange(is_closing_, true)) return;
  // The text of a close frame must be UTF-8. Twice: valid text is only cut.
  reason = detail::to_valid_utf8(detail::to_valid_utf8(reason), max_reason_bytes - ellipsis_bytes);
  const beast_ws::close_reason why{static_cast<beast_ws::close_code>(code), reason};
  of_->set_write_deadline(steady_clock::now() + of_->all().settings().write_timeout_ms);
  socket_.async_close(why, [self = shared_from_this()](const error_code&) { self->finish(); });
}

void web_socket_session::finish() {
  of_->close_now();
}

}  // namespace

std::shared_ptr<upgraded> make_web_socket(std::shared_ptr<connection> of,
                                          web_socket_handshake handshake,
                                          std::shared_ptr<web_socket_ends> ends) {
  return std::make_shared<web_socket_session>(std::move(of), std::move(handshake), std::move(ends));
}

}  // namespace pawl::server::http
