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

error failed_child(const run_summary& child) {
  if (child.status == run_status::cancelled)
    return {errc::cancelled,
            "run " + child.key.id.str() + " of flow " + child.flow.name.str() + " was cancelled"};
  const auto& why = child.error.value_or(run_error{});
  return {errc::function_failed,
          "run " + child.key.id.str() + " of flow " + child.flow.name.str() + " failed" +
              (why.node.empty() ? "" : " at \"" + why.node + "\"") + ": " + why.message,
          why.type};
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
  if (child.version) {
    start.flow.version = *child.version;
  } else {
    const auto published =
        context_->flows.published(*context_->store->durable_view(), key_.scope, child.flow);
    if (!published) return answer(published.error());
    start.flow.version = *published;
  }
  start.input = wanted.args;
  start.metadata = run_->metadata;
  start.fingerprint = child_fingerprint;
  start.parent = key_.id;
  start.depth = child.depth;
  start.parent_attempt = wanted.attempt;
  start.trace = wanted.trace;
  const run_key key = start.key;
  send(directory_, run_command{key, std::make_shared<flow::command>(std::move(start)), answer});
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
  if (child.over) {
    apply_or_ignore(flow::replace_child_command{a.token, a.child});
  } else if (!is_finished(child.run.status) || !take_child(a.child, true)) {
    apply_or_ignore(flow::child_started_command{a.token, a.child});
  }
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

void run_actor::on_child_ended(const child_ended& ended) {
  // If no token waits for the child, its index entry is all that is left of it.
  if (!run_ || !take_child(ended.child, false))
    erase_index_entry(persistence::keys::ended({key_, ended.child}));
}

bool run_actor::take_child(const run_id& id, bool answered) {
  const auto waits =
      std::find_if(run_->tokens.begin(), run_->tokens.end(),
                   [&](const flow::token& t) { return t.child && t.child->id == id; });
  if (waits == run_->tokens.end()) return false;
  const auto view = context_->store->durable_view();
  const auto record = persistence::load_record(*view, {key_.scope, id});
  const bool exists = record && *record;
  if (exists && !is_finished((*record)->summary.status)) return false;
  // It may have ended for an attempt before this one. Then the start of this one resumes it.
  if (exists && !answered && (*record)->parent_attempt < waits->attempt) return false;
  result<json> value = !record  ? record.error()
                       : exists ? result_of_child(*view, **record)
                                : error{errc::not_found, "run " + id.str() + " no longer exists"};
  const auto now = context_->clock->now();
  const auto applied =
      apply(flow::step_outcome_command{waits->id,
                                       flow_->at(waits->node).id,
                                       waits->visit,
                                       waits->attempt,
                                       std::move(value),
                                       exists ? (*record)->summary.created_at : now,
                                       now,
                                       {},
                                       context_->rng->draw()});
  PAWL_ASSERT_RUN(applied, "a token that waits for a run takes its result");
  return true;
}

result<json> run_actor::result_of_child(const persistence::view& now,
                                        const persistence::run_record& record) const {
  const run_summary& child = record.summary;
  if (child.status != run_status::completed) return failed_child(child);
  auto found = persistence::load_run(now, child.key);
  if (!found) return std::move(found).error();
  return *(*found)->state.data;
}

void run_actor::reconcile_children() {
  const auto view = context_->store->durable_view();
  if (run_->parent) reconcile_parent(*view);
  const auto& nodes = flow_->nodes();
  if (std::any_of(nodes.begin(), nodes.end(),
                  [](const flow::compiled_node& n) { return n.type == "subflow"; }))
    take_notices_of_children(*view);
}

void run_actor::reconcile_parent(const persistence::view& now) {
  obey_orphan_entry(now);
  if (is_finished(run_->status)) {
    const auto entry = now.get(persistence::column::indexes,
                               persistence::keys::ended({{key_.scope, *run_->parent}, key_.id}));
    if (entry && *entry) notify_parent();
    return;
  }
  const auto parent = persistence::load_record(now, {key_.scope, *run_->parent});
  if (!parent || !*parent) return;
  const run_status status = (*parent)->summary.status;
  const bool is_over = status == run_status::completed || status == run_status::cancelled;
  if (is_over) apply_or_ignore(flow::abandon_command{flow::child_fate::cancel});
}

void run_actor::take_notices_of_children(const persistence::view& now) {
  namespace keys = persistence::keys;
  // From before all entries of this run.
  const auto ended =
      children_in(now, {keys::ended({key_, run_id{}}), keys::ended_children().to}, keys::ended_of);
  const auto resumed = children_in(
      now, {keys::resumed({key_, run_id{}}), keys::resumed_children().to}, keys::resumed_of);
  for (const auto& id : ended)
    if (!take_child(id, false)) erase_index_entry(keys::ended({key_, id}));
  for (const auto& id : resumed) on_child_resumed(id);
}

std::vector<run_id> run_actor::children_in(
    const persistence::view& now, const persistence::view::range& entries,
    std::optional<persistence::keys::parent_and_child> (*decode)(std::string_view)) const {
  std::vector<run_id> children;
  const auto scanned =
      now.scan(persistence::column::indexes, entries, [&](std::string_view key, std::string_view) {
        auto entry = decode(key);
        if (!entry || entry->parent != key_) return persistence::view::next::stop;
        children.push_back(std::move(entry->child));
        return persistence::view::next::more;
      });
  if (!scanned) context_->log->error("cannot list child runs: {}", scanned.error().message);
  return children;
}

void run_actor::obey_orphan_entry(const persistence::view& now) {
  const std::string key = persistence::keys::orphaned_run(key_);
  const auto entry = now.get(persistence::column::indexes, key);
  if (!entry || !*entry) return;
  const auto how = persistence::decode_orphan(**entry);
  if (!how) return context_->log->error("an index entry is damaged: {}", how.error().message);
  const bool is_open = run_ && !is_finished(run_->status);
  // Refused if the run is compensating: it ends by itself then, and erases the entry.
  if (is_open) apply_or_ignore(flow::abandon_command{how->fate, how->attempt});
  if (!is_open || how->fate == flow::child_fate::halt) erase_index_entry(key);
}

void run_actor::on_child_resumed(const run_id& child) {
  if (run_ && run_->status == run_status::failed &&
      flow::find_visit_of(*flow_, *run_, child) != nullptr)
    apply_or_ignore(flow::retry_command{{}, "run " + child.str() + " was retried"});
  erase_index_entry(persistence::keys::resumed({key_, child}));
}

result<void> run_actor::check_parent_waits() const {
  const auto view = context_->store->durable_view();
  const auto parent = persistence::load_run(*view, {key_.scope, *run_->parent});
  if (!parent) return parent.error();
  if (!*parent) return {};  // it is a run of its own now
  const flow::run_state& of = (*parent)->state;
  const auto compiled = context_->flows.get(*view, key_.scope, of.flow);
  if (!compiled) return compiled.error();
  if (of.status != run_status::completed && of.status != run_status::cancelled &&
      !of.compensating && flow::find_visit_of(**compiled, of, key_.id) != nullptr)
    return {};
  return error{errc::illegal_transition,
               "cannot retry run " + key_.id.str() + ": its parent, run " + run_->parent->str() +
                   ", no longer waits for it. Allowed: set-data, restart"};
}

void run_actor::notify_parent() {
  if (run_->parent) send(directory_, child_ended{{key_.scope, *run_->parent}, key_.id, {}});
}

}  // namespace pawl::actors
