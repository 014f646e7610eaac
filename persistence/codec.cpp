#include "persistence/codec.hpp"

#include <utility>

#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

// Field names are short because every step writes them. Version 1 of all records.
constexpr std::uint8_t current_version = 1;

json encode_time(time_point t) {
  return to_unix_us(t);
}
time_point decode_time(const json& j) {
  return from_unix_us(j.get<std::int64_t>());
}

json encode_version(const version& v) {
  return json::array({v.major, v.minor, v.patch});
}
version decode_version(const json& j) {
  return {j.at(0).get<std::uint32_t>(), j.at(1).get<std::uint32_t>(), j.at(2).get<std::uint32_t>()};
}

/// An enumerator that is stored as its number; the last one there is bounds them.
template <class Enum>
Enum decode_enum(const json& j, Enum last) {
  const auto number = j.get<std::uint64_t>();
  if (!j.is_number_unsigned() || number > static_cast<std::uint64_t>(last))
    throw json::other_error::create(501, "a number that stands for nothing", nullptr);
  return static_cast<Enum>(number);
}

run_status decode_status(const json& j) {
  return decode_enum(j, run_status::cancelled);
}

const json& object_in(const json& j) {
  if (!j.is_object()) throw json::other_error::create(501, "no object", nullptr);
  return j;
}

json encode_error(const std::optional<run_error>& e) {
  if (!e) return nullptr;
  return json::array({e->type, e->message, e->node, e->attempt});
}
std::optional<run_error> decode_error(const json& j) {
  if (j.is_null()) return std::nullopt;
  return run_error{j.at(0).get<std::string>(), j.at(1).get<std::string>(),
                   j.at(2).get<std::string>(), j.at(3).get<std::uint32_t>()};
}

json encode_optional_time(const std::optional<time_point>& t) {
  return t ? encode_time(*t) : json{};
}
std::optional<time_point> decode_optional_time(const json& j) {
  return j.is_null() ? std::nullopt : std::optional{decode_time(j)};
}

trace_context decode_trace(const json& j) {
  const auto trace = parse_traceparent(j.get_ref<const std::string&>());
  if (!trace) throw json::other_error::create(501, "no traceparent", nullptr);
  return *trace;
}

json encode_events(const std::vector<flow::event>& events) {
  json list = json::array();
  for (const auto& e : events) {
    json item = json::array({static_cast<std::uint8_t>(e.kind)});
    if (e.node) {
      item.push_back(*e.node);
      item.push_back(e.visit);
      item.push_back(e.attempt);
    }
    if (!e.detail.is_null()) item.push_back(e.detail);
    list.push_back(std::move(item));
  }
  return list;
}

std::vector<flow::event> decode_events(const json& list) {
  std::vector<flow::event> events;
  events.reserve(list.size());
  for (const auto& item : list) {
    flow::event e{decode_enum(item.at(0), flow::last_event_kind), std::nullopt, 0, 0, nullptr};
    std::size_t next = 1;
    if (item.size() >= 4) {
      e.node = item[1].get<flow::node_index>();
      e.visit = item[2].get<std::uint32_t>();
      e.attempt = item[3].get<std::uint32_t>();
      next = 4;
    }
    if (next < item.size()) e.detail = item[next];
    events.push_back(std::move(e));
  }
  return events;
}

json encode_task(const flow::remote_task& t) {
  json item = json::array({t.queue, t.code_ref, encode_time(t.since), t.lost});
  if (t.lease == 0) return item;
  for (json each :
       {json(t.lease), json(t.worker), encode_time(t.leased_at), json(t.lease_time.count())})
    item.push_back(std::move(each));
  return item;
}

flow::remote_task decode_task(const json& j) {
  flow::remote_task t{j.at(0).get<std::string>(), j.at(1).get<std::string>(), decode_time(j.at(2))};
  t.lost = j.at(3).get<std::uint32_t>();
  if (j.size() == 4) return t;
  t.lease = j.at(4).get<std::uint64_t>();
  t.worker = j.at(5).get<std::string>();
  t.leased_at = decode_time(j.at(6));
  t.lease_time = std::chrono::milliseconds{j.at(7).get<std::int64_t>()};
  return t;
}

