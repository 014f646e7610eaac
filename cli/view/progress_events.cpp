// How each kind of event changes the progress of a run.
#include <map>

#include "cli/text.hpp"
#include "cli/view/progress.hpp"

namespace pawl::cli {
namespace {

using flow::event_kind;

/// What an event concerns.
enum class subject { run, step, wait, branch, compensation };

/// A new kind of event must get a case here and in the function for its subject; the compiler and
/// the test "every kind of event is drawn" remind of both.
subject subject_of(event_kind kind) noexcept {
  switch (kind) {
    case event_kind::run_created:
    case event_kind::run_completed:
    case event_kind::run_failed:
    case event_kind::run_cancelled:
    case event_kind::run_retried:
    case event_kind::run_pausing:
    case event_kind::run_paused:
    case event_kind::run_resumed:
    case event_kind::data_updated:
    case event_kind::signal_received:
    case event_kind::compensating:
    case event_kind::branches_merged:
      return subject::run;
    case event_kind::step_started:
    case event_kind::step_finished:
    case event_kind::step_failed:
    case event_kind::condition_evaluated:
    case event_kind::in_doubt:
    case event_kind::step_restarted:
    case event_kind::child_started:
    case event_kind::map_began:
    case event_kind::item_finished:
    case event_kind::item_failed:
      return subject::step;
    case event_kind::signal_awaited:
    case event_kind::signal_claimed:
    case event_kind::retry_scheduled:
    case event_kind::wait_began:
    case event_kind::timer_fired:
    case event_kind::interrupted:
    case event_kind::answered:
    case event_kind::task_queued:
    case event_kind::task_leased:
    case event_kind::lease_lost:
      return subject::wait;
    case event_kind::edge_taken:
    case event_kind::forked:
    case event_kind::branch_ended:
    case event_kind::branch_arrived:
    case event_kind::branches_joined:
    case event_kind::branch_dropped:
      return subject::branch;
    case event_kind::compensation_started:
    case event_kind::compensation_finished:
    case event_kind::compensation_failed:
    case event_kind::compensation_skipped:
      return subject::compensation;
  }
  return subject::run;
}

std::optional<event_kind> parse_event_kind(std::string_view text) {
  static const auto kinds = [] {
    std::map<std::string_view, event_kind> all;
    for (std::size_t n = 0; n <= static_cast<std::size_t>(flow::last_event_kind); ++n)
      all.emplace(to_string(static_cast<event_kind>(n)), static_cast<event_kind>(n));
    all.erase("unknown");
    return all;
  }();
  const auto found = kinds.find(text);
  if (found == kinds.end()) return std::nullopt;
  return found->second;
}

std::string text_of(const json& detail, const char* key) {
  const auto found = detail.find(key);
  if (found == detail.end()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string failure_of(const json& detail) {
  const std::string type = text_of(detail, "type");
  return (type.empty() ? "" : type + ": ") + text_of(detail, "message");
}

std::string with_reason(std::string text, const json& detail) {
  const std::string reason = text_of(detail, "reason");
  return reason.empty() ? text : text + ": " + reason;
}

std::string branches_of(const json& detail) {
  return counted(detail.value("branches", std::size_t{0}), "branch", "branches");
}

/// A branch that executed the node waits now.
void rest(node_progress& n, const history_event& e, std::string wait) {
  if (n.running > 0) --n.running;
  ++n.waiting;
  n.visit = e.visit;
  n.attempt = std::max(n.attempt, e.attempt);
  n.since = e.at;
  n.until.reset();
  n.fraction.reset();
  n.wait = std::move(wait);
  n.info.clear();
  n.phase = n.running > 0 ? node_phase::running : node_phase::waiting;
}

/// A branch that waited at the node continues.
void proceed(node_progress& n) {
  if (n.waiting > 0) --n.waiting;
  if (n.waiting > 0) return;
  n.until.reset();
  n.wait.clear();
}

/// Sets the phase of a node after one of its branches has left it.
void settle(node_progress& n, node_phase otherwise) {
  n.phase = n.running > 0 ? node_phase::running : n.waiting > 0 ? node_phase::waiting : otherwise;
}

}  // namespace

void run_progress::apply(const history_event& e) {
  if (e.kind == "step_progress") {
    if (const auto at = find(e.node)) nodes_[*at].fraction = e.detail.value("fraction", 0.0);
    return;
  }
  const auto kind = parse_event_kind(e.kind);
  if (!kind) return;
  const subject about = subject_of(*kind);
  if (about == subject::run) return apply_to_run(*kind, e);
  const auto at = find(e.node);
  if (!at) return;
  if (about == subject::step) return apply_to_step(*kind, e, *at);
  if (about == subject::branch) return apply_to_branch(*kind, e, *at);
  if (about == subject::compensation) return apply_to_compensation(*kind, e, nodes_[*at]);
  apply_to_wait(*kind, e, nodes_[*at]);
  if (*kind != event_kind::signal_claimed) return;
  settle(nodes_[*at], node_phase::done);
  leave_by_plain_edges(*at);
}

void run_progress::apply_to_run(event_kind kind, const history_event& e) {
  switch (kind) {
    case event_kind::run_created:
      run_note_.clear();
      if (!nodes_.empty()) enter(entry_);
      return;
    case event_kind::run_completed:
      run_note_ = "completed";
      return end_all(node_phase::done);
    case event_kind::run_failed:
      run_note_ = "failed";
      return end_all(node_phase::halted);
    case event_kind::run_cancelled:
      run_note_ =
          with_reason(e.detail.value("terminated", false) ? "terminated" : "cancelled", e.detail);
      return end_all(node_phase::halted);
    case event_kind::run_retried:
      run_note_ = with_reason("retried", e.detail);
      return;
    case event_kind::run_pausing:
      run_note_ = with_reason("pausing", e.detail);
      return;
    case event_kind::run_paused:
      run_note_ = text_of(e.detail, "why") == "interrupted" ? "waits for an answer" : "paused";
      return;
    case event_kind::run_resumed:
      run_note_ = with_reason("resumed", e.detail);
      return;
    case event_kind::data_updated:
      run_note_ = "data changed: " + text_of(e.detail, "keys");
      return;
    case event_kind::signal_received:
      run_note_ = "received signal " + text_of(e.detail, "signal");
      return;
    case event_kind::compensating:
      run_note_ = "compensating " + counted(e.detail.value("steps", std::size_t{0}), "step");
      if (const auto awaited = e.detail.value("awaited", std::size_t{0}); awaited > 0)
        run_note_ += ", " + counted(awaited, "call") + " still under way";
      for (auto& n : nodes_) {
        const bool halts = n.phase == node_phase::waiting;
        n.waiting = 0;
        if (halts) n.phase = node_phase::halted;
      }
      return;
    case event_kind::branches_merged:
      run_note_ = "merged " + branches_of(e.detail);
      return;
    default:
      return;
  }
}

void run_progress::apply_to_step(event_kind kind, const history_event& e, std::size_t node) {
  auto& n = nodes_[node];
  switch (kind) {
    case event_kind::step_started:
      n.phase = node_phase::running;
      ++n.running;
      n.visit = e.visit;
      n.attempt = e.attempt;
      n.since = e.at;
      n.fraction.reset();
      if (n.waiting == 0) n.until.reset();
      n.note.clear();
      return;
    case event_kind::step_finished:
    case event_kind::step_failed:
      return finish_step(e, node, kind == event_kind::step_finished);
    case event_kind::condition_evaluated:
      n.phase = node_phase::done;
      n.visit = e.visit;
      n.condition = e.detail.value("result", false);
      return leave_by_plain_edges(node);
    case event_kind::in_doubt:
      n.note = "in doubt";
      if (const auto why = text_of(e.detail, "why"); !why.empty()) n.note += ": " + why;
      return;
    case event_kind::step_restarted:
      if (n.running == 0) ++n.running;
      n.phase = node_phase::running;
      n.since = e.at;
      n.info = "called again, " + counted(e.detail.value("calls", std::size_t{0}), "call");
      return;
    case event_kind::child_started:
      n.info = "run " + text_of(e.detail, "run");
      return;
    case event_kind::map_began:
      n.items = item_counts{e.detail.value("items", std::size_t{0})};
      return;
    case event_kind::item_finished:
    case event_kind::item_failed:
      if (!n.items) n.items.emplace();
      ++(kind == event_kind::item_finished ? n.items->finished : n.items->failed);
      return;
    default:
      return;
  }
}

void run_progress::finish_step(const history_event& e, std::size_t node, bool succeeded) {
  auto& n = nodes_[node];
  if (n.running > 0) --n.running;
  // The time of a wait and of a map is not the time of a function.
  const bool waited = e.detail.value("us", std::int64_t{0}) == 0 && n.since;
  n.took_us = waited ? (e.at - *n.since).count() : e.detail.value("us", std::int64_t{0});
  settle(n, succeeded ? node_phase::done : node_phase::failed);
  n.fraction.reset();
  if (!succeeded) n.note = failure_of(e.detail);
  if (!succeeded) return;
  ++steps_done_;
  leave_by_plain_edges(node);
}

void run_progress::apply_to_wait(event_kind kind, const history_event& e, node_progress& n) {
  switch (kind) {
    case event_kind::signal_awaited:
      return rest(n, e, "signal " + text_of(e.detail, "signal"));
    case event_kind::retry_scheduled:
      rest(n, e, "attempt " + std::to_string(e.attempt + 1));
      n.until = e.at + std::chrono::milliseconds{e.detail.value("wait_ms", std::int64_t{0})};
      n.note = failure_of(e.detail);
      return;
    case event_kind::wait_began:
      rest(n, e, "time");
      if (const auto until = parse_rfc3339(text_of(e.detail, "until"))) {
        n.until = *until;
      } else {
        n.until = e.at + std::chrono::milliseconds{e.detail.value("ms", std::int64_t{0})};
      }
      return;
    case event_kind::interrupted:
      return rest(n, e,
                  e.detail.value("for_pause", false) ? "resume"
                                                     : "answer to " + text_of(e.detail, "value"));
    case event_kind::task_queued:
      return rest(n, e,
                  "worker for " + text_of(e.detail, "code_ref") + " in queue " +
                      text_of(e.detail, "queue"));
    case event_kind::lease_lost:
      rest(n, e, "worker");
      n.note = "worker " + text_of(e.detail, "worker") +
               (e.detail.value("given_back", false) ? " gave the task back" : " was lost");
      n.info.clear();
      return;
    case event_kind::task_leased:
      proceed(n);
      ++n.running;
      n.phase = node_phase::running;
      n.since = e.at;
      n.info = "by " + text_of(e.detail, "worker");
      return;
    case event_kind::timer_fired:
      n.info = n.waiting > 0 ? "timer fired" : "timed out";
      proceed(n);
      return settle(n, n.phase);
    case event_kind::signal_claimed:
      n.visit = e.visit;
      n.info = "received " + text_of(e.detail, "signal");
      if (n.since && n.waiting > 0) n.took_us = (e.at - *n.since).count();
      return proceed(n);
    case event_kind::answered:
      n.info = "answered";
      proceed(n);
      return settle(n, n.phase);
    default:
      return;
  }
}

void run_progress::apply_to_branch(event_kind kind, const history_event& e, std::size_t node) {
  auto& n = nodes_[node];
  switch (kind) {
    case event_kind::edge_taken: {
      const std::string to = text_of(e.detail, "to"), why = text_of(e.detail, "why");
      n.info = "to " + to + (why == "error" || why == "timeout" ? " after " + why : "");
      proceed(n);
      if (why == "timeout" || n.phase == node_phase::waiting) settle(n, node_phase::done);
      if (const auto target = find(to)) enter(*target);
      return;
    }
    case event_kind::forked:
      n.info = branches_of(e.detail);
      if (completion_event(types_[node]) != "forked") return;
      n.phase = node_phase::done;
      n.visit = e.visit;
      return leave_by_plain_edges(node);
    case event_kind::branch_ended:
      n.info = "end of a branch";
      return;
    case event_kind::branch_arrived:
      ++n.waiting;  // each branch that arrives is a visit
      n.phase = node_phase::waiting;
      if (n.waiting == 1) n.since = e.at;
      n.wait = "other branches, " + counted(n.waiting, "branch", "branches") + " here";
      return;
    case event_kind::branches_joined:
      n.info = branches_of(e.detail);
      n.waiting = 0;
      n.wait.clear();
      if (n.since) n.took_us = (e.at - *n.since).count();
      n.phase = node_phase::done;
      return leave_by_plain_edges(node);
    case event_kind::branch_dropped:
      if (n.running > 0) --n.running;
      proceed(n);
      n.info = "dropped";
      return settle(n, node_phase::halted);
    default:
      return;
  }
}

void run_progress::apply_to_compensation(event_kind kind, const history_event& e,
                                         node_progress& n) {
  n.running = n.waiting = 0;
  n.until.reset();
  n.wait.clear();
  switch (kind) {
    case event_kind::compensation_started:
      n.phase = node_phase::compensating;
      n.attempt = e.attempt;
      n.since = e.at;
      n.info = "compensating";
      return;
    case event_kind::compensation_finished:
      n.phase = node_phase::compensated;
      n.took_us = e.detail.value("us", std::int64_t{0});
      n.info = "compensated";
      return;
    case event_kind::compensation_failed:
      n.phase = node_phase::failed;
      n.info = "compensation failed";
      n.note = failure_of(e.detail);
      return;
    case event_kind::compensation_skipped:
      n.phase = node_phase::halted;
      n.info = with_reason("compensation skipped", e.detail);
      return;
    default:
      return;
  }
}

}  // namespace pawl::cli
