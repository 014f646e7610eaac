#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>

#include "actors/run.hpp"
#include "persistence/keys.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

/// Every attempt has a run id of its own: who starts it twice means the same run, even when
/// another version of the flow was published meanwhile.
constexpr std::uint64_t child_fingerprint = 0x5b0f10c;

constexpr std::chrono::milliseconds ask_again_after{100};

const char* const orphaned_reason = "the run that waited for it does so no more";

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
  const auto answered = [self = caf::actor{this}, token = wanted.token, node = wanted.node,
                         visit = wanted.visit, attempt = wanted.attempt, id = child.id,
                         now = context_->clock->now()](result<command_done> done) {
    auto how = done ? result<run_summary>{std::move(done->run)} : std::move(done).error();
    caf::anon_send(self, child_answered{token, node, visit, attempt, id, now,
                                        std::make_shared<result<run_summary>>(std::move(how))});
  };
  flow::start_command start;
  start.key = {key_.scope, child.id};
  start.flow.name = child.flow;
  if (child.version) {
    start.flow.version = *child.version;
  } else {
    const auto published =
        context_->flows.published(*context_->store->durable_view(), key_.scope, child.flow);
    if (!published) return answered(published.error());
    start.flow.version = *published;
  }
  start.input = wanted.args;
  start.metadata = run_->metadata;
  start.fingerprint = child_fingerprint;
  start.parent = key_.id;
  start.depth = child.depth;
  start.trace = wanted.trace;
  const run_key key = start.key;
  send(directory_, run_command{key, std::make_shared<flow::command>(std::move(start)),
                               reply<command_done>{answered}});
}

void run_actor::on_child_answered(const child_answered& a) {
  if (!run_) return;
  result<void> applied;
  if (!*a.how) {
    // Whoever was asked crashed or had no time: the same start finds what there is now.
    if (a.how->error().code == errc::unavailable) return ask_for_child_again(a.token);
    applied = apply(flow::step_outcome_command{a.token,
                                               a.node,
                                               a.visit,
                                               a.attempt,
                                               a.how->error(),
                                               a.asked_at,
                                               context_->clock->now(),
                                               {},
                                               context_->rng->draw()});
  } else if (is_finished((*a.how)->status) && take_child(a.child)) {
    return;
  } else {
    applied = apply(flow::child_started_command{a.token, a.child});
  }
  if (!applied) context_->log->debug("{}", applied.error().message);
}

void run_actor::ask_for_child_again(flow::token_id token) {
  if (stopping_ || !context_->admitted.is_open()) return;
  auto due = flow::recover(*flow_, *run_);
  for (auto& e : due.effects) {
    const auto* const wanted = std::get_if<flow::invoke_effect>(&e);
    if (wanted == nullptr || wanted->token != token) continue;
    delayed_send(this, ask_again_after, call_again{std::make_shared<flow::effect>(std::move(e))});
    return;
  }
  for (auto& c : due.commands) {
    const auto* const outcome = std::get_if<flow::step_outcome_command>(&c);
    if (outcome == nullptr || outcome->token != token) continue;
    if (const auto applied = apply(std::move(c)); !applied)
      context_->log->debug("{}", applied.error().message);
    return;
  }
}

void run_actor::on_child_ended(const child_ended& ended) {
  // Nobody here may have waited for it any more: then this is all that is left of it.
  if (!run_ || !take_child(ended.child)) tidy(persistence::keys::ended({key_, ended.child}));
}

bool run_actor::take_child(const run_id& id) {
  const auto waits =
      std::find_if(run_->tokens.begin(), run_->tokens.end(),
                   [&](const flow::token& t) { return t.child && t.child->id == id; });
  if (waits == run_->tokens.end()) return false;
  const run_key key{key_.scope, id};
  const auto view = context_->store->durable_view();
  const auto record = persistence::load_record(*view, key);
  result<json> value = json{};
  if (!record) {
    value = record.error();
  } else if (!*record) {
    value = error{errc::not_found, "run " + id.str() + " is not there any more"};
  } else if (const run_summary& child = (*record)->summary; !is_finished(child.status)) {
    return false;
  } else if (child.status != run_status::completed) {
    value = failed_child(child);
  } else if (auto found = persistence::load_run(*view, key); !found) {
    value = std::move(found).error();
  } else {
    value = *(*found)->data;
  }
  const auto now = context_->clock->now();
  const auto applied =
      apply(flow::step_outcome_command{waits->id,
                                       flow_->at(waits->node).id,
                                       waits->visit,
                                       waits->attempt,
                                       std::move(value),
                                       record && *record ? (*record)->summary.created_at : now,
                                       now,
                                       {},
                                       context_->rng->draw()});
  PAWL_ASSERT(applied, "a token that waits for a run takes its end");
  return true;
}

void run_actor::reconcile_children() {
  const auto view = context_->store->durable_view();
  if (run_->parent && is_finished(run_->status)) {
    const auto untold = view->get(persistence::column::indexes,
                                  persistence::keys::ended({{key_.scope, *run_->parent}, key_.id}));
    if (untold && *untold) tell_parent();
  } else if (run_->parent && is_orphaned(*view)) {
    on_orphaned();
  }
  const auto& nodes = flow_->nodes();
  if (std::none_of(nodes.begin(), nodes.end(),
                   [](const flow::compiled_node& n) { return n.type == "subflow"; }))
    return;
  std::vector<run_id> ended;
  auto entries = persistence::keys::ended_children();
  entries.from = persistence::keys::ended({key_, run_id{}});  // before all of this run
  const auto scanned = view->scan(persistence::column::indexes, entries,
                                  [&](std::string_view key, std::string_view) {
                                    auto entry = persistence::keys::ended_of(key);
                                    if (!entry || entry->parent != key_)
                                      return persistence::view::next::stop;
                                    ended.push_back(std::move(entry->child));
                                    return persistence::view::next::more;
                                  });
  if (!scanned)
    context_->log->error("ended children cannot be listed: {}", scanned.error().message);
  for (const auto& id : ended)
    if (!take_child(id)) tidy(persistence::keys::ended({key_, id}));
}

void run_actor::on_orphaned() {
  if (!run_ || is_finished(run_->status)) return tidy(persistence::keys::orphaned_run(key_));
  // One that is undoing its steps already ends by itself.
  if (const auto applied = apply(flow::cancel_command{{}, orphaned_reason}); !applied)
    context_->log->debug("{}", applied.error().message);
}

bool run_actor::is_orphaned(const persistence::view& now) const {
  const auto noted = now.get(persistence::column::indexes, persistence::keys::orphaned_run(key_));
  if (noted && *noted) return true;
  const auto parent = persistence::load_record(now, {key_.scope, *run_->parent});
  return parent && *parent && is_finished((*parent)->summary.status);
}

void run_actor::tell_parent() {
  if (!run_->parent) return;
  send(directory_, child_ended{{key_.scope, *run_->parent}, key_.id, {}});
}

void run_actor::tidy(std::string index_key) {
  after_durable([this, key = std::move(index_key)](const error* failure) {
    if (failure != nullptr) return;
    const auto there = context_->store->durable_view()->get(persistence::column::indexes, key);
    if (!there || !*there) return;
    auto writes = std::make_shared<persistence::batch>();
    writes->erase(persistence::column::indexes, key);
    in_flight_.push_back({{},
                          {},
                          run_ ? run_->sequence : 0,
                          context_->clock->now(),
                          index_state_,
                          index_state_,
                          {}});
    send(persister_, commit{std::move(writes)});
  });
}

}  // namespace pawl::actors
