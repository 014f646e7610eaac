#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <pawl/assert.hpp>

#include "actors/run.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

/// The fingerprint of every start by a parent. Each visit has a run id of its own, so a second
/// start of that id means the same run, even if another version was published in between.
constexpr std::uint64_t child_fingerprint = 0x5b0f10c;

constexpr std::chrono::milliseconds retry_start_after{100};

/// The version of a child run. A single one may be of a flow that was deleted since.
wanted_version version_of(const flow::child_start& child) {
  if (!child.version) return {start_version::published};
  return {child.version->is_single() ? start_version::given : start_version::of_live_flow,
          *child.version};
}

}  // namespace

void run_actor::start_child(const flow::invoke_effect& wanted) {
  const flow::child_start& child = *wanted.child;
  const auto answer = reply_by_message<command_done>(
      self(),
      [token = wanted.token, node = wanted.node, visit = wanted.visit, attempt = wanted.attempt,
       id = child.id, now = context_->clock->now()](result<command_done> done) {
        return child_answered{token,
                              node,
                              visit,
                              attempt,
                              id,
                              now,
                              std::make_shared<result<command_done>>(std::move(done))};
      });
  flow::start_command start;
  start.key = {key_.scope, child.id};
  start.flow.name = child.flow;
  start.input = wanted.args;
  start.metadata = run_->metadata;
  start.fingerprint = child_fingerprint;
  start.parent = key_.id;
  start.depth = child.depth;
  start.parent_attempt = wanted.attempt;
  start.trace = wanted.trace;
  run_command command{start.key, nullptr, answer};
  command.what = std::make_shared<flow::command>(std::move(start));
  command.version = version_of(child);
  send(directory_, std::move(command));
}

void run_actor::on_child_answered(const child_answered& a) {
  if (!run_) return;
  if (!*a.how) {
    // The child's actor crashed or the engine was overloaded. The same start finds the child if it
    // was started.
    if (a.how->error().code == errc::unavailable) return retry_child_start(a.token);
    apply_or_ignore(flow::step_outcome_command{a.token,
                                               a.node,
                                               a.visit,
                                               a.attempt,
                                               a.how->error(),
                                               a.asked_at,
                                               context_->clock->now(),
                                               {},
                                               context_->rng->draw()});
    return;
  }
  const auto* const t = run_->find_token(a.token);
  if (t == nullptr || !t->child || t->child->id != a.child || t->attempt != a.attempt) return;
  const command_done& child = **a.how;
  if (child.over) return apply_or_ignore(flow::replace_child_command{a.token, a.child});
  if (!is_finished(child.run.status))
    return apply_or_ignore(flow::child_started_command{a.token, a.child});
  read_end_of(a.child, [this, token = a.token, child = a.child](std::optional<child_end> end) {
    if (!end || !take_child(child, *std::move(end), true))
      apply_or_ignore(flow::child_started_command{token, child});
  });
}

template <class Then>
void run_actor::read_end_of(const run_id& child, Then then) {
  const auto find = [key = run_key{key_.scope, child}](const engine_context&,
                                                       const persistence::view& now) {
    return read_child_end(now, key);
  };
  read(find, std::move(then));
}

void run_actor::retry_child_start(flow::token_id token) {
  if (life_.is_stopping() || !context_->admitted.is_open()) return;
  auto work = flow::recover(*flow_, *run_);
  for (auto& e : work.effects) {
    const auto* const wanted = std::get_if<flow::invoke_effect>(&e);
    if (wanted == nullptr || wanted->token != token) continue;
    return perform_later(std::move(e), retry_start_after);
  }
  for (auto& c : work.commands) {
    const auto* const outcome = std::get_if<flow::step_outcome_command>(&c);
    if (outcome == nullptr || outcome->token != token) continue;
    return apply_or_ignore(std::move(c));
  }
}

void run_actor::activate_children() {
  if (!run_ || life_.is_stopping()) return;
  for (const auto& t : run_->tokens)
    if (t.phase == flow::token_phase::waiting && t.child && t.child->started)
      send(directory_, recover_run{{key_.scope, t.child->id}, {}});
}

void run_actor::on_child_ended(const run_id& child, const std::shared_ptr<const child_end>& end) {
  const auto take = [this, child](std::optional<child_end> how) {
    // If no token waits for the child, its index entry is all that is left of it.
    if (!run_ || !how || !take_child(child, *std::move(how), false))
      erase_index_entry(persistence::keys::ended({key_, child}));
  };
  if (end || !run_ || run_->tokens.find_waiting_for(child) == nullptr)
    return take(end ? std::optional{*end} : std::nullopt);
  read_end_of(child, take);
}

bool run_actor::take_child(const run_id& id, child_end end, bool answered) {
  const flow::token* const waits = run_->tokens.find_waiting_for(id);
  if (waits == nullptr) return false;
  // It may have ended for an attempt before this one. Then the start of this one resumes it.
  if (!answered && end.attempt && *end.attempt < waits->attempt) return false;
  result<json> value = end.data ? result<json>{std::move(end.data->edit())} : end.data.error();
  const auto now = context_->clock->now();
  const auto applied = apply(flow::step_outcome_command{waits->id,
                                                        flow_->at(waits->node).id,
                                                        waits->visit,
                                                        waits->attempt,
                                                        std::move(value),
                                                        end.created_at.value_or(now),
                                                        now,
                                                        {},
                                                        context_->rng->draw()});
  PAWL_ASSERT_RUN(applied, "a token that waits for a run takes its result");
  return true;
}

void run_actor::reconcile(const family_news& news) {
  if (run_->parent) {
    if (news.orphaned) obey_orphan_entry(*news.orphaned);
    if (is_finished(run_->status)) {
      if (news.has_end_notice) notify_parent();
    } else if (news.parent_has_ended) {
      apply_or_ignore(flow::abandon_command{flow::child_fate::cancel});
    }
  }
  for (const auto& child : news.ended) on_child_ended(child, nullptr);
  for (const auto& child : news.resumed) on_child_resumed(child);
}

void run_actor::obey_orphan_entry(const flow::abandoned_child& how) {
  const bool is_open = run_ && !is_finished(run_->status);
  // Refused if the run is compensating: it ends by itself then, and erases the entry.
  if (is_open) apply_or_ignore(flow::abandon_command{how.fate, how.attempt});
  if (!is_open || how.fate == flow::child_fate::halt)
    erase_index_entry(persistence::keys::orphaned_run(key_));
}

void run_actor::on_child_resumed(const run_id& child) {
  if (run_ && run_->status == run_status::failed &&
      flow::find_visit_of(*flow_, *run_, child) != nullptr)
    apply_or_ignore(flow::retry_command{{}, "run " + child.str() + " was retried"});
  erase_index_entry(persistence::keys::resumed({key_, child}));
}

void run_actor::notify_parent() {
  if (!run_->parent) return;
  // If the run has moved on, the parent reads how it has ended.
  std::shared_ptr<const child_end> end;
  if (commits_.empty() && is_finished(run_->status))
    end = std::make_shared<const child_end>(end_of(*run_));
  send(directory_, child_ended{{key_.scope, *run_->parent}, key_.id, {}, std::move(end)});
}

}  // namespace pawl::actors
