#include "flow/machine/builder/visit_writes.hpp"

#include <algorithm>
#include <utility>

#include "flow/machine/step_values.hpp"

namespace pawl::flow {
namespace {

/// Where the delta has what a token has written; null: nowhere.
const json* writes_of(const delta& change, token_id id) {
  if (id == 0) return &change.data_set;
  const auto found = change.writes_set.find(id);
  return found == change.writes_set.end() ? nullptr : &found->second;
}

void rescue(json& to, const std::string& key, const json& from) {
  if (to.is_null()) to = json::object();
  to[key] = from.at(key);
}

}  // namespace

void visit_writes::note(const token& t, token_id to, const std::string& key, const delta& change) {
  lose(to, key, change, &t);
  const auto [place, is_new] = places_.try_emplace({t.node, t.visit, to}, visits_.size());
  if (is_new) visits_.push_back({t.node, t.visit, to, {}});
  visits_[place->second].keys.push_back(key);
}

void visit_writes::overwrite(token_id to, const std::string& key, const delta& change) {
  lose(to, key, change, nullptr);
}

void visit_writes::lose(token_id to, const std::string& key, const delta& change, const token* by) {
  if (visits_.empty()) return;
  const json* const before = writes_of(change, to);
  if (before == nullptr || !before->contains(key)) return;
  for (auto older = visits_.rbegin(); older != visits_.rend(); ++older) {
    if (older->to != to) continue;
    const auto found = std::find(older->keys.begin(), older->keys.end(), key);
    if (found == older->keys.end()) continue;
    const bool is_own = by != nullptr && older->node == by->node && older->number == by->visit;
    if (!is_own) rescue(older->rescued, key, *before);
    older->keys.erase(found);
    return;  // no other visit has the value that the delta holds
  }
}

void visit_writes::drop(token_id id, const delta& change) {
  const json* const writes = writes_of(change, id);
  for (auto& each : visits_) {
    if (each.to != id || writes == nullptr) continue;
    for (const auto& key : each.keys) rescue(each.rescued, key, *writes);
    each.keys.clear();
  }
}

void visit_writes::describe(const compiled_flow& flow, delta& change) const {
  const bool is_alone = count_ended(flow, change) == 1;
  const json* const implied = implied_writes(change);
  const std::size_t all = implied == nullptr ? 0 : implied->size();
  for (auto& e : change.events) {
    if (!ends_step(flow, e)) continue;
    static const visit nothing;
    const auto found = places_.lower_bound({e.node.value_or(0), e.visit, 0});
    const bool has_written = found != places_.end() && std::get<0>(found->first) == e.node &&
                             std::get<1>(found->first) == e.visit;
    const visit& own = has_written ? visits_[found->second] : nothing;
    const json* const writes = own.keys.empty() ? implied : writes_of(change, own.to);
    const bool has_none = change.data_set.empty() && change.writes_set.empty();
    const bool has_all = is_alone && writes == implied && own.keys.size() == all;
    if (own.rescued.is_null() && (has_none || has_all)) continue;
    if (e.detail.is_null()) e.detail = json::object();
    json& hint = e.detail[std::string{wrote_member}] = json::object();
    if (own.rescued.is_null()) {
      hint["keys"] = own.keys;
      if (writes != implied) hint["token"] = own.to;
      continue;
    }
    json whole = own.rescued;
    for (const auto& key : own.keys) whole[key] = writes->at(key);
    hint["data"] = shortened_value(whole, flow.allowed().max_history_value_bytes);
  }
}

}  // namespace pawl::flow
