#include "runtime/queries/explain_query.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <pawl/worker.hpp>

#include "actors/engine_context.hpp"
#include "flow/machine/machine.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"
#include "runtime/core.hpp"

namespace pawl {
namespace {

using persistence::view;

std::string_view name_of(actors::call_progress::stage stage) {
  switch (stage) {
    case actors::call_progress::stage::held:
      return "held";
    case actors::call_progress::stage::limited:
      return "limited";
    case actors::call_progress::stage::queued:
      return "queued";
    case actors::call_progress::stage::starting:
      return "starting";
    case actors::call_progress::stage::running:
      return "running";
  }
  return "";
}

template <class Visit>
void for_each_reason(run_explanation& in, const Visit& visit) {
  for (auto& each : in.run.reasons) visit(each);
  for (auto& run : in.subflows)
    for (auto& each : run.reasons) visit(each);
}

bool is_queued(const wait_reason& of) {
  return of.kind == "worker" && !of.detail.contains("worker");
}

}  // namespace

explain_query::explain_query(const engine_core& core, run_key key) : core_(core) {
  left_.push_back({std::move(key), 0});
}

result<bool> explain_query::read(read_budget& /*turn*/) {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const place at = std::move(left_.front());
  left_.erase(left_.begin());
  auto found = explain(*r, at);
  if (!found) return std::move(found).error();
  if (!begun_ && !*found) return persistence::no_such_run(at.run.id);
  if (!begun_) {
    made_.run = **std::move(found);
  } else if (*found) {  // a subflow that is being started is not stored yet
    made_.subflows.push_back(**std::move(found));
  }
  begun_ = true;
  return left_.empty();
}

result<std::optional<run_reasons>> explain_query::explain(const reading& r, const place& at) {
  if (r.context->suspects.is_quarantined(at.run)) {
    // Not loaded: its state may be what the process has died of.
    auto record = persistence::load_record(*r.now, at.run);
    if (!record) return std::move(record).error();
    if (*record) return std::optional{quarantined((*record)->summary)};
  }
  const auto loaded = persistence::load_run(*r.now, at.run);
  if (!loaded) return loaded.error();
  if (!*loaded) return std::optional<run_reasons>{};
  const flow::run_state& run = (*loaded)->state;
  const auto compiled = r.context->flows.get(*r.now, at.run.scope, run.flow);
  if (!compiled) return compiled.error();
  run_reasons made;
  made.run = flow::summarize(run);
  made.pausing = run.pausing();
  made.undoing = run.compensating.has_value();
  made.checkpoint = run.sequence;
  made.updated_at = run.updated_at;
  for (const auto& [number, signal] : run.inbox.all()) ++made.kept_signals[signal.type];
  auto found = flow::find_reasons(**compiled, run, r.context->engine_time->lead(), max_reasons);
  made.left_out = found.left_out;
  if (auto done = read_history(r, at.run, found.reasons); !done) return std::move(done).error();
  for (auto& each : found.reasons) {
    if (each.shown.kind == "function") add_call(r, run, each);
    if (is_queued(each.shown))
      if (auto done = add_task(r, run, each); !done) return std::move(done).error();
    if (each.shown.kind == "run") {
      const bool fits = made_.subflows.size() + left_.size() < max_subflows && at.depth < max_depth;
      if (fits) left_.push_back({{at.run.scope, run_id{each.shown.name}}, at.depth + 1});
      made_.subflows_left_out = made_.subflows_left_out || !fits;
    }
    made.reasons.push_back(std::move(each.shown));
  }
  return std::optional{std::move(made)};
}

run_reasons explain_query::quarantined(run_summary run) {
  wait_reason reason;
  reason.kind = "quarantine";
  reason.mover = "command";
  reason.since = run.finished_at;
  reason.detail["status"] = to_string(run.status);
  if (run.error)
    reason.detail["error"] = {{"type", run.error->type}, {"message", run.error->message}};
  reason.commands = {{"retry"}, {"restart"}};
  run_reasons made;
  made.updated_at = run.finished_at.value_or(run.created_at);
  made.run = std::move(run);
  made.reasons.push_back(std::move(reason));
  return made;
}

result<void> explain_query::read_history(const reading& r, const run_key& key,
                                         std::vector<flow::found_reason>& reasons) {
  const auto is_left = [&] {
    return std::any_of(reasons.begin(), reasons.end(),
                       [](const auto& each) { return each.wants_event; });
  };
  if (!is_left()) return {};
  std::size_t read = 0, bytes = 0;
  return persistence::visit_history_back(
      *r.now, key, std::numeric_limits<std::uint64_t>::max(),
      [&](const persistence::stored_checkpoint& what, std::size_t size) {
        for (auto event = what.events.rbegin(); event != what.events.rend(); ++event)
          for (auto& reason : reasons) flow::note_event(reason, *event, what.at);
        bytes += size;
        const bool goes_on =
            ++read < max_checkpoints && bytes < read_budget::max_bytes && is_left();
        return goes_on ? view::next::more : view::next::stop;
      });
}

void explain_query::add_call(const reading& r, const flow::run_state& run, flow::found_reason& of) {
  const bool compensates = of.shown.detail.contains("compensates");
  const auto progress = r.context->executor->progress_of(
      run.key, flow::idempotency_key(run.key, of.shown.node, of.shown.visit, compensates));
  json& detail = of.shown.detail;
  if (!progress) {
    // Called by the actor itself, or not yet.
    const bool lacks_place = r.context->waiting_calls.now().waiting > 0;
    detail["call"] = lacks_place ? "place" : "not_loaded";
    if (lacks_place) detail["waiting"] = r.context->waiting_calls.now().waiting;
    of.shown.mover = "engine";
    return;
  }
  detail["call"] = name_of(progress->now);
  using stage = actors::call_progress::stage;
  if (progress->now == stage::queued || progress->now == stage::limited) {
    detail["ahead"] = progress->ahead;
    detail["waiting"] = progress->waiting;
  }
  if (progress->now == stage::limited) {
    if (const auto function = r.context->functions->find_or_null(run.key.scope, of.shown.name))
      detail["max_concurrency"] = function->options.max_concurrency;
  }
  if (progress->now != stage::running) return;
  of.shown.since = progress->began_at;
  if (progress->left) of.shown.until = r.context->clock->now() + *progress->left;
}

result<void> explain_query::add_task(const reading& r, const flow::run_state& run,
                                     flow::found_reason& of) {
  const flow::token* const t = run.find_token(of.token);
  if (t == nullptr || !t->task || of.shown.held) return {};
  const persistence::keys::task_queue queue{run.key.scope, t->task->queue, t->task->code_ref};
  const std::string own =
      persistence::keys::queued({queue, t->task->since, {run.key, t->id}, t->visit, t->attempt});
  std::size_t ahead = 0;
  const auto scanned =
      r.now->scan(persistence::column::indexes, persistence::keys::queued_in(queue),
                  [&](std::string_view key, std::string_view) {
                    if (key >= own || ++ahead > max_ahead) return view::next::stop;
                    return view::next::more;
                  });
  if (!scanned) return scanned.error();
  of.shown.detail["ahead"] = std::min(ahead, max_ahead);
  return {};
}

bool waits_for_workers(const run_explanation& of) noexcept {
  const auto waits = [](const run_reasons& run) {
    return std::any_of(run.reasons.begin(), run.reasons.end(), is_queued);
  };
  return waits(of.run) || std::any_of(of.subflows.begin(), of.subflows.end(), waits);
}

void add_workers(run_explanation& to, const worker_overview& workers) {
  for_each_reason(to, [&](wait_reason& reason) {
    if (!is_queued(reason)) return;
    const std::string queue = reason.detail.value("queue", "");
    reason.detail["workers"] =
        std::count_if(workers.workers.begin(), workers.workers.end(), [&](const auto& each) {
          const auto& can = each.functions;
          return each.queue == queue && std::find(can.begin(), can.end(), reason.name) != can.end();
        });
  });
}

void add_sentences(run_explanation& to) {
  for_each_reason(to, [](wait_reason& reason) { reason.text = flow::sentence_of(reason); });
}

}  // namespace pawl