json encode_tokens(const std::vector<flow::token>& tokens, bool with_writes) {
  json list = json::array();
  for (const auto& t : tokens) {
    json item = json::array({t.id, t.node, static_cast<std::uint8_t>(t.phase), t.visit, t.attempt});
    json more = json::object();  // most tokens have nothing of this
    if (t.condition_result) more["c"] = *t.condition_result;
    if (!t.branch.empty()) {
      more["b"] = t.branch;
      more["f"] = t.forks;
    }
    if (with_writes && !t.writes.empty()) more["w"] = t.writes;
    if (!t.inherited.empty()) more["i"] = t.inherited;
    if (t.timer) more[t.timer->moment ? "am" : "a"] = encode_time(t.timer->due);
    if (t.tries != 1) more["t"] = t.tries;
    if (t.first_try_at) more["ft"] = encode_time(*t.first_try_at);
    if (t.question) more["q"] = *t.question;
    if (t.answer) more["r"] = *t.answer;
    if (t.in_doubt) more["d"] = true;
    if (t.compensates) more["u"] = true;
    if (t.task) more["x"] = encode_task(*t.task);
    if (t.child) more["s"] = json::array({t.child->id.str(), t.child->started});
    if (!more.empty()) item.push_back(std::move(more));
    list.push_back(std::move(item));
  }
  return list;
}

std::vector<flow::token> decode_tokens(const json& list) {
  std::vector<flow::token> tokens;
  tokens.reserve(list.size());
  for (const auto& item : list) {
    flow::token t;
    t.id = item.at(0).get<flow::token_id>();
    t.node = item.at(1).get<flow::node_index>();
    t.phase = decode_enum(item.at(2), flow::token_phase::gathering);
    t.visit = item.at(3).get<std::uint32_t>();
    t.attempt = item.at(4).get<std::uint32_t>();
    t.tries = 1;
    const json none = json::object();
    const json& more = item.size() > 5 ? object_in(item[5]) : none;
    for (const auto& [key, value] : more.items()) {
      if (key == "c") t.condition_result = value.get<bool>();
      if (key == "b") t.branch = value.get<std::vector<std::uint32_t>>();
      if (key == "f") t.forks = value.get<std::vector<flow::node_index>>();
      if (key == "w") t.writes = object_in(value);
      if (key == "i") t.inherited = value.get<std::map<std::string, std::uint32_t>>();
      if (key == "a" || key == "am") t.timer = flow::timer{decode_time(value), key == "am"};
      if (key == "t") t.tries = value.get<std::uint32_t>();
      if (key == "ft") t.first_try_at = decode_time(value);
      if (key == "q") t.question = value;
      if (key == "r") t.answer = value;
      if (key == "d") t.in_doubt = value.get<bool>();
      if (key == "u") t.compensates = value.get<bool>();
      if (key == "x") t.task = decode_task(value);
      if (key == "s")
        t.child = flow::child_run{run_id{value.at(0).get<std::string>()}, value.at(1).get<bool>()};
    }
    if (t.forks.size() != t.branch.size())
      throw json::other_error::create(501, "a branch without its forks", nullptr);
    tokens.push_back(std::move(t));
  }
  return tokens;
}

json encode_compensations(const std::vector<flow::compensation>& steps) {
  json list = json::array();
  for (const auto& c : steps) list.push_back(json::array({c.node, c.visit, c.args}));
  return list;
}

std::vector<flow::compensation> decode_compensations(const json& list) {
  std::vector<flow::compensation> steps;
  for (const auto& item : list) {
    steps.push_back(
        {item.at(0).get<flow::node_index>(), item.at(1).get<std::uint32_t>(), item.at(2)});
  }
  return steps;
}

json encode_unwinding(const std::optional<flow::unwinding>& u) {
  if (!u) return nullptr;
  return json::array({static_cast<std::uint8_t>(u->to), encode_error(u->error)});
}

std::optional<flow::unwinding> decode_unwinding(const json& j) {
  if (j.is_null()) return std::nullopt;
  return flow::unwinding{decode_status(j.at(0)), decode_error(j.at(1))};
}

json encode_maps(const std::map<flow::token_id, flow::map_progress>& maps) {
  json list = json::array();
  for (const auto& [id, m] : maps)
    list.push_back(json::array({id, m.items, m.results, m.next, m.done, m.failed, m.bytes}));
  return list;
}

std::map<flow::token_id, flow::map_progress> decode_maps(const json& list) {
  std::map<flow::token_id, flow::map_progress> maps;
  for (const auto& item : list) {
    if (!item.at(1).is_array() || !item.at(2).is_array() || item[1].size() != item[2].size())
      throw json::other_error::create(501, "a map without a place for each result", nullptr);
    maps[item.at(0).get<flow::token_id>()] = {item.at(1),
                                              item.at(2),
                                              item.at(3).get<std::uint32_t>(),
                                              item.at(4).get<std::uint32_t>(),
                                              item.at(5).get<std::uint32_t>(),
                                              item.at(6).get<std::size_t>()};
  }
  return maps;
}

json encode_map_changes(const std::map<flow::token_id, flow::map_change>& changes) {
  json list = json::array();
  for (const auto& [id, c] : changes)
    list.push_back(json::array({id, c.items ? *c.items : json{}, c.results, c.next, c.failed}));
  return list;
}

