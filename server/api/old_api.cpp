#include <utility>

#include "server/api/call.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/routes.hpp"
#include "server/api/run_command.hpp"
#include "server/live/log_ring.hpp"
#include "server/live/run_watch.hpp"

// Routes of the previous engine for clients that have not migrated; translates requests and
// answers. Its terms: a run is a thread, its input `inputs`, a cancel a stop, and a flow version is
// "name@1.0.2". To remove it, delete this file and `server.old_api`.
namespace pawl::server {
namespace {

json old_status(const run_view& run) {
  json metadata = run.metadata;
  if (run.summary.error) metadata["error"] = run.summary.error->message;
  for (const auto& each : run.waiting_on) {
    if (each.kind != "answer") continue;
    metadata["interrupt_value"] = each.question;
    metadata["last_node"] = each.node;
  }
  return {{"thread_id", run.summary.key.id.str()},
          {"flow_name", run.summary.flow.name.str()},
          {"flow_version_id", to_string(run.summary.flow)},
          {"status", to_string(run.summary.status)},
          {"started_at", time_or_null(run.summary.started_at)},
          {"finished_at", time_or_null(run.summary.finished_at)},
          {"last_event_at", to_rfc3339(run.updated_at)},
          {"metadata", std::move(metadata)},
          {"state", run.data}};
}

void list_old_flows(const call_ptr& request) {
  request->in().flows().list_async([request](result<std::vector<flow_summary>> flows) {
    if (!flows) return request->fail(flows.error());
    json list = json::array();
    for (const auto& each : *flows) {
      list.push_back({{"name", each.name.str()},
                      {"version", to_string(each.published.value_or(each.latest))},
                      {"flow_version_id", to_string(flow_version_id{
                                              each.name, each.published.value_or(each.latest)})}});
    }
    request->answer(200, {{"flows", std::move(list)}});
  });
}

/// The body is the definition, or an object with `name` and the definition as `dsl_json`.
void post_old_flow(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  json definition = *body;
  if (body->contains("dsl_json") && (*body)["dsl_json"].is_object()) {
    definition = (*body)["dsl_json"];
    if (body->contains("name")) definition.emplace("name", (*body)["name"]);
  }
  request->in().flows().put_async(definition, {}, [request](result<flow_stored> stored) {
    if (!stored) return request->fail(stored.error());
    request->set_target(stored->id.name.str());
    request->answer(200, {{"name", stored->id.name.str()},
                          {"version", to_string(stored->id.version)},
                          {"flow_version_id", to_string(stored->id)}});
  });
}

void start_thread(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  std::string flow = fields.optional_text("flow_name").value_or("");
  start_options options;
  options.id = request->run();
  request->attribute(options);
  if (const auto named = fields.optional_text("flow_version_id")) {
    const auto at = named->rfind('@');
    const auto v = parse_version(at == named->npos ? "" : named->substr(at + 1));
    if (!v) fields.refuse("flow_version_id", "must be a flow name and version such as order@1.0.2");
    flow = named->substr(0, at);
    if (v) options.version = *v;
  }
  if (flow.empty() && diagnostics.empty())
    fields.refuse("flow_name", "flow_name or flow_version_id is required");
  const json inputs = fields.optional_object("inputs").value_or(json::object());
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().runs().start_async(
      flow, inputs, std::move(options), [request](result<run_started> run) {
        if (!run) return request->fail(run.error());
        request->answer(200, {{"thread_id", run->id.str()}, {"status", to_string(run->status)}});
      });
}

void command_thread(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  const std::string_view path = request->route().pattern;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  auto command = read_command(name == "stop" ? "cancel" : name, fields, command_target::one_run);
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  execute(request->in(), request->by().name, request->run(), *std::move(command),
          [request](result<run_changed> changed) {
            if (!changed) return request->fail(changed.error());
            request->answer(200, {{"thread_id", changed->run.key.id.str()},
                                  {"status", to_string(changed->run.status)}});
          });
}

void get_thread_status(const call_ptr& request) {
  request->in().runs().get_async(request->run(), [request](result<run_view> run) {
    if (!run) return request->fail(run.error());
    request->answer(200, old_status(*run));
  });
}

void get_thread_logs(const call_ptr& request) {
  request->in().runs().get_async(request->run(), [request](result<run_view> run) {
    if (!run) return request->fail(run.error());
    json lines = json::array();
    for (const auto& each : request->with().logs->lines(run->summary.key, 1000)) {
      lines.push_back({{"timestamp", to_rfc3339(each.at)},
                       {"level", each.level},
                       {"node_id", each.node},
                       {"message", each.message}});
    }
    request->answer(200, {{"thread_id", request->run().str()}, {"logs", std::move(lines)}});
  });
}

/// Writes events as flat objects: {"thread_id", "event", "node_id", "timestamp", "data"}.
class old_sink final : public event_sink {
 public:
  old_sink(std::string thread, std::shared_ptr<http::web_socket> to)
      : thread_(std::move(thread)), to_(std::move(to)) {}

