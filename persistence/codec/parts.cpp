#include "persistence/codec/parts.hpp"

#include <utility>

#include "persistence/codec/fields.hpp"

namespace pawl::persistence::codec {

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
    json more = json::object();  // absent for most tokens
    if (t.condition_result) more["c"] = *t.condition_result;
    if (!t.branch.empty()) {
      more["b"] = t.branch;
      more["f"] = t.forks;
    }
    if (with_writes && !t.writes.empty()) more["w"] = t.writes;
    if (!t.inherited.empty()) more["i"] = t.inherited;
    if (t.timer) more[t.timer->wall_clock ? "am" : "a"] = encode_time(t.timer->due);
    if (t.tries != 1) more["t"] = t.tries;
    if (t.first_try_at) more["ft"] = encode_time(*t.first_try_at);
    if (t.question) more["q"] = *t.question;
    if (t.answer) more["r"] = *t.answer;
    if (t.in_doubt) more["d"] = true;
    if (t.compensates) more["u"] = true;
    if (t.task) more["x"] = encode_task(*t.task);
    if (t.replaced_children > 0) more["rc"] = t.replaced_children;
    if (t.repeated_calls > 0) more["rr"] = t.repeated_calls;
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
      if (key == "rc") t.replaced_children = value.get<std::uint32_t>();
      if (key == "rr") t.repeated_calls = value.get<std::uint32_t>();
      if (key == "s")
        t.child = flow::child_run{run_id{value.at(0).get<std::string>()}, value.at(1).get<bool>()};
    }
    if (t.forks.size() != t.branch.size())
      throw_wrong_shape("a branch path and its forks differ in length");
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

json encode_compensating(const std::optional<flow::compensating>& u) {
  if (!u) return nullptr;
  return json::array({static_cast<std::uint8_t>(u->to), encode_error(u->error)});
}

std::optional<flow::compensating> decode_compensating(const json& j) {
  if (j.is_null()) return std::nullopt;
  return flow::compensating{decode_status(j.at(0)), decode_error(j.at(1))};
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
      throw_wrong_shape("a map's items and results differ in number");
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

}  // namespace pawl::persistence::codec
