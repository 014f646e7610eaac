#include "persistence/codec.hpp"
#include "persistence/codec/fields.hpp"
#include "persistence/codec/parts.hpp"

namespace pawl::persistence {

using namespace codec;

namespace {

flow::abandoned_child decode_abandoned(const json& item) {
  return {run_id{item.at(0).get<std::string>()},
          decode_enum(item.at(1), flow::child_fate::terminate), item.at(2).get<std::uint32_t>()};
}

}  // namespace

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
  if (change.compensating) body["u"] = encode_compensating(*change.compensating);
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
  for (const auto& a : change.children_abandoned) {
    body["ra"].push_back(
        json::array({a.child.str(), static_cast<std::uint8_t>(a.fate), a.attempt}));
  }
  if (change.parent_attempt) body["pa"] = *change.parent_attempt;
  return seal(record_kind::checkpoint_delta, current_version, body);
}

result<flow::delta> decode_delta(std::string_view bytes) {
  return decode_record(record_kind::checkpoint_delta, bytes, "checkpoint", [](const json& body) {
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
    d.compensating = optional_field(body, "u", decode_compensating);
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
      for (const auto& item : *a) d.children_abandoned.push_back(decode_abandoned(item));
    if (const auto p = body.find("pa"); p != body.end()) d.parent_attempt = p->get<std::uint32_t>();
    return d;
  });
}

}  // namespace pawl::persistence
