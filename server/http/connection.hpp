#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/http/channel.hpp"
#include "server/http/exchange.hpp"
#include "server/http/listening_socket.hpp"
#include "server/http/outbox.hpp"
#include "server/http/output_lease.hpp"
#include "server/http/request_reader.hpp"
#include "server/http/response_bytes.hpp"
#include "server/http/upgraded.hpp"

namespace pawl::server::http {

/// One connection: reads requests, calls the handler and writes the answers in the order of the
/// requests. Pipelined safe requests (GET, HEAD, OPTIONS) run concurrently; any other request waits
/// for the earlier ones and blocks the later ones (RFC 9112, 9.3.2).
///
/// Memory is bounded whatever the peer sends or does not read: while more than `max_unsent` bytes
/// of answers wait to be sent, no further request is read or passed to the handler. An answer
/// beyond that of a pipelined safe request is dropped, and its request made again when it is its
/// turn: two are begun at once at first, and more after small answers. At most one request waits
/// for its handler. A body is read only after the handler has admitted its head.
///
/// Runs on the strand of its channel; calls marked "any thread" post to it. Lives while the channel
/// is open or one of its exchanges is held.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(std::shared_ptr<core> all, std::unique_ptr<channel> over, peer who, bool counted);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() = default;

  /// Any thread, once.
  void start();
  /// Closes after the pending requests are answered. Any thread.
  void drain();
  /// Closes immediately. Any thread.
  void kill();

  // For the exchange of the request with this number. Any thread, once per request.
  void answer(std::uint64_t number, response with, output_lease lease, std::string route,
              std::function<void()> lost);
  void when_disconnected(std::uint64_t number, std::function<void()> what);
  void answer_with_stream(std::uint64_t number, response head, std::optional<std::uint64_t> length,
                          std::string route, std::shared_ptr<outbox> body);
  void answer_with_web_socket(std::uint64_t number, std::string route,
                              std::shared_ptr<web_socket_ends> ends);
  /// Calls `what` on the strand after a pause, if the connection is still open then. Any thread.
  void call_later(std::chrono::milliseconds pause, std::function<void()> what);
  /// Reports that the outbox of a stream has data. Any thread.
  void wake();

  [[nodiscard]] core& all() const noexcept { return *core_; }
  [[nodiscard]] const std::string& peer_name() const noexcept { return peer_.name; }
  [[nodiscard]] const strand& on() const noexcept { return channel_->on(); }

  // For the WebSocket of an upgraded connection; on the strand.
  [[nodiscard]] channel& over() const noexcept { return *channel_; }
  void count_in(std::size_t bytes);
  void count_out(std::size_t bytes);
  /// Deadline of the current write; `never` if there is no write.
  void set_write_deadline(std::chrono::steady_clock::time_point at);
  void close_now();

 private:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr time_point never = time_point::max();

  /// Maximum size of answers that wait to be sent while the next request is read or begun.
  static constexpr std::size_t max_unsent = std::size_t{1} << 20;

  /// Progress of a request.
  enum class stage { waiting, with_handler, answered, streaming, upgrading };

  /// A request from its last byte read to the last byte of its answer written.
  struct slot {
    std::uint64_t number = 0;
    stage at = stage::waiting;
    request what = {};   ///< empty once the handler has it
    request again = {};  ///< a copy of a safe request that is not the first, until it is answered
    admitted_request admitted = {};  ///< of a request with a body
    response_options options = {};
    bool is_safe = false;
    bool wants_web_socket = false;
    std::string web_socket_key = {};
    response_bytes bytes = {};  ///< the answer if `answered`, its head if `streaming`
    output_lease lease = {};    ///< of the answer's bytes
    std::shared_ptr<outbox> body = {};
    std::optional<std::uint64_t> body_left = {};  ///< bytes to come of a stream with a length
    std::shared_ptr<web_socket_ends> ends = {};
    finished_request report = {};
    time_point since = {};
    std::function<void()> on_disconnect = {};  ///< until it is answered
    std::function<void()> lost = {};           ///< called if the answer is not written
    bool disconnected = false;                 ///< the peer disconnected before the answer
  };

  // connection.cpp: life cycle and reading
  void begin_reading(const error_code& failed);
  [[nodiscard]] bool wants_input() const;
  /// Whether a request must be notified when the peer disconnects.
  [[nodiscard]] bool has_disconnect_handler() const;
  void read();
  void on_read(const error_code& failed, std::size_t size);
  void on_end_of_input(const error_code& failed);
  void take_requests();
  /// Decides about the request whose head was read. Returns false if it was refused and the
  /// connection ends.
  [[nodiscard]] bool admit();
  /// Passes the bytes of a body that were read to its sink, if it has one.
  void pass_body();
  void refuse(problem why, std::string_view route = {});
  void refuse_pending();
  [[nodiscard]] bool account_pending();
  void hold_pending_as(std::string holder);
  void release_pending();
  /// Bytes of answers that wait to be sent.
  [[nodiscard]] std::size_t unsent() const noexcept;
  /// Whether further requests must wait.
  [[nodiscard]] bool is_full() const noexcept;
  void update_read_deadline();
  void arm_timer();
  void on_deadline();
  void end();
  void stop_reading();
  void notify_disconnected();

  // connection_requests.cpp: from requests to answers
  void add_request(incoming one);
  [[nodiscard]] bool answer_locally(slot& of);
  void call_handler();
  [[nodiscard]] slot* find(std::uint64_t number);
  void set_answer(slot& of, response with);
  /// Passes a request to its handler.
  void launch(slot& one, bool is_first);
  /// Whether an answer of this size must be dropped, and its request made again later.
  [[nodiscard]] bool is_too_early(const slot& of, std::size_t bytes) const noexcept;
  [[nodiscard]] std::string request_id_of(const request& one) const;
  [[nodiscard]] bool is_answered_locally(const request& one) const;
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
  const bool counted_;  ///< counts towards the limit per peer

  request_reader reader_;
  std::vector<char> input_;
  std::deque<slot> slots_;
  std::uint64_t next_number_ = 0;
  std::size_t pending_ = 0;     ///< reserved bytes of requests that are read or wait
  std::string pending_holder_;  ///< whose share they take
  admitted_request admitted_;   ///< the request whose body is being read
  std::size_t window_;          ///< maximum number of requests that the handler has

  std::deque<std::string> out_;
  std::size_t out_begin_ = 0;  ///< written bytes of the first string
  std::uint64_t out_bytes_ = 0;
  std::vector<slot> written_;  ///< requests whose last bytes are in `out_`
  std::vector<std::pair<std::shared_ptr<outbox>, std::size_t>> sending_;
  std::shared_ptr<upgraded> upgraded_;

  strand_timer timer_;
  time_point timer_at_ = never;
  time_point read_deadline_ = never;
  time_point write_deadline_ = never;
  enum class reading { nothing, idle, head, body, paused } read_phase_ = reading::nothing;

  std::size_t lingered_ = 0;  ///< bytes read and discarded after the last answer
  bool is_reading_ = false;   ///< a read is in progress
  bool is_passing_ = false;   ///< a sink has not taken the bytes that it got
  bool is_writing_ = false;
  bool is_calling_handler_ = false;
  bool stopped_reading_ = false;  ///< accepts no further request
  bool at_end_of_input_ = false;
  bool owes_continue_ = false;  ///< must send "100 Continue" for the request being read
  bool draining_ = false;
  bool lingering_ = false;  ///< everything is written; waits for the peer to read it
  bool begun_ = false;      ///< the TLS handshake, if any, is complete
  bool closed_ = false;
};

}  // namespace pawl::server::http
