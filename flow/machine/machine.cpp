#include "flow/machine/machine.hpp"

#include <algorithm>

#include <pawl/detail/fnv1a.hpp>
#include <pawl/detail/utf8.hpp>

#include "flow/machine/commands/commands.hpp"
#include "flow/machine/enclosing.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

constexpr std::size_t max_reason_bytes = 4096;

}  // namespace

result<transition> apply(const compiled_flow& flow, run_state& run, command&& c,
                         const apply_context& context) {
  auto made = std::visit([&](auto&& what) { return handle(flow, run, std::move(what), context); },
                         std::move(c));
  run.tokens.settle();  // a refused command has looked for tokens that it would have changed
  return made;
}

recovery recover(const compiled_flow& flow, const run_state& run) {
  recovery found;
  if (run.status != run_status::running) return found;
  if (has_runnable(run)) found.effects.emplace_back(advance_effect{});
  for (const auto& t : run.tokens) {
    // Workers poll for their tasks, and the outcomes of child runs are delivered.
    if (t.phase != token_phase::waiting || t.waits_outside()) continue;
    const auto& place = flow.at(t.node);
    const auto failed = [&](error why) {
      found.commands.emplace_back(step_outcome_command{
          t.id, place.id, t.visit, t.attempt, std::move(why), run.updated_at, run.updated_at});
    };
    if (is_stopping(run, t)) {
      failed({errc::cancelled, "the process ended while this step was being cancelled"});
    } else if (place.behaviour->is_called_once() && !t.compensates) {
      found.commands.emplace_back(in_doubt_command{t.id, place.id, t.visit, t.attempt});
    } else if (!t.child) {
      found.commands.emplace_back(restart_step_command{t.id, place.id, t.visit, t.attempt});
    } else if (auto call = place.behaviour->call(run, t, place)) {
      found.effects.emplace_back(*std::move(call));  // starting a child run again changes nothing
    } else {
      failed(std::move(call).error());
    }
  }
  return found;
}

bool waits_for(const compiled_flow& flow, const run_state& run, token_id token,
               std::string_view node, std::uint32_t visit, std::uint32_t attempt) noexcept {
  const flow::token* const t = run.status == run_status::running ? run.find_token(token) : nullptr;
  return t != nullptr && t->phase == token_phase::waiting && t->visit == visit &&
         t->attempt == attempt && flow.at(t->node).id == node;
}

bool has_runnable(const run_state& run) noexcept {
  return run.status == run_status::running && !run.pausing() &&
         run.tokens.first_runnable().has_value();
}

bool is_parked(const run_state& run) noexcept {
  if (run.status != run_status::running) return true;
  return !has_runnable(run) && run.tokens.waiting_inside() == 0;
}

namespace {

/// Whether all steps of a failed run have succeeded, but its output cannot be computed.
bool lacks_output(const run_state& run) noexcept {
  return run.error && run.error->type == output_error && run.error->node.empty();
}

}  // namespace

bool can_be_retried(const run_state& run) noexcept {
  return run.status == run_status::failed &&
         (!run.tokens.empty() || run.compensating || lacks_output(run));
}

const token* find_visit_of(const compiled_flow& flow, const run_state& run, const run_id& child) {
  if (const token* const waiting = run.tokens.find_waiting_for(child)) return waiting;
  const auto found = std::find_if(run.tokens.begin(), run.tokens.end(), [&](const token& t) {
    const auto& place = flow.at(t.node);
    return place.behaviour->child_of(run, t, place) == child;
  });
  return found == run.tokens.end() ? nullptr : &*found;
}

bool can_be_leased(const run_state& run, const token& t) noexcept {
  if (run.status != run_status::running || run.pausing()) return false;
  return t.task && t.task->lease == 0 && !is_stopping(run, t);
}

std::optional<open_task> open_task_of(const run_state& run, const token& t) {
  if (run.status != run_status::running || !t.task) return std::nullopt;
  if (t.task->lease == 0 && !can_be_leased(run, t)) return std::nullopt;
  const bool is_cancelled = is_stopping(run, t);
  const task_wish wish = t.task->lease == 0 ? task_wish::none
                         : is_cancelled     ? task_wish::cancel
                         : run.pausing()    ? task_wish::pause
                                            : task_wish::none;
  return open_task{t.id, t.visit, t.attempt, *t.task, wish};
}

std::vector<open_task> open_tasks(const run_state& run) {
  std::vector<open_task> open;
  for (const auto id : run.tokens.with_tasks())
    if (auto task = open_task_of(run, *run.find_token(id))) open.push_back(*std::move(task));
  return open;
}

std::string idempotency_key(const run_key& run, const std::string& node, std::uint32_t visit,
                            bool compensates) {
  return run.scope.str() + "/" + run.id.str() + "/" + node + "/" + std::to_string(visit) +
         (compensates ? "/compensate" : "");
}

/// Writes a number as eight bytes of an id, which must not be all zero.
static void put_id(std::uint64_t number, std::uint8_t* to) {
  if (number == 0) number = 1;
  for (int shift = 56; shift >= 0; shift -= 8) *to++ = static_cast<std::uint8_t>(number >> shift);
}

