#include "flow/nodes/call.hpp"

#include <array>

#include <pawl/assert.hpp>
#include <pawl/code_ref.hpp>
#include <pawl/detail/placement.hpp>

#include "flow/logic/text_template.hpp"
#include "flow/machine/enclosing.hpp"
#include "flow/machine/machine.hpp"
#include "flow/machine/transition_builder.hpp"
#include "flow/machine/variables.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 7> compensate_keys = {
    "code_ref", "args", "with", "timeout", "total_timeout", "retry", "queue"};
constexpr std::array<std::string_view, 2> effects = {"repeatable", "once"};
constexpr std::array<std::string_view, 4> doubts = {"ask", "retry", "fail", "compensate"};

/// The id of the run that a visit of a subflow starts. All attempts of the visit have the same,
/// until the run ends for good: `replaced` counts these runs.
run_id child_id(const run_key& parent, const std::string& node, std::uint32_t visit,
                std::uint32_t replaced) {
  std::string of =
      parent.scope.str() + "/" + parent.id.str() + "/" + node + "/" + std::to_string(visit);
  if (replaced > 0) of += "/" + std::to_string(replaced);
  return detail::child_run_id(parent, of);
}

/// Whether a value that stands as it is written was probably meant to be computed. `{"max": 10}`
/// and the like are usual data.
bool looks_like_rule(const json& value) {
  if (logic::is_secret(value) || logic::is_text_template(value)) return true;
  if (!logic::is_rule(value)) return false;
  const std::string& name = value.begin().key();
  const bool is_word = name[0] >= 'a' && name[0] <= 'z';
  return name == "var" || !is_word || value.begin()->is_array();
}

/// Returns the pointer of the first rule in a value. Recursive; the depth of a definition is
/// limited.
std::optional<std::string> place_of_rule(const json& value) {
  if (looks_like_rule(value)) return "";
  if (!value.is_structured()) return std::nullopt;
  std::size_t index = 0;
  for (auto part = value.begin(); part != value.end(); ++part, ++index)
    if (const auto found = place_of_rule(*part))
      return child_pointer("", value.is_object() ? part.key() : std::to_string(index)) + *found;
  return std::nullopt;
}

/// Arguments in `args` are literals.
void warn_of_rules(const data_reader& data, const json& args) {
  for (const auto& [name, value] : args.items()) {
    if (const auto found = place_of_rule(value)) {
      const bool is_text = value.at(json::json_pointer{*found}).is_string();
      data.warn(child_pointer(data.pointer("args"), name) + *found, "rule_in_args",
                "\"args\" are passed as they are written, so this " +
                    std::string{is_text ? "text is not filled in" : "rule is not evaluated"} +
                    "; did you mean \"with\": {" + pawl::quoted(name) + ": …}?");
    }
  }
}

/// Whether a call that ended with this error may have taken effect. An abandoned call may still
/// take effect; one without a result that can be kept has run to its end. A function or worker
/// knows best: then the details of its error say so.
bool leaves_doubt(const error& why) noexcept {
  if (why.code == errc::timed_out || why.code == errc::cancelled) return true;
  if (why.type == "invalid_result" || why.type == "no_result") return true;
  if (!why.details || !why.details->is_object()) return false;
  const auto said = why.details->find("in_doubt");
  return said != why.details->end() && *said == true;
}

/// What leaves the doubt after a crash.
const char* const process_ended = "its call was interrupted";

const char* const doubt_answers =
    "{\"done\": RESULT_OF_THE_STEP}, {\"again\": true} or {\"failed\": \"REASON\"}";

}  // namespace

result<json> call_plan::arguments(const run_state& run, const token& t,
                                  const std::string& node) const {
  if (child && !child->input) return data_for(run, t).whole();
  if (!child && !with && computed.empty()) return args;
  const rule_variables variables{run, t, node};
  if (child) return child->input->evaluate(variables.get());
  json made = args;
  for (const auto& [name, value] : computed) {
    auto argument = value.evaluate_member(variables.get());
    if (!argument) return std::move(argument).error();
    if (*argument) made[name] = **std::move(argument);
  }
  if (!with) return made;
  auto values = with->evaluate(variables.get());
  if (!values) return std::move(values).error();
  made.update(*values);
  return made;
}

void add_secrets(call_plan& plan, std::string_view below, logic::secret_places places) {
  if (places.empty()) return;
  logic::secret_places all = plan.secrets ? *plan.secrets : logic::secret_places{};
  for (auto& place : places) {
    if (!below.empty()) place.path.emplace(place.path.begin(), below);
    all.push_back(std::move(place));
  }
  plan.secrets = std::make_shared<const logic::secret_places>(std::move(all));
}

