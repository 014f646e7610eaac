#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>

#include "actors/run.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

/// Every attempt has a run id of its own: who starts it twice means the same run, even when
/// another version of the flow was published meanwhile.
constexpr std::uint64_t child_fingerprint = 0x5b0f10c;

constexpr std::chrono::milliseconds ask_again_after{100};

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
  const time_point now = parts_->clock->now();
  const auto ended = [self = caf::actor{this}, token = wanted.token, node = wanted.node,
                      visit = wanted.visit, attempt = wanted.attempt, now](result<ended_run> how) {
    caf::anon_send(self, child_ended{token, node, visit, attempt, now,
                                     std::make_shared<const result<ended_run>>(std::move(how))});
  };
  flow::start_command start;
  start.key = {key_.scope, child.id};
  start.flow.name = child.flow;
  if (child.version) {
    start.flow.version = *child.version;
  } else {
    const auto published =
        parts_->flows.published(*parts_->store->durable_view(), key_.scope, child.flow);
    if (!published) return ended(published.error());
    start.flow.version = *published;
  }
  start.input = wanted.args;
  start.metadata = run_->metadata;
  start.fingerprint = child_fingerprint;
  start.parent = key_.id;
  start.depth = child.depth;
  children_[wanted.token] = child.id;
  const run_key key = start.key;
  // Once it is there its end is waited for, however long that takes.
  const auto started = [directory = directory_, key, ended](result<command_done> done) {
    if (!done) return ended(std::move(done).error());
    caf::anon_send(directory, wait_finished{key, {}, reply<ended_run>{ended}});
  };
  send(directory_, run_command{key, std::make_shared<flow::command>(std::move(start)),
                               reply<command_done>{started}});
}

void run_actor::on_child_ended(const child_ended& ended) {
  children_.erase(ended.token);
  if (!run_) return;
  result<json> value = json{};
  const result<ended_run>& how = *ended.how;
  if (!how) {
    // Whoever knew of it has gone: it is asked for again, unless the engine is stopping.
    if (how.error().code == errc::unavailable) return wait_again(ended.token);
    value = how.error();
  } else if (const run_summary& child = how->summary; child.status != run_status::completed) {
    value = failed_child(child);
  } else if (how->state) {
    value = *how->state->data;
  } else {
    auto found = persistence::load_run(*parts_->store->durable_view(), child.key);
    if (!found) {
      value = std::move(found).error();
    } else if (*found) {
      value = *(*found)->data;
    } else {
      value = error{errc::not_found, "run " + child.key.id.str() + " is not there any more"};
    }
  }
  const auto applied = apply(flow::step_outcome_command{ended.token,
                                                        ended.node,
                                                        ended.visit,
                                                        ended.attempt,
                                                        std::move(value),
                                                        ended.began_at,
                                                        parts_->clock->now(),
                                                        {},
                                                        parts_->chance->draw()});
  if (!applied) parts_->log->debug("run {}: {}", key_.id.str(), applied.error().message);
}

/// The actor of a run that was asked crashed: the same start finds what there is now.
void run_actor::wait_again(flow::token_id token) {
  if (stopping_ || !parts_->admitted.is_open()) return;
  for (auto& e : flow::recover(*flow_, *run_).effects) {
    const auto* const wanted = std::get_if<flow::invoke_effect>(&e);
    if (wanted == nullptr || wanted->token != token) continue;
    delayed_send(this, ask_again_after, call_again{std::make_shared<flow::effect>(std::move(e))});
    return;
  }
}

void run_actor::cancel_child(const run_id& id) {
  flow::cancel_command cancel;
  cancel.reason = "run " + key_.id.str() + " does not wait for it any more";
  send(directory_,
       run_command{{key_.scope, id}, std::make_shared<flow::command>(std::move(cancel)), {}});
}

bool run_actor::is_orphan(const persistence::view& now) const {
  if (!run_->parent || is_finished(run_->status)) return false;
  const auto parent = persistence::load_record(now, {key_.scope, *run_->parent});
  return parent && *parent && is_finished((*parent)->summary.status);
}

}  // namespace pawl::actors