trace_context trace_of_call(const run_state& run, std::string_view idempotency_key,
                            std::uint32_t attempt) {
  trace_context trace = run.trace.value_or(trace_context{});
  if (!run.trace) {
    const std::string name = run.key.scope.str() + "/" + run.key.id.str();
    put_id(detail::fnv1a(name), trace.trace_id.data());
    put_id(detail::fnv1a(name, ~detail::fnv1a_offset), trace.trace_id.data() + 8);
  }
  const auto visit = detail::fnv1a(idempotency_key);
  put_id(detail::fnv1a("#" + std::to_string(attempt), visit), trace.parent_id.data());
  return trace;
}

std::string_view name_of(const command& c) noexcept {
  struct {
    std::string_view operator()(const start_command&) const { return "start"; }
    std::string_view operator()(const step_outcome_command&) const { return "step outcome"; }
    std::string_view operator()(const enqueue_task_command&) const { return "enqueue task"; }
    std::string_view operator()(const lease_command&) const { return "lease"; }
    std::string_view operator()(const lease_lost_command&) const { return "lease lost"; }
    std::string_view operator()(const in_doubt_command&) const { return "in doubt"; }
    std::string_view operator()(const child_started_command&) const { return "child started"; }
    std::string_view operator()(const timer_command&) const { return "timer"; }
    std::string_view operator()(const advance_command&) const { return "advance"; }
    std::string_view operator()(const cancel_command&) const { return "cancel"; }
    std::string_view operator()(const retry_command&) const { return "retry"; }
    std::string_view operator()(const pause_command&) const { return "pause"; }
    std::string_view operator()(const resume_command&) const { return "resume"; }
    std::string_view operator()(const set_data_command&) const { return "set data"; }
    std::string_view operator()(const signal_command&) const { return "signal"; }
    std::string_view operator()(const quarantine_command&) const { return "quarantine"; }
    std::string_view operator()(const replace_child_command&) const { return "replace child"; }
    std::string_view operator()(const adopt_command&) const { return "adopt"; }
    std::string_view operator()(const abandon_command&) const { return "abandon"; }
    std::string_view operator()(const restart_step_command&) const { return "restart step"; }
    std::string_view operator()(const terminate_command&) const { return "terminate"; }
    std::string_view operator()(const skip_command&) const { return "skip"; }
  } const names;
  return std::visit(names, c);
}

std::string_view legal_commands(const run_state& run) noexcept {
  const bool asks = !run.tokens.asking().empty();
  const bool may_skip = std::any_of(run.tokens.begin(), run.tokens.end(),
                                    [](const token& t) { return t.compensates; });
  switch (run.status) {
    case run_status::running:
      if (run.compensating)
        return run.pausing() ? "resume, signal, terminate" : "pause, signal, skip, terminate";
      if (run.pausing()) return "resume, signal, cancel, terminate";
      if (may_skip) return "pause, signal, skip, cancel, terminate";
      return asks ? "pause, signal, cancel, terminate, resume with an answer"
                  : "pause, signal, cancel, terminate";
    case run_status::paused:
      return run.compensating ? "resume, set-data, signal, terminate"
                              : "resume, set-data, signal, cancel, terminate";
    case run_status::failed:
      if (run.compensating || may_skip) return "retry, skip, set-data, restart";
      if (run.tokens.empty()) return "set-data, restart (its steps were compensated)";
      return "retry, set-data, restart";
    case run_status::completed:
    case run_status::cancelled:
      return "restart";
  }
  return "none";
}

result<void> check_caller(const run_state& run, std::optional<run_status> expected,
                          std::string_view reason) {
  if (reason.size() > max_reason_bytes) {
    return error{errc::limit_exceeded, "the reason has " + std::to_string(reason.size()) +
                                           " bytes; the maximum is " +
                                           std::to_string(max_reason_bytes)};
  }
  if (detail::valid_utf8_prefix(reason) != reason.size())
    return error{errc::invalid_argument, "the reason must be UTF-8"};
  if (!expected || *expected == run.status) return {};
  return error{errc::conflict, "run " + run.key.id.str() + " is " +
                                   std::string{to_string(run.status)} + ", not " +
                                   std::string{to_string(*expected)} + ". Nothing was changed"};
}

/// "it is paused": the status of a run, in more detail than `run_status`.
static std::string state_text(const run_state& run) {
  if (run.pausing()) return "it is pausing";
  if (run.compensating && run.status == run_status::running) return "it is compensating";
  if (run.status == run_status::failed) return "it has failed";
  return "it is " + std::string{to_string(run.status)};
}

result<token*> find_unstarted_child(run_state& run, token_id waiting, const run_id& child) {
  token* const t = run.status == run_status::running ? run.find_token(waiting) : nullptr;
  if (t != nullptr && t->child && t->child->id == child && !t->waits_outside()) return t;
  return error{errc::conflict,
               "run " + run.key.id.str() + " is not waiting for run " + child.str() + " to start"};
}

error illegal(const run_state& run, std::string_view what) {
  return {errc::illegal_transition, "cannot " + std::string{what} + " run " + run.key.id.str() +
                                        ": " + state_text(run) +
                                        ". Allowed: " + std::string{legal_commands(run)}};
}

}  // namespace pawl::flow