call_plan read_call(const data_reader& data) {
  call_plan read;
  read.code_ref = chosen_name{data, "code_ref", "bad_code_ref",
                              [](const std::string& name) { return check_code_ref(name); }};
  if (data.find("queue") != nullptr || data.find("allow_queues") != nullptr)
    read.queue = chosen_name{
        data, "queue", "bad_queue",
        [](const std::string& name) { return check_name(name, "queue's name"); }, "allow_queues"};
  read.args = data.object("args");
  warn_of_rules(data, read.args);
  logic::secret_places secrets;
  read.with = data.members("with", false, &secrets);
  add_secrets(read, "", std::move(secrets));
  read.retry = read_retry_policy(data);
  read.timeout = {data, "timeout"};
  read.total_timeout = {data, "total_timeout"};
  read.heartbeat = {data, "heartbeat_timeout"};
  return read;
}

call_node::call_node(const data_reader& data, call_plan what, std::string into)
    : call_(std::move(what)), result_(data, std::move(into)) {
  if (const auto compensate = data.within("compensate", compensate_keys))
    compensation_ = read_call(*compensate);
  if (compensation_ &&
      (compensation_->code_ref.is_computed() || compensation_->queue.is_computed()))
    data.fail("compensate", "wrong_type",
              "the function and the queue of a compensation cannot be computed");
  if (call_.child)
    return;  // starting the same run twice starts it once: its effect is never unknown
  once_ = data.one_of("effect", effects) == "once";
  doubt_ = static_cast<doubt_policy>(
      std::find(doubts.begin(), doubts.end(), data.one_of("in_doubt", doubts)) - doubts.begin());
  if (data.find("in_doubt") != nullptr && !once_)
    data.fail("in_doubt", "contradiction", "\"in_doubt\" is only read with \"effect\": \"once\"");
  if (doubt_ == doubt_policy::compensate && !compensation_)
    data.fail("in_doubt", "contradiction", "\"in_doubt\": \"compensate\" needs \"compensate\"");
}

void call_node::enter(transition_builder& run, token& t) const {
  run.changes().record(t.compensates ? event_kind::compensation_started : event_kind::step_started,
                       t);
  if (begin_tries(run, t)) run.calls().start(t);
}

bool call_node::begin_tries(transition_builder& run, token& t) const {
  const auto limit = plan_of(t).total_timeout.choose(run.state(), t, run.node_of(t).id);
  if (!limit) {
    run.failures().fail_step(t, limit.error());
    return false;
  }
  auto numbers = plan_of(t).retry.compute(run.state(), t, run.node_of(t).id);
  if (!numbers) {
    run.failures().fail_step(t, numbers.error());
    return false;
  }
  t.tries_limit = plan_of(t).total_timeout.is_computed() ? *limit : std::chrono::milliseconds{0};
  t.retry_numbers = *std::move(numbers);
  run.calls().begin_tries(t, limit->count() > 0);
  return true;
}

void call_node::resume(transition_builder& run, token& t, step_outcome_command&& outcome) const {
  const auto us = (outcome.ended_at - outcome.began_at).count();
  if (is_stopping(run.state(), t)) {
    if (outcome.interrupted)
      outcome.value =
          error{errc::cancelled, "the function asked a question while its run was compensating"};
    return end_while_compensating(run, t, std::move(outcome.value), us);
  }
  if (outcome.interrupted && outcome.interrupted->for_pause)
    return leave_for_pause(run, t, std::move(outcome));
  if (outcome.interrupted && !t.compensates) {
    if (!outcome.interrupted->update.is_null())
      run.data().merge(t, outcome.interrupted->update, {});
    return run.waits().ask(t, std::move(outcome.interrupted->value));
  }
  if (outcome.interrupted) {
    return fail(run, t, {errc::function_failed, "a compensation cannot ask questions"}, outcome);
  }
  if (outcome.value) return succeed(run, t, *std::move(outcome.value), us);
  const error& why = outcome.value.error();
  // With "retry" the retry policy decides, as for any other failure.
  if (effect_is_unknown(t, why) && doubt_ != doubt_policy::retry)
    return settle_doubt(run, t, why.message);
  fail(run, t, why, outcome);
}

