#include "server/http/pending_exchange.hpp"

#include <utility>

#include <pawl/assert.hpp>

namespace pawl::server::http {
namespace {

problem stopping() {
  return {problem_code::unavailable, "the server is stopping"};
}

problem too_many_streams() {
  return {problem_code::too_many_requests,
          "the server has too many open streams (server.max_streams)"};
}

problem too_much_output() {
  return {problem_code::unavailable,
          "too many bytes of answers wait to be sent (server.max_output_bytes); read the answers, "
          "then try again"};
}

class outgoing_stream final : public stream {
 public:
  outgoing_stream(std::shared_ptr<connection> of, std::shared_ptr<outbox> out)
      : of_(std::move(of)), out_(std::move(out)) {}
  outgoing_stream(const outgoing_stream&) = delete;
  outgoing_stream& operator=(const outgoing_stream&) = delete;
  ~outgoing_stream() override { out_->close(); }

  bool write(std::string bytes) override { return out_->put(std::move(bytes)); }
  [[nodiscard]] bool too_slow() const override { return out_->too_slow(); }
  void when_drained(std::function<void()> what) override { out_->when_drained(std::move(what)); }
  void after_pause(std::chrono::milliseconds pause, std::function<void()> what) override {
    of_->call_later(pause, std::move(what));
  }
  void close() override { out_->close(); }
  void on_closed(std::function<void()> what) override { out_->on_closed(std::move(what)); }

 private:
  const std::shared_ptr<connection> of_;
  const std::shared_ptr<outbox> out_;
};

class outgoing_socket final : public web_socket {
 public:
  explicit outgoing_socket(std::shared_ptr<web_socket_ends> ends) : ends_(std::move(ends)) {}
  outgoing_socket(const outgoing_socket&) = delete;
  outgoing_socket& operator=(const outgoing_socket&) = delete;
  ~outgoing_socket() override { ends_->out->close(); }

  bool send(std::string text) override { return ends_->out->put(std::move(text)); }
  [[nodiscard]] bool too_slow() const override { return ends_->out->too_slow(); }
  void when_drained(std::function<void()> what) override {
    ends_->out->when_drained(std::move(what));
  }
  void close(unsigned code, std::string_view reason) override {
    ends_->out->close(code, std::string{reason});
  }
  void on_message(std::function<void(std::string text)> what) override {
    ends_->set_receiver(std::move(what));
  }
  void on_closed(std::function<void()> what) override { ends_->out->on_closed(std::move(what)); }

 private:
  const std::shared_ptr<web_socket_ends> ends_;
};

}  // namespace

pending_exchange::pending_exchange(std::shared_ptr<connection> of, std::uint64_t number,
                                   std::string request_id, bool is_safe, bool wants_web_socket)
    : of_(std::move(of)),
      number_(number),
      request_id_(std::move(request_id)),
      is_safe_(is_safe),
      wants_web_socket_(wants_web_socket) {}

pending_exchange::~pending_exchange() {
  if (!is_answered_) refuse({problem_code::internal, "the request handler returned no answer"});
}

void pending_exchange::begin_answer() {
  PAWL_ASSERT(!is_answered_.exchange(true), "an exchange is answered once");
}

void pending_exchange::refuse(const problem& why) {
  respond(to_response(why, request_id_));
}

void pending_exchange::respond(response answer, std::function<void()> lost) {
  begin_answer();
  // The answer to a command must be sent: the command is done. That of a poll can be lost.
  const bool must = !is_safe_ && !lost;
  const auto& budget = of_->all().output();
  output_lease lease{budget, of_->peer_name(), answer.body.size(), must};
  if (!lease.granted()) {
    answer = to_response(too_much_output(), request_id_);
    if (lost) std::exchange(lost, nullptr)();
    lease = {budget, of_->peer_name(), answer.body.size(), true};
  }
  of_->answer(number_, std::move(answer), std::move(lease), std::move(route_), std::move(lost));
}

void pending_exchange::on_disconnect(std::function<void()> what) {
  of_->when_disconnected(number_, std::move(what));
}

std::shared_ptr<outbox> pending_exchange::make_outbox(std::shared_ptr<void> slot) const {
  return std::make_shared<outbox>(
      of_->all().settings().stream_buffer_bytes, [of = of_] { of->wake(); }, std::move(slot),
      outbox_account{of_->all().output(), of_->peer_name()});
}

std::shared_ptr<stream> pending_exchange::respond_with_stream(response head,
                                                              std::optional<std::uint64_t> length) {
  auto slot = of_->all().acquire_stream_slot();
  const bool is_refused = slot == nullptr || of_->all().is_stopping();
  auto out = make_outbox(std::move(slot));
  auto made = std::make_shared<outgoing_stream>(of_, out);
  if (is_refused) {
    out->finish();
    refuse(of_->all().is_stopping() ? stopping() : too_many_streams());
    return made;
  }
  begin_answer();
  of_->answer_with_stream(number_, std::move(head), length, std::move(route_), std::move(out));
  return made;
}

std::shared_ptr<web_socket> pending_exchange::accept_web_socket() {
  if (!wants_web_socket_) {
    refuse({problem_code::upgrade_required,
            "this endpoint accepts only WebSocket upgrades (RFC 6455, version 13)",
            {},
            {},
            {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}}});
    return nullptr;
  }
  if (of_->all().is_stopping()) {
    refuse(stopping());
    return nullptr;
  }
  auto slot = of_->all().acquire_stream_slot();
  if (!slot) {
    refuse(too_many_streams());
    return nullptr;
  }
  begin_answer();
  auto ends = std::make_shared<web_socket_ends>(make_outbox(std::move(slot)));
  of_->answer_with_web_socket(number_, std::move(route_), ends);
  return std::make_shared<outgoing_socket>(std::move(ends));
}

}  // namespace pawl::server::http
