#include "server/old_api/old_sink.hpp"

#include <algorithm>
#include <utility>

#include <pawl/time.hpp>

#include "flow/values/text_member.hpp"
#include "server/old_api/old_fields.hpp"
#include "server/old_api/old_logs.hpp"
#include "server/views.hpp"

namespace pawl::server {
namespace {

constexpr unsigned not_permitted = 1008;  // RFC 6455, 7.4.1

/// A heartbeat is due every 15 seconds, a ping of the previous engine every 30.
constexpr unsigned heartbeats_per_ping = 2;

/// Events that change the status of a run, and what they mean for the clock of a page.
struct status_event {
  std::string_view kind;
  std::string_view status;
  std::string_view timer;
};

constexpr status_event status_events[] = {
    {"run_created", "running", "timer_start"},    {"run_resumed", "running", "timer_start"},
    {"run_retried", "running", "timer_start"},    {"run_paused", "paused", "timer_pause"},
    {"run_completed", "completed", "timer_stop"}, {"run_failed", "failed", "timer_stop"},
    {"run_cancelled", "cancelled", "timer_stop"},
};

class old_sink final : public event_sink {
 public:
  old_sink(old_watched_run run, std::shared_ptr<http::web_socket> to)
      : run_(std::move(run)), to_(std::move(to)) {}

  std::size_t event(const std::string&, std::string_view kind, const json& data) override {
    if (kind == "dropped")
      return send("error", {{"message", flow::text_member(data, "reason")}}, old_clock());
    history_event what;
    what.kind = kind;
    what.at = parse_rfc3339(flow::text_member(data, "at")).value_or(old_clock());
    what.node = flow::text_member(data, "node");
    what.attempt = data.value("attempt", 0u);
    what.detail = data.value("detail", json::object());
    std::size_t written = 1;  // not 0: that means a disconnected peer
    if (auto line = line_of(what)) written = send("log", {{"data", *std::move(line)}}, what.at);
    return written == 0 ? 0 : written + send_status(what);
  }
  void begin(const std::string&) override {}
  void heartbeat() override {
    if (++heartbeats_ % heartbeats_per_ping == 0) send("ping", json::object(), old_clock());
  }
  void close() override { to_->close(1000, "the server stops"); }
  void refuse(const std::string& reason) override { to_->close(not_permitted, reason); }
  void when_drained(std::function<void()> what) override { to_->when_drained(std::move(what)); }

 private:
  /// Returns the bytes, or 0 if the peer is gone.
  std::size_t send(std::string_view type, json fields, time_point at) {
    std::string text = old_message(type, std::move(fields), at);
    const std::size_t size = text.size();
    return to_->send(std::move(text)) ? size : 0;
  }

  [[nodiscard]] std::optional<json> line_of(const history_event& what) const {
    if (what.kind != "step_log") return old_engine_line(run_.id, what);
    const std::string& about = flow::text_member(what.detail, "about");
    return old_log_line(run_.id, what.at, flow::text_member(what.detail, "level"),
                        about.empty() ? what.node : about,
                        flow::text_member(what.detail, "message"),
                        what.detail.value("context", json(nullptr)));
  }

  std::size_t send_status(const history_event& what) {
    const auto* const means =
        std::find_if(std::begin(status_events), std::end(status_events),
                     [&](const status_event& each) { return each.kind == what.kind; });
    if (means == std::end(status_events)) return 0;
    json metadata{{"inputs", run_.inputs}};
    if (means->status == "failed") metadata["error"] = flow::text_member(what.detail, "message");
    if (means->status == "cancelled") {
      const std::string reason = flow::text_member(what.detail, "reason");
      if (!reason.empty()) metadata["cancel_reason"] = reason;
    }
    const json status{{"status", means->status},
                      {"thread_id", run_.id.str()},
                      {"flow_version_id", run_.flow_version},
                      {"created_at", old_time(run_.created_at)},
                      {"updated_at", old_time(what.at)},
                      {"metadata", std::move(metadata)}};
    return send("status", {{"data", status}}, what.at) +
           send("timer", {{"data", {{"event", means->timer}}}}, what.at);
  }

  const old_watched_run run_;
  const std::shared_ptr<http::web_socket> to_;
  unsigned heartbeats_ = 0;
};

}  // namespace

std::unique_ptr<event_sink> make_old_sink(old_watched_run run,
                                          std::shared_ptr<http::web_socket> to) {
  return std::make_unique<old_sink>(std::move(run), std::move(to));
}

std::string old_message(std::string_view type, json fields, time_point at) {
  fields["type"] = type;
  fields["timestamp"] = old_time(at);
  return text_of(fields);
}

time_point old_clock() {
  return std::chrono::time_point_cast<time_point::duration>(std::chrono::system_clock::now());
}

}  // namespace pawl::server