std::map<flow::token_id, flow::map_change> decode_map_changes(const json& list) {
  std::map<flow::token_id, flow::map_change> changes;
  for (const auto& item : list) {
    flow::map_change c;
    if (!item.at(1).is_null()) c.items = item[1];
    for (const auto& result : item.at(2))
      c.results.emplace_back(result.at(0).get<std::uint32_t>(), result.at(1));
    c.next = item.at(3).get<std::uint32_t>();
    c.failed = item.at(4).get<std::uint32_t>();
    changes[item.at(0).get<flow::token_id>()] = std::move(c);
  }
  return changes;
}

json encode_signals(const std::vector<flow::signal>& signals) {
  json list = json::array();
  for (const auto& s : signals) list.push_back(json::array({s.number, s.id, s.type, s.payload}));
  return list;
}

std::vector<flow::signal> decode_signals(const json& list) {
  std::vector<flow::signal> signals;
  for (const auto& item : list) {
    signals.push_back({item.at(0).get<std::uint64_t>(), item.at(1).get<std::string>(),
                       item.at(2).get<std::string>(), item.at(3)});
  }
  return signals;
}

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
  return body;
}

template <class T>
std::optional<T> optional_field(const json& body, const char* key, T (*decode)(const json&)) {
  const auto found = body.find(key);
  return found == body.end() ? std::nullopt : std::optional<T>{decode(*found)};
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

/// Opens a record and reads its body; what the reader throws for a body of the wrong shape means
/// that the bytes are not what was written.
template <class Read>
auto decode(record_kind kind, std::string_view bytes, const char* what, Read read)
    -> result<decltype(read(std::declval<const json&>()))> {
  auto record = open(kind, bytes);
  if (!record) return std::move(record).error();
  if (record->version != current_version) {
    return error{errc::schema_newer, std::string{"a "} + what + " record has version " +
                                         std::to_string(record->version) +
                                         ", which this build of Pawl does not know"};
  }
  try {
    return read(record->body);
  } catch (const json::exception& failure) {
    return error{errc::corrupt,
                 std::string{"a "} + what + " record is not of the right shape: " + failure.what()};
  }
}

}  // namespace

