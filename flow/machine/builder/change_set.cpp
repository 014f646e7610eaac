#include "flow/machine/builder/change_set.hpp"

#include <algorithm>
#include <utility>

namespace pawl::flow {

change_set::change_set(const compiled_flow& flow, run_state& run, const apply_context& context)
    : flow_(flow), run_(run), context_(context), first_new_token_(run.next_token) {
  made_.change.sequence = run.sequence + 1;
  made_.change.at = context.now;
}

void change_set::record(event_kind kind, json detail) {
  made_.change.events.push_back({kind, std::nullopt, 0, 0, std::move(detail)});
}

void change_set::record(event_kind kind, const token& t, json detail) {
  made_.change.events.push_back({kind, t.node, t.visit, t.attempt, std::move(detail)});
}

bool change_set::withdraw_call(token_id id) {
  const auto withdrawn = std::erase_if(made_.effects, [id](const effect& e) {
    const auto* const call = std::get_if<invoke_effect>(&e);
    return call != nullptr && call->token == id;
  });
  return withdrawn != 0;
}

void change_set::erase_map(token_id id) {
  if (run_.maps.erase(id) == 0) return;
  made_.change.maps_set.erase(id);
  if (is_old(id)) made_.change.maps_removed.push_back(id);
}

transition change_set::finish() {
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  auto& change = made_.change;
  for (const auto id : touched_) {
    if (const token* const t = run_.find_token(id)) {
      token& after = change.tokens_set.emplace_back(*t);
      after.writes = json::object();
    } else if (is_old(id)) {
      change.tokens_removed.push_back(id);
    }
  }
  run_.sequence = change.sequence;
  run_.updated_at = now();
  return std::move(made_);
}

}  // namespace pawl::flow
