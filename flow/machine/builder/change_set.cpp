#include "flow/machine/builder/change_set.hpp"

#include <algorithm>
#include <utility>

#include "flow/machine/step_values.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

void set(json& detail, std::string_view member, json value) {
  if (detail.is_null()) detail = json::object();
  detail[std::string{member}] = std::move(value);
}

/// The item of the innermost map that a token is inside of.
std::optional<std::uint32_t> item_of(const compiled_flow& flow, const token& t) {
  for (std::size_t level = t.forks.size(); level-- > 0;)
    if (flow.at(t.forks[level]).behaviour->map() != nullptr) return t.branch[level];
  return std::nullopt;
}

/// Whether the next call of a token was requested with an event of this kind.
bool requests_call(event_kind kind) {
  return kind == event_kind::step_started || kind == event_kind::compensation_started ||
         kind == event_kind::step_restarted || kind == event_kind::task_leased;
}

}  // namespace

change_set::change_set(const compiled_flow& flow, run_state& run, const apply_context& context)
    : flow_(flow), run_(run), context_(context), first_new_token_(run.next_token) {
  made_.change.sequence = run.sequence + 1;
  made_.change.at = context.now;
}

void change_set::record(event_kind kind, json detail) {
  add_event({kind, std::nullopt, 0, 0, std::move(detail)});
}

void change_set::record(event_kind kind, const token& t, json detail) {
  event e{kind, t.node, t.visit, t.attempt, std::move(detail)};
  if (kind == event_kind::step_started)
    if (const auto item = item_of(flow_, t)) set(e.detail, "item", *item);
  add_event(std::move(e));
}

void change_set::add_event(event e) {
  if (made_.change.events.empty() && !context_.by.empty()) set(e.detail, "by", context_.by);
  made_.change.events.push_back(std::move(e));
}

void change_set::note_call(const token& t, const invoke_effect& call) {
  auto& events = made_.change.events;
  if (events.empty() || !requests_call(events.back().kind)) return;
  event& e = events.back();
  if (e.node != t.node || e.visit != t.visit || e.attempt != t.attempt) return;
  if (call.name_is_computed) set(e.detail, "code_ref", call.code_ref);
  if (call.args_are_computed && allowed().history_arguments)
    set(e.detail, args_member, shortened_value(call.args, allowed().max_history_value_bytes));
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
  writes_.describe(flow_, change);
  for (auto& call : calls_) made_.effects.emplace_back(std::move(call));
  run_.tokens.settle();
  run_.sequence = change.sequence;
  run_.updated_at = now();
  return std::move(made_);
}

}  // namespace pawl::flow
