#include <utility>

#include "persistence/codec.hpp"
#include "persistence/codec/fields.hpp"
#include "persistence/codec/parts.hpp"

namespace pawl::persistence {

using namespace codec;

namespace {

json encode_summary(const flow::run_state& run) {
  json body{{"sc", run.key.scope.str()},
            {"id", run.key.id.str()},
            {"fn", run.flow.name.str()},
            {"fv", encode_version(run.flow.version)},
            {"st", static_cast<std::uint8_t>(run.status)},
            {"ct", encode_time(run.created_at)},
            {"fp", run.start_fingerprint}};
  if (run.started_at) body["bt"] = encode_time(*run.started_at);
  if (run.finished_at) body["et"] = encode_time(*run.finished_at);
  if (run.error) body["er"] = encode_error(run.error);
  if (run.restarted_from) body["rf"] = run.restarted_from->str();
  if (run.parent) body["pa"] = run.parent->str();
  if (run.parent_attempt > 0) body["pn"] = run.parent_attempt;
  return body;
}

run_summary decode_summary(const json& body) {
  run_summary s;
  s.key = {scope_name{body.at("sc").get<std::string>()}, run_id{body.at("id").get<std::string>()}};
  s.flow = {flow_name{body.at("fn").get<std::string>()}, decode_version(body.at("fv"))};
  s.status = decode_status(body.at("st"));
  s.created_at = decode_time(body.at("ct"));
  s.started_at = optional_field(body, "bt", decode_time);
  s.finished_at = optional_field(body, "et", decode_time);
  if (const auto e = body.find("er"); e != body.end()) s.error = decode_error(*e);
  if (const auto r = body.find("rf"); r != body.end())
    s.restarted_from = run_id{r->get<std::string>()};
  if (const auto p = body.find("pa"); p != body.end()) s.parent = run_id{p->get<std::string>()};
  return s;
}

}  // namespace

std::string encode_snapshot(const flow::run_state& run, const std::vector<flow::event>& events) {
  json body = encode_summary(run);
  body["d"] = *run.data;
  body["m"] = run.metadata;
  body["k"] = encode_tokens(run.tokens, true);
  body["v"] = run.visits;
  if (run.frozen_at) body["z"] = encode_time(*run.frozen_at);
  if (run.compensating) body["u"] = encode_compensating(run.compensating);
  if (run.depth > 0) body["dp"] = run.depth;
  if (run.trace) body["tp"] = to_traceparent(*run.trace);
  if (!run.compensations.empty()) body["c"] = encode_compensations(run.compensations);
  if (!run.maps.empty()) body["mp"] = encode_maps(run.maps);
  if (run.next_signal > 1) {
    body["sn"] = run.next_signal;
    body["si"] = run.signal_ids;
    body["s"] = encode_signals(run.inbox);
  }
  body["q"] = run.sequence;
  body["n"] = run.next_token;
  body["b"] = run.data_bytes;
  body["t"] = encode_time(run.updated_at);
  body["e"] = encode_events(events);
  return seal(record_kind::checkpoint_snapshot, current_version, body);
}

bool is_snapshot(std::string_view checkpoint) noexcept {
  return kind_of(checkpoint) == record_kind::checkpoint_snapshot;
}

result<snapshot> decode_snapshot(std::string_view bytes) {
  return decode_record(record_kind::checkpoint_snapshot, bytes, "checkpoint", [](const json& body) {
    snapshot s;
    run_summary summary = decode_summary(body);
    s.run.key = std::move(summary.key);
    s.run.flow = std::move(summary.flow);
    s.run.status = summary.status;
    s.run.created_at = summary.created_at;
    s.run.started_at = summary.started_at;
    s.run.finished_at = summary.finished_at;
    s.run.error = std::move(summary.error);
    s.run.restarted_from = std::move(summary.restarted_from);
    s.run.parent = std::move(summary.parent);
    if (const auto depth = body.find("dp"); depth != body.end())
      s.run.depth = depth->get<std::uint32_t>();
    s.run.trace = optional_field(body, "tp", decode_trace);
    s.run.parent_attempt = body.value("pn", std::uint32_t{0});
    s.run.start_fingerprint = body.at("fp").get<std::uint64_t>();
    s.run.data = flow::shared_json{object_in(body.at("d"))};
    s.run.metadata = object_in(body.at("m"));
    s.run.tokens = decode_tokens(body.at("k"));
    s.run.visits = body.at("v").get<std::vector<std::uint32_t>>();
    s.run.frozen_at = optional_field(body, "z", decode_time);
    if (const auto u = body.find("u"); u != body.end())
      s.run.compensating = decode_compensating(*u);
    if (const auto c = body.find("c"); c != body.end())
      s.run.compensations = decode_compensations(*c);
    if (const auto m = body.find("mp"); m != body.end()) s.run.maps = decode_maps(*m);
    if (const auto next = body.find("sn"); next != body.end()) {
      s.run.next_signal = next->get<std::uint64_t>();
      s.run.signal_ids = body.at("si").get<std::vector<std::string>>();
      s.run.inbox = decode_signals(body.at("s"));
    }
    s.run.sequence = body.at("q").get<std::uint64_t>();
    s.run.next_token = body.at("n").get<flow::token_id>();
    s.run.data_bytes = body.at("b").get<std::size_t>();
    s.run.updated_at = decode_time(body.at("t"));
    s.events = decode_events(body.at("e"));
    return s;
  });
}

std::string encode_run(const flow::run_state& run) {
  return seal(record_kind::run_summary, current_version, encode_summary(run));
}

std::string encode_run(const run_record& record) {
  flow::run_state run;
  run.key = record.summary.key;
  run.flow = record.summary.flow;
  run.status = record.summary.status;
  run.created_at = record.summary.created_at;
  run.started_at = record.summary.started_at;
  run.finished_at = record.summary.finished_at;
  run.error = record.summary.error;
  run.restarted_from = record.summary.restarted_from;
  run.parent = record.summary.parent;
  run.parent_attempt = record.parent_attempt;
  run.start_fingerprint = record.start_fingerprint;
  return encode_run(run);
}

result<run_record> decode_run(std::string_view bytes) {
  return decode_record(record_kind::run_summary, bytes, "run", [](const json& body) {
    return run_record{decode_summary(body), body.at("fp").get<std::uint64_t>(),
                      body.value("pn", std::uint32_t{0})};
  });
}

}  // namespace pawl::persistence