  std::size_t event(const std::string&, std::string_view kind, const json& data) override {
    json message{{"thread_id", thread_}, {"event", kind}};
    if (data.contains("node")) {
      message["node_id"] = data["node"];
      message["timestamp"] = data["at"];
      message["data"] = data["detail"];
    } else {
      message["data"] = data;
    }
    std::string text = text_of(message);
    const std::size_t size = text.size();
    return to_->send(std::move(text)) ? size : 0;
  }
  void begin(const std::string&) override {}  // unknown to the previous engine
  void heartbeat() override {}
  void close() override { to_->close(1000, "the thread's events have ended"); }
  void refuse(const std::string& reason) override { to_->close(1008, reason); }
  void when_drained(std::function<void()> what) override { to_->when_drained(std::move(what)); }

 private:
  const std::string thread_;
  const std::shared_ptr<http::web_socket> to_;
};

void watch_thread(const call_ptr& request) {
  if (!request->wants_web_socket()) {
    return request->fail(
        problem{problem_code::upgrade_required, "this endpoint accepts only WebSocket upgrades"});
  }
  auto live = request->in().events().watch(request->run(), max_event_backlog);
  request->in().runs().get_async(request->run(), [request, live](result<run_view> run) {
    if (!run) return request->fail(run.error());
    const auto socket = request->answer_with_web_socket();
    if (!socket) return;
    const auto watch = std::make_shared<run_watch>(
        request->with().live, request->in(), request->run(), live, event_position{}, false,
        std::make_unique<old_sink>(request->run().str(), socket));
    watch->set_permission([request] { return request->recheck(); });
    watch->begin();
    socket->on_message([](const std::string&) {});
    socket->on_closed([weak = std::weak_ptr{watch}] {
      if (const auto ended = weak.lock()) ended->stop();
    });
  });
}

}  // namespace

void add_old_routes(router& to) {
  to.add(get_route("/api/flows", "old.flows", role::reader, list_old_flows));
  to.add(post_route("/api/flows", "old.put", role::author, post_old_flow));
  to.add(post_route("/api/thread/{id}/start", "old.start", role::operator_role, start_thread)
             .idempotent_by_engine());
  for (const auto& [path, name] : {std::pair{"/api/thread/{id}/pause", "old.pause"},
                                   {"/api/thread/{id}/resume", "old.resume"},
                                   {"/api/thread/{id}/stop", "old.stop"}}) {
    to.add(post_route(path, name, role::operator_role, command_thread)
               .with_body(body_kind::optional_object));
  }
  to.add(get_route("/api/thread/{id}/status", "old.status", role::reader, get_thread_status));
  to.add(get_route("/api/thread/{id}/logs", "old.logs", role::reader, get_thread_logs));
  to.add(get_route("/api/runs/{id}/events", "old.events", role::reader, watch_thread));
}

}  // namespace pawl::server
