#include <atomic>
#include <utility>

#include "flow/values/text_member.hpp"
#include "server/api/call.hpp"
#include "server/live/run_watch.hpp"
#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_routes.hpp"
#include "server/old_api/old_runs.hpp"
#include "server/old_api/old_sink.hpp"
#include "server/old_api/old_versions.hpp"
#include "server/old_api/watched_threads.hpp"

namespace pawl::server {
namespace {

/// Requests for the status that a client may have under way.
constexpr unsigned max_status_requests = 16;

/// Answers the messages of a client.
class old_conversation : public std::enable_shared_from_this<old_conversation> {
 public:
  old_conversation(call_ptr request, const std::shared_ptr<http::web_socket>& socket)
      : request_(std::move(request)), socket_(socket) {}

  void take(const std::string& text) {
    if (const auto refused = request_->recheck()) return end(refused->detail);
    auto parsed = request_->parse(text, "the message");
    const json* const message = std::get_if<json>(&parsed);
    if (message == nullptr) return send("error", {{"message", "Invalid JSON message"}});
    const std::string& type = flow::text_member(*message, "type");
    if (type == "ping") return send("pong", json::object());
    if (type == "status_request") return send_status();
    send("echo", {{"data", *message}});
  }

 private:
  void send(std::string_view type, json fields) const {
    if (const auto open = socket_.lock())
      open->send(old_message(type, std::move(fields), old_clock()));
  }

  void end(const std::string& why) const {
    if (const auto open = socket_.lock()) open->close(1008, why);
  }

  void send_status() {
    if (++asked_ > max_status_requests) {
      --asked_;
      return send("error", {{"message", "Failed to get status: too many requests"}});
    }
    show_old_run(
        request_->in(), request_->run(), [self = shared_from_this()](const result<json>& run) {
          --self->asked_;
          if (run) return self->send("status", {{"data", *run}});
          self->send("error", {{"message", "Failed to get status: " + run.error().message}});
        });
  }

  const call_ptr request_;
  const std::weak_ptr<http::web_socket> socket_;
  std::atomic<unsigned> asked_{0};
};

void open_old_socket(const call_ptr& request, const std::shared_ptr<subscription>& live,
                     const run_view& run, const flow_numbers& of, const json& shown) {
  const auto socket = request->answer_with_web_socket();
  if (!socket) return;
  const auto talk = std::make_shared<old_conversation>(request, socket);
  socket->on_message([talk](const std::string& text) { talk->take(text); });
  const std::string id = run.summary.key.id.str();
  socket->send(
      old_message("connection", {{"status", "connected"}, {"thread_id", id}}, old_clock()));
  socket->send(old_message("status", {{"data", shown}}, old_clock()));
  const event_position after{run.checkpoint, UINT64_MAX};
  const auto watch = std::make_shared<run_watch>(
      request->with().live, request->in(), run.summary.key.id, live, after, /*follow=*/true,
      make_old_sink({run.summary.key.id, of.version, run.summary.created_at, run.input}, socket));
  watch->set_permission([request] { return request->recheck(); });
  watch->begin();
  socket->on_closed([weak = std::weak_ptr{watch},
                     counted = request->with().watched->add(run.summary.key)]() mutable {
    counted.reset();
    if (const auto ended = weak.lock()) ended->stop();
  });
}

void watch_old_run(const call_ptr& request) {
  if (!request->wants_web_socket()) {
    return request->fail(
        problem{problem_code::upgrade_required, "this endpoint accepts only WebSocket upgrades"});
  }
  const auto fail = [request](const error& why) {
    if (why.code == errc::not_found)
      return refuse(request, old_thread_not_found(request->run().str()));
    request->fail(why);
  };
  // First: what happens while the run is read is not lost.
  auto live = request->in().events().watch(request->run(), max_event_backlog);
  request->in().runs().get_async(request->run(), [request, live, fail](result<run_view> run) {
    if (!run) return fail(run.error());
    const auto shared = std::make_shared<const run_view>(*std::move(run));
    number_old_version(request->in(), shared->summary.flow,
                       [request, live, fail, shared](const result<flow_numbers>& of) {
                         if (!of) return fail(of.error());
                         show_old_run(
                             request->in(), request->run(),
                             [request, live, fail, shared, of = *of](const result<json>& shown) {
                               if (!shown) return fail(shown.error());
                               open_old_socket(request, live, *shared, of, *shown);
                             });
                       });
  });
}

void get_socket_stats(const call_ptr& request) {
  auto found = request->with().watched->of(request->in().name());
  request->answer(200, {{"active_connections", found.sockets},
                        {"connected_threads", std::move(found.threads)}});
}

}  // namespace

void add_old_socket_routes(router& to) {
  to.add(old_route("GET", "/api/runs/{id}/events", "old.runs.events", role::reader, watch_old_run));
  to.add(old_route("GET", "/api/ws/stats", "old.socket_stats", role::reader, get_socket_stats));
}

}  // namespace pawl::server
