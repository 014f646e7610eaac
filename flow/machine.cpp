#include "flow/machine.hpp"

#include <algorithm>

#include "flow/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> apply(const compiled_flow& flow, run_state& run, command&& c, time_point now) {
  return std::visit([&](auto&& what) { return handle(flow, run, std::move(what), now); },
                    std::move(c));
}

recovery recover(const compiled_flow& flow, const run_state& run) {
  recovery found;
  if (run.status != run_status::running) return found;
  for (const auto& t : run.tokens) {
    if (run.pausing) break;
    if (t.phase == token_phase::arriving || t.phase == token_phase::leaving) {
      found.effects.insert(found.effects.begin(), advance_effect{});
      break;
    }
  }
  for (const auto& t : run.tokens) {
    if (t.phase != token_phase::waiting) continue;
    const auto& place = flow.at(t.node);
    if (auto call = place.behaviour->call(run, t, place)) {
      found.effects.emplace_back(*std::move(call));
    } else {
      found.failed.push_back({t.id, place.id, t.visit, t.attempt, std::move(call).error(),
                              run.updated_at, run.updated_at});
    }
  }
  return found;
}

bool waits_for(const run_state& run, token_id token, std::uint32_t visit,
               std::uint32_t attempt) noexcept {
  if (run.status != run_status::running) return false;
  return std::any_of(run.tokens.begin(), run.tokens.end(), [&](const flow::token& t) {
    return t.id == token && t.phase == token_phase::waiting && t.visit == visit &&
           t.attempt == attempt;
  });
}

bool is_parked(const run_state& run) noexcept {
  if (run.status != run_status::running) return true;
  return std::all_of(run.tokens.begin(), run.tokens.end(), [](const token& t) {
    return t.phase == token_phase::sleeping || t.phase == token_phase::ended;
  });
}

std::string idempotency_key(const run_key& run, const std::string& node, std::uint32_t visit) {
  return run.scope.str() + "/" + run.id.str() + "/" + node + "/" + std::to_string(visit);
}

std::string_view name_of(const command& c) noexcept {
  struct {
    std::string_view operator()(const start_command&) const { return "start"; }
    std::string_view operator()(const step_outcome_command&) const { return "step outcome"; }
    std::string_view operator()(const advance_command&) const { return "advance"; }
    std::string_view operator()(const cancel_command&) const { return "cancel"; }
    std::string_view operator()(const retry_command&) const { return "retry"; }
    std::string_view operator()(const pause_command&) const { return "pause"; }
    std::string_view operator()(const resume_command&) const { return "resume"; }
    std::string_view operator()(const update_command&) const { return "update"; }
    std::string_view operator()(const signal_command&) const { return "signal"; }
    std::string_view operator()(const park_command&) const { return "park"; }
  } const names;
  return std::visit(names, c);
}

std::string_view legal_commands(const run_state& run) noexcept {
  switch (run.status) {
    case run_status::pending:
      return "cancel";
    case run_status::running:
      return run.pausing ? "resume, signal or cancel" : "pause, signal or cancel";
    case run_status::paused:
      return "resume, update, signal or cancel";
    case run_status::failed:
      return "retry, update, or restart as a new run";
    case run_status::completed:
    case run_status::cancelled:
      return "restart as a new run";
  }
  return "nothing";
}

result<void> check_expected(const run_state& run, std::optional<run_status> expected) {
  if (!expected || *expected == run.status) return {};
  return error{errc::conflict, "run " + run.key.id.str() + " is " +
                                   std::string{to_string(run.status)} + ", not " +
                                   std::string{to_string(*expected)} + "; nothing was changed"};
}

error illegal(const run_state& run, std::string_view what) {
  return {errc::illegal_transition,
          "cannot " + std::string{what} + " run " + run.key.id.str() + ": it is " +
              std::string{run.pausing ? "pausing" : to_string(run.status)} +
              "; legal now: " + std::string{legal_commands(run)}};
}

}  // namespace pawl::flow