/// While a pause is requested, the next call is the next attempt, but does not count for the retry
/// policy. What a compensation returns is not kept, nor what it leaves.
void call_node::leave_for_pause(transition_builder& run, token& t,
                                step_outcome_command&& outcome) const {
  constexpr std::chrono::milliseconds again_after{100};
  const bool is_pausing = run.state().pausing();
  // The pause may have ended meanwhile, but a function that always leaves must not go on for ever.
  if (!is_pausing && t.tries > 1) {
    return fail(run, t,
                {errc::function_failed, "the function left for a pause that was not requested"},
                outcome);
  }
  interruption& left = *outcome.interrupted;
  run.changes().record(event_kind::interrupted, t,
                       {{"value", std::move(left.value)}, {"for_pause", true}});
  if (!t.compensates && !left.update.is_null()) run.data().merge(t, left.update, {});
  if (is_pausing && t.tries > 0) --t.tries;  // `on_timer` counts it again
  run.waits().sleep_for(t, is_pausing ? std::chrono::milliseconds{0} : again_after);
}

bool call_node::effect_is_unknown(const token& t, const error& why) const noexcept {
  return once_ && !t.compensates && leaves_doubt(why);
}

void call_node::succeed(transition_builder& run, token& t, json value, std::int64_t us) const {
  if (t.compensates) {
    run.changes().record(event_kind::compensation_finished, t, {{"us", us}});
    return run.sections().finish_compensation(t);
  }
  const auto kept = result_.compute(run, t, std::move(value));
  if (!kept) {
    // The call has taken effect.
    try_record_compensation(run, t);
    return run.failures().fail_step(t, kept.error(), us);
  }
  run.changes().record(event_kind::step_finished, t, {{"us", us}});
  result_.store(run, t, *kept);
  if (const auto noted = record_compensation(run, t); !noted)
    return run.failures().fail_at(t, noted.error());
  run.branches().leave(t);
}

void call_node::fail(transition_builder& run, token& t, const error& why,
                     const step_outcome_command& of) const {
  const auto us = (of.ended_at - of.began_at).count();
  const call_plan& plan = plan_of(t);
  const auto wait =
      of.retryable ? plan.retry.next_wait(t.tries, t.failures_of, t.retry_numbers, why, of.random)
                   : std::nullopt;
  const auto end = deadline(t);
  const bool in_time = !end || !wait || run.engine_time() + *wait < *end;
  if (!wait || !in_time) return run.failures().fail_step(t, why, us);
  run.changes().record(event_kind::retry_scheduled, t,
                       {{"type", why.error_class()},
                        {"message", why.message},
                        {"us", us},
                        {"wait_ms", wait->count()}});
  run.waits().sleep_for(t, *wait);
}

void call_node::on_timer(transition_builder& run, token& t) const {
  ++t.tries;
  run.calls().start_next_attempt(t);
}

result<void> call_node::record_compensation(transition_builder& run, const token& t) const {
  if (!compensation_) return {};
  auto args = compensation_->arguments(run.state(), t, run.node_of(t).id);
  if (!args) return std::move(args).error();
  run.compensations().add(t, *std::move(args));
  return {};
}

void call_node::try_record_compensation(transition_builder& run, const token& t) const {
  if (const auto noted = record_compensation(run, t); !noted)
    run.changes().record(event_kind::compensation_failed, t, {{"message", noted.error().message}});
}

/// Ends a call that was running when compensation began. The branch does not continue, but the step
/// may need its own compensation.
void call_node::end_while_compensating(transition_builder& run, token& t, result<json> value,
                                       std::int64_t us) const {
  bool compensate = true;
  const bool has_ended_well = value.has_value();
  if (value) value = result_.compute(run, t, *std::move(value));
  if (value) {
    run.changes().record(event_kind::step_finished, t, {{"us", us}});
    result_.store(run, t, *value);
  } else {
    const error& why = value.error();
    run.changes().record(event_kind::step_failed, t,
                         {{"type", why.error_class()}, {"message", why.message}, {"us", us}});
    compensate =
        has_ended_well || (doubt_ == doubt_policy::compensate && effect_is_unknown(t, why));
  }
  if (compensate) try_record_compensation(run, t);
  run.sections().end_stopped(t);
}

result<void> call_node::check_answer(const token& t, const json& answer) const {
  if (!t.in_doubt) return {};
  const bool valid = answer.is_object() && answer.size() == 1 &&
                     (answer.contains("done") || answer.value("again", json{}) == true ||
                      answer.value("failed", json{}).is_string());
  if (valid) return {};
  return error{
      errc::invalid_argument,
      std::string{"it is unknown whether the step took effect; answer with "} + doubt_answers};
}

