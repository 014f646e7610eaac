#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/http/answer.hpp"
#include "server/http/channel.hpp"
#include "server/http/listening_socket.hpp"
#include "server/http/outbox.hpp"
#include "server/http/request_reader.hpp"
#include "server/http/upgraded.hpp"

namespace pawl::server::http {

/// One connection: reads requests, hands them to the handler, writes the answers in the order of
/// the requests. Requests that are safe (GET, HEAD, OPTIONS) run side by side when they are
/// pipelined, any other waits for those before it and is waited for (RFC 9112, 9.3.2).
///
/// Everything happens on the strand of its channel. What is marked "any thread" goes there by
/// itself. It lives while the channel is open or somebody holds an exchange of it.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(std::shared_ptr<core> all, std::unique_ptr<channel> over, peer who, bool counted);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() = default;

  /// Any thread, once.
  void start();
  /// Closes when what is under way is answered. Any thread.
  void drain();
  /// Closes now. Any thread.
  void kill();

  // For the exchange of the request with that number. Any thread, once for each request.
  void answer(std::uint64_t number, response with, std::string route, std::function<void()> lost);
  void when_gone(std::uint64_t number, std::function<void()> what);
  void answer_with_stream(std::uint64_t number, response head, std::string route,
                          std::shared_ptr<outbox> body);
  void answer_with_web_socket(std::uint64_t number, std::string route,
                              std::shared_ptr<web_socket_ends> ends);
  /// There is something to write in the outbox of a stream. Any thread.
  void wake();

  [[nodiscard]] core& all() const noexcept { return *core_; }
  [[nodiscard]] const strand& on() const noexcept { return channel_->on(); }

  // For the WebSocket that the connection has become; on the strand.
  [[nodiscard]] channel& over() const noexcept { return *channel_; }
  void count_in(std::size_t bytes);
  void count_out(std::size_t bytes);
  /// By when a write has to be done; none if there is none.
  void set_write_deadline(std::chrono::steady_clock::time_point at);
  void close_now();

 private:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr time_point never = time_point::max();

  /// Where a request is.
  enum class stage { waiting, with_handler, answered, streaming, upgrading };

  /// A request, from when it was read until its answer was written.
  struct slot {
    std::uint64_t number = 0;
    stage at = stage::waiting;
    request what = {};  ///< until it is handed over
    answer_form form = {};
    bool is_safe = false;
    bool wants_web_socket = false;
    std::string web_socket_key = {};
    answer_bytes bytes = {};  ///< `answered`, or the head of `streaming`
    std::shared_ptr<outbox> body = {};
    std::shared_ptr<web_socket_ends> ends = {};
    finished_request report = {};
    time_point since = {};
    std::function<void()> gone = {};  ///< to be told that the peer is gone; until it is answered
    std::function<void()> lost = {};  ///< to be told that the answer was not written
    bool told_gone = false;
  };

  // connection.cpp: the life of a connection
  void begin_reading(const error_code& failed);
  [[nodiscard]] bool wants_input() const;
  /// Whether somebody wants to know when the peer is gone.
  [[nodiscard]] bool is_waited_for() const;
  void read();
  void on_read(const error_code& failed, std::size_t size);
  void on_end_of_input(const error_code& failed);
  void take_requests();
  void refuse(const refusal& why);
  [[nodiscard]] bool account_pending();
  void follow_reading();
  void watch();
  void on_deadline();
  void end();
  void stop_reading();
  void tell_gone();

  // connection_requests.cpp: from requests to answers
  void add_request(incoming one);
  [[nodiscard]] bool answer_here(slot& of);
  void launch();
  [[nodiscard]] slot* find(std::uint64_t number);
  void set_answer(slot& of, response with);
  [[nodiscard]] bool keeps_alive(const slot& of) const;

  // connection_write.cpp: from answers to bytes
  void pump();
  [[nodiscard]] bool gather_front();
  [[nodiscard]] bool gather_stream(slot& of);
  void push(std::string bytes);
  void retire_front();
  void write();
  void on_write(const error_code& failed, std::size_t size);
  void after_write();
  void report(slot& of);
  void upgrade();

  const std::shared_ptr<core> core_;
  const std::unique_ptr<channel> channel_;
  const peer peer_;
  const bool counted_;  ///< in the limit of its peer

  request_reader reader_;
  std::vector<char> input_;
  std::deque<slot> slots_;
  std::uint64_t next_number_ = 0;
  std::size_t pending_ = 0;  ///< what is accounted of the request being read

  std::deque<std::string> out_;
  std::size_t out_begin_ = 0;  ///< what was written of the first
  std::uint64_t out_bytes_ = 0;
  std::vector<slot> written_;  ///< their last bytes are in `out_`
  std::vector<std::pair<std::shared_ptr<outbox>, std::size_t>> sending_;
  std::shared_ptr<upgraded> upgraded_;

  strand_timer timer_;
  time_point timer_at_ = never;
  time_point read_deadline_ = never;
  time_point write_deadline_ = never;
  enum class reading { nothing, idle, head, body, paused } reading_what_ = reading::nothing;

  std::size_t lingered_ = 0;
  bool is_reading_ = false;  ///< a read is under way
  bool is_writing_ = false;
  bool is_launching_ = false;
  bool stopped_reading_ = false;  ///< no further request is taken
  bool at_end_of_input_ = false;
  bool owes_continue_ = false;  ///< "100 Continue" for the request being read
  bool draining_ = false;
  bool lingering_ = false;  ///< all is written; waits for the peer to see it
  bool begun_ = false;      ///< past the handshake
  bool closed_ = false;
};

}  // namespace pawl::server::http
