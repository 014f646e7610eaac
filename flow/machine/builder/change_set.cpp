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
  if (!erase_id(requested_, id)) return false;
  const auto found = std::find_if(calls_.begin(), calls_.end(),
                                  [id](const invoke_effect& call) { return call.token == id; });
  if (found < calls_.begin() + static_cast<std::ptrdiff_t>(next_call_)) --next_call_;
  calls_.erase(found);
  return true;
}

std::optional<step_outcome_command> change_set::make_next_call() {
  if (!context_.call_now) return std::nullopt;
  for (; next_call_ < calls_.size(); ++next_call_) {
    auto& call = calls_[next_call_];
    step_outcome_command outcome;
    if (!context_.call_now(call, outcome)) continue;
    erase_id(requested_, call.token);
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(next_call_));
    return outcome;
  }
  return std::nullopt;
}

void change_set::erase_map(token_id id) {
  if (!flow::erase_map(run_, id)) return;
  made_.change.maps_set.erase(id);
  if (is_old(id)) made_.change.maps_removed.push_back(id);
}

transition change_set::finish() {
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  auto& change = made_.change;
  for (const auto id : touched_) {
    if (const token* const t = std::as_const(run_).find_token(id)) {
      token& after = change.tokens_set.emplace_back(*t);
      after.writes = {};
    } else if (is_old(id)) {
      change.tokens_removed.push_back(id);
    }
  }
  for (auto& call : calls_) made_.effects.emplace_back(std::move(call));
  run_.tokens.settle();
  run_.sequence = change.sequence;
  run_.updated_at = now();
  return std::move(made_);
}

}  // namespace pawl::flow