void call_node::answer(transition_builder& run, token& t, json value) const {
  // The time until the answer does not count as time of the function.
  if (!begin_tries(run, t)) return;
  if (!std::exchange(t.in_doubt, false)) {
    t.answer = std::move(value);
    return run.calls().start_next_attempt(t);
  }
  if (const auto done = value.find("done"); done != value.end())
    return succeed(run, t, std::move(*done), 0);
  if (value.contains("again")) return run.calls().start_next_attempt(t);
  run.failures().fail_step(
      t, {errc::function_failed, value.at("failed").get<std::string>(), "in_doubt"});
}

void call_node::in_doubt(transition_builder& run, token& t) const {
  // Another in-doubt step may have started a compensation: then this call is not repeated.
  if (is_stopping(run.state(), t)) {
    return end_while_compensating(
        run, t, error{errc::cancelled, "the process ended while this step was stopping"}, 0);
  }
  if (doubt_ == doubt_policy::retry) {
    run.changes().record(event_kind::in_doubt, t, {{"why", process_ended}});
    return run.calls().start_next_attempt(t);
  }
  settle_doubt(run, t, process_ended);
}

/// `why`: what leaves the doubt. Not for `doubt_policy::retry`.
void call_node::settle_doubt(transition_builder& run, token& t, const std::string& why) const {
  run.changes().record(event_kind::in_doubt, t, {{"why", why}});
  if (doubt_ == doubt_policy::ask) {
    t.in_doubt = true;
    return run.waits().ask(t, {{"in_doubt", run.node_of(t).id},
                               {"question", "Did this step take effect? Unknown: " + why},
                               {"why", why},
                               {"answers", doubt_answers}});
  }
  if (doubt_ == doubt_policy::compensate) {
    if (const auto noted = record_compensation(run, t); !noted)
      return run.failures().fail_at(t, noted.error());
  }
  run.failures().fail_step(
      t, {errc::function_failed,
          "it is unknown whether this step took effect (" + why + "), and it must run at most once",
          "in_doubt"});
}

std::optional<time_point> call_node::deadline(const token& t) const {
  const auto limit = t.tries_limit.count() > 0 ? t.tries_limit : plan_of(t).total_timeout.written();
  if (!t.first_try_at || limit.count() == 0) return std::nullopt;
  return *t.first_try_at + limit;
}

std::optional<run_id> call_node::child_of(const run_state& run, const token& t,
                                          const compiled_node& place) const {
  if (!call_.child || t.compensates || t.attempt == 0) return std::nullopt;
  return child_id(run.key, place.id, t.visit, t.replaced_children);
}

result<invoke_effect> call_node::call(const run_state& run, const token& t,
                                      const compiled_node& place) const {
  const call_plan& plan = plan_of(t);
  invoke_effect call;
  call.token = t.id;
  call.visit = t.visit;
  call.attempt = t.attempt;
  call.node = place.id;
  auto name = (plan.child ? plan.child->flow : plan.code_ref).choose(run, t, place.id);
  if (!name) return std::move(name).error();
  if (plan.child) {
    call.child =
        child_start{flow_name{*std::move(name)}, plan.child->version,
                    child_id(run.key, place.id, t.visit, t.replaced_children), run.depth + 1};
  } else {
    call.code_ref = *std::move(name);
    call.name_is_computed = plan.code_ref.is_computed();
  }
  call.args_are_computed = t.compensates || plan.computes_arguments();
  if (t.compensates) {
    call.args = run.compensations.at(place_of_compensation(run, t)).args;
  } else {
    auto args = plan.arguments(run, t, place.id);
    if (!args) return std::move(args).error();
    call.args = *std::move(args);
  }
  call.secrets = plan.secrets;
  const auto timeout = plan.timeout.choose(run, t, place.id);
  if (!timeout) return timeout.error();
  if (plan.timeout_argument.empty())
    call.timeout = *timeout;
  else
    call.args[plan.timeout_argument] = timeout->count();
  const auto heartbeat = plan.heartbeat.choose(run, t, place.id);
  if (!heartbeat) return heartbeat.error();
  call.heartbeat = *heartbeat;
  if (plan.queue.is_set()) {
    auto queue = plan.queue.choose(run, t, place.id);
    if (!queue) return std::move(queue).error();
    call.queue = *std::move(queue);
  }
  call.deadline = deadline(t);
  call.answer = t.answer;
  call.compensates = t.compensates;
  call.state = data_for(run, t);
  call.trace =
      trace_of_call(run, idempotency_key(run.key, place.id, t.visit, t.compensates), t.attempt);
  return call;
}

}  // namespace pawl::flow