std::string encode_snapshot(const flow::run_state& run, const std::vector<flow::event>& events) {
  json body = encode_summary(run);
  body["d"] = *run.data;
  body["m"] = run.metadata;
  body["k"] = encode_tokens(run.tokens, true);
  body["v"] = run.visits;
  if (run.frozen_at) body["z"] = encode_time(*run.frozen_at);
  if (run.unwinding) body["u"] = encode_unwinding(run.unwinding);
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
  return decode(record_kind::checkpoint_snapshot, bytes, "checkpoint", [](const json& body) {
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
    s.run.start_fingerprint = body.at("fp").get<std::uint64_t>();
    s.run.data = flow::shared_json{object_in(body.at("d"))};
    s.run.metadata = object_in(body.at("m"));
    s.run.tokens = decode_tokens(body.at("k"));
    s.run.visits = body.at("v").get<std::vector<std::uint32_t>>();
    s.run.frozen_at = optional_field(body, "z", decode_time);
    if (const auto u = body.find("u"); u != body.end()) s.run.unwinding = decode_unwinding(*u);
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

std::string encode_delta(const flow::delta& change) {
  json body{{"q", change.sequence}, {"t", encode_time(change.at)}};
  if (!change.events.empty()) body["e"] = encode_events(change.events);
  if (change.status) body["st"] = static_cast<std::uint8_t>(*change.status);
  if (change.error) body["er"] = encode_error(*change.error);
  if (change.started_at) body["bt"] = encode_time(*change.started_at);
  if (change.finished_at) body["et"] = encode_optional_time(*change.finished_at);
  if (!change.signals_added.empty()) body["sa"] = encode_signals(change.signals_added);
  if (!change.signals_claimed.empty()) body["sc"] = change.signals_claimed;
  if (change.frozen_at) body["z"] = encode_optional_time(*change.frozen_at);
  if (change.unwinding) body["u"] = encode_unwinding(*change.unwinding);
  if (!change.compensations_added.empty())
    body["ca"] = encode_compensations(change.compensations_added);
  if (change.compensations_dropped > 0) body["cd"] = change.compensations_dropped;
  if (!change.maps_set.empty()) body["ms"] = encode_map_changes(change.maps_set);
  if (!change.maps_removed.empty()) body["mr"] = change.maps_removed;
  if (!change.data_set.empty()) body["d"] = change.data_set;
  if (!change.metadata_set.empty()) body["m"] = change.metadata_set;
  if (!change.tokens_set.empty()) body["k"] = encode_tokens(change.tokens_set, false);
  if (!change.tokens_removed.empty()) body["kr"] = change.tokens_removed;
  if (!change.writes_set.empty()) {
    json writes = json::array();
    for (const auto& [id, written] : change.writes_set)
      writes.push_back(json::array({id, written}));
    body["w"] = std::move(writes);
  }
  if (change.next_token != 0) body["n"] = change.next_token;
  if (!change.visits.empty()) body["v"] = change.visits;
  for (const auto& id : change.children_abandoned) body["ra"].push_back(id.str());
  return seal(record_kind::checkpoint_delta, current_version, body);
}

result<flow::delta> decode_delta(std::string_view bytes) {
  return decode(record_kind::checkpoint_delta, bytes, "checkpoint", [](const json& body) {
    flow::delta d;
    d.sequence = body.at("q").get<std::uint64_t>();
    d.at = decode_time(body.at("t"));
    if (const auto e = body.find("e"); e != body.end()) d.events = decode_events(*e);
    d.status = optional_field(body, "st", decode_status);
    d.error = optional_field(body, "er", decode_error);
    d.started_at = optional_field(body, "bt", decode_time);
    d.finished_at = optional_field(body, "et", decode_optional_time);
    if (const auto added = body.find("sa"); added != body.end())
      d.signals_added = decode_signals(*added);
    if (const auto claimed = body.find("sc"); claimed != body.end())
      d.signals_claimed = claimed->get<std::vector<std::uint64_t>>();
    d.frozen_at = optional_field(body, "z", decode_optional_time);
    d.unwinding = optional_field(body, "u", decode_unwinding);
    if (const auto c = body.find("ca"); c != body.end())
      d.compensations_added = decode_compensations(*c);
    if (const auto c = body.find("cd"); c != body.end())
      d.compensations_dropped = c->get<std::uint32_t>();
    if (const auto m = body.find("ms"); m != body.end()) d.maps_set = decode_map_changes(*m);
    if (const auto m = body.find("mr"); m != body.end())
      d.maps_removed = m->get<std::vector<flow::token_id>>();
    if (const auto set = body.find("d"); set != body.end()) d.data_set = object_in(*set);
    if (const auto set = body.find("m"); set != body.end()) d.metadata_set = object_in(*set);
    if (const auto k = body.find("k"); k != body.end()) d.tokens_set = decode_tokens(*k);
    if (const auto k = body.find("kr"); k != body.end())
      d.tokens_removed = k->get<std::vector<flow::token_id>>();
    if (const auto writes = body.find("w"); writes != body.end()) {
      for (const auto& item : *writes)
        d.writes_set[item.at(0).get<flow::token_id>()] = object_in(item.at(1));
    }
    if (const auto n = body.find("n"); n != body.end()) d.next_token = n->get<flow::token_id>();
    if (const auto v = body.find("v"); v != body.end())
      d.visits = v->get<std::vector<std::pair<flow::node_index, std::uint32_t>>>();
    if (const auto a = body.find("ra"); a != body.end())
      for (const auto& id : *a) d.children_abandoned.emplace_back(id.get<std::string>());
    return d;
  });
}

std::string encode_run(const flow::run_state& run) {
  return seal(record_kind::run_summary, current_version, encode_summary(run));
}

result<run_record> decode_run(std::string_view bytes) {
  return decode(record_kind::run_summary, bytes, "run", [](const json& body) {
    return run_record{decode_summary(body), body.at("fp").get<std::uint64_t>()};
  });
}

std::string encode_lease(const flow::remote_task& task) {
  return seal(record_kind::task_lease, current_version, encode_task(task));
}

result<lease_record> decode_lease(std::string_view bytes) {
  return decode(record_kind::task_lease, bytes, "lease", [](const json& body) {
    auto task = decode_task(body);
    return lease_record{std::move(task.queue), std::move(task.code_ref), std::move(task.worker),
                        task.lease, task.lease_time};
  });
}

std::string encode_flow_head(const flow_head& head) {
  json body{{"l", encode_version(head.latest)}};
  if (head.published) body["p"] = encode_version(*head.published);
  if (head.deleted) body["x"] = true;
  return seal(record_kind::flow_head, current_version, body);
}

result<flow_head> decode_flow_head(std::string_view bytes) {
  return decode(record_kind::flow_head, bytes, "flow", [](const json& body) {
    return flow_head{decode_version(body.at("l")), optional_field(body, "p", decode_version),
                     body.value("x", false)};
  });
}

std::string encode_flow(const flow_record& flow) {
  return seal(record_kind::flow_version, current_version,
              {{"d", flow.definition}, {"t", encode_time(flow.created_at)}});
}

result<flow_record> decode_flow(std::string_view bytes) {
  return decode(record_kind::flow_version, bytes, "flow version", [](const json& body) {
    return flow_record{body.at("d"), decode_time(body.at("t"))};
  });
}

}  // namespace pawl::persistence
