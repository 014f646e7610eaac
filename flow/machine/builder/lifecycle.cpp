#include "flow/machine/builder/lifecycle.hpp"

#include <utility>

namespace pawl::flow {

json reason_detail(const std::string& reason) {
  return reason.empty() ? json{} : json{{"reason", reason}};
}

void lifecycle::create(start_command&& start) {
  run_input input;
  input.key = std::move(start.key);
  input.flow = std::move(start.flow);
  input.data = shared_json{std::move(start.input)};
  input.metadata = std::move(start.metadata);
  input.restarted_from = std::move(start.restarted_from);
  input.parent = std::move(start.parent);
  input.depth = start.depth;
  input.parent_attempt = start.parent_attempt;
  input.start_fingerprint = start.fingerprint;
  input.trace = start.trace;
  input.started_by = std::move(start.by);
  input.attributes = std::move(start.attributes);
  input.created_at = changes_.now();
  changes_.run() = initial_state(input);
  changes_.change().input = std::move(input);
  changes_.record(event_kind::run_created);
}

void lifecycle::adopt(std::uint32_t attempt) {
  changes_.run().parent_attempt = attempt;
  changes_.change().parent_attempt = attempt;
}

void lifecycle::set_status(run_status status) {
  run_state& run = changes_.run();
  delta& change = changes_.change();
  run.status = status;
  change.status = status;
  if (status == run_status::running && !run.started_at)
    run.started_at = change.started_at = changes_.now();
  if (status == run_status::failed) freeze();
  if (status == run_status::completed || status == run_status::cancelled)
    change.frozen_at = run.frozen_at = std::nullopt;
  run.finished_at = is_finished(status) ? std::optional{changes_.now()} : std::nullopt;
  change.finished_at = run.finished_at;
}

void lifecycle::freeze() {
  run_state& run = changes_.run();
  if (run.frozen_at) return;
  run.frozen_at = changes_.engine_time();
  changes_.change().frozen_at = run.frozen_at;
}

void lifecycle::thaw() {
  run_state& run = changes_.run();
  if (!run.frozen_at) return;
  const auto frozen_for = changes_.engine_time() - *run.frozen_at;
  for (const auto id : run.tokens.ids()) {
    token& t = *run.find_token(id);
    const bool is_delayed = t.timer && !t.timer->wall_clock;
    if (is_delayed) t.timer->due += frozen_for;
    if (t.first_try_at) *t.first_try_at += frozen_for;
    if (is_delayed || t.first_try_at) changes_.mark_changed(t);
  }
  run.frozen_at.reset();
  changes_.change().frozen_at = run.frozen_at;
}

void lifecycle::pause(const std::string& reason) {
  freeze();
  changes_.record(event_kind::run_pausing, reason_detail(reason));
}

void lifecycle::hold() {
  freeze();
  set_status(run_status::paused);
  changes_.record(event_kind::run_paused, {{"why", "not_started"}});
}

void lifecycle::resume(const std::string& reason) {
  thaw();
  if (changes_.run().status != run_status::running) set_status(run_status::running);
  changes_.record(event_kind::run_resumed, reason_detail(reason));
}

void lifecycle::pause_if_idle() {
  run_state& run = changes_.run();
  if (!run.pausing()) return;
  run.tokens.settle();
  if (run.tokens.under_way() > 0) return;
  set_status(run_status::paused);
  changes_.record(event_kind::run_paused);
}

void lifecycle::wake() {
  if (changes_.run().status == run_status::paused) set_status(run_status::running);
}

void lifecycle::pause_if_asking() {
  run_state& run = changes_.run();
  if (run.status != run_status::running) return;
  run.tokens.settle();
  const auto& tokens = run.tokens;
  const std::size_t asking = tokens.asking().size();
  const std::size_t stopped =
      tokens.count(token_phase::ended) + tokens.count(token_phase::gathering);
  if (asking == 0 || asking + stopped < tokens.size()) return;
  set_status(run_status::paused);
  changes_.record(event_kind::run_paused, {{"why", "interrupted"}});
}

}  // namespace pawl::flow
