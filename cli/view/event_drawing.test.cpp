// Every kind of event is visible in the tree.
#include <map>

#include "cli/view/tree_renderer.hpp"
#include "flow/machine/delta.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::cli;

namespace {

followed_run one_node(const char* type) {
  const json definition{
      {"name", "f"},
      {"nodes", {{{"id", "n"}, {"type", type}}, {{"id", "after"}, {"type", "end"}}}},
      {"edges", {{{"source", "n"}, {"target", "after"}}}}};
  std::vector<diagnostic> diagnostics;
  followed_run run;
  run.id = run_id{"r"};
  run.flow = {flow_name{"f"}, {1, 0, 0}};
  run.definition =
      std::make_shared<const flow::definition>(flow::parse_definition(definition, diagnostics));
  return run;
}

history_event event_of(std::string kind, json detail = json::object(), std::int64_t at_us = 0) {
  return {1, from_unix_us(at_us), std::move(kind), "n", 1, 1, std::move(detail)};
}

/// The drawing of a run after its events, 10 seconds after its start.
std::string drawn(const followed_run& run, const std::vector<history_event>& events) {
  run_progress progress{*run.definition};
  for (const auto& e : events) progress.apply(e);
  const canvas on{{false, true}, {200, 24}, from_unix_us(10'000'000), 0};
  std::string all;
  for (const auto& line : tree_renderer{run}.draw(progress, on, 0, true)) all += line.text + "\n";
  return all;
}

/// How an event is drawn: the events before it, and a text that the drawing has after it only.
struct drawing {
  std::vector<history_event> before;
  history_event event;
  std::string shown;
  const char* node_type = "task";
};

using flow::event_kind;

std::vector<std::pair<event_kind, drawing>> run_drawings() {
  return {
      {event_kind::run_created, {{}, event_of("run_created"), "✔ n", "start"}},
      {event_kind::run_completed, {{}, event_of("run_completed"), "completed"}},
      {event_kind::run_failed, {{event_of("step_started")}, event_of("run_failed"), "◌ n", "task"}},
      {event_kind::run_cancelled,
       {{}, event_of("run_cancelled", {{"reason", "late"}}), "cancelled: late"}},
      {event_kind::run_retried, {{}, event_of("run_retried"), "retried"}},
      {event_kind::run_pausing, {{}, event_of("run_pausing"), "pausing"}},
      {event_kind::run_paused, {{}, event_of("run_paused"), "paused"}},
      {event_kind::run_resumed, {{}, event_of("run_resumed"), "resumed"}},
      {event_kind::data_updated,
       {{}, event_of("data_updated", {{"keys", {"a"}}}), "data changed: [\"a\"]"}},
      {event_kind::signal_received,
       {{}, event_of("signal_received", {{"signal", "go"}}), "received signal go"}},
      {event_kind::compensating,
       {{},
        event_of("compensating", {{"steps", 2}, {"awaited", 1}}),
        "compensating 2 steps, 1 call still under way"}},
      {event_kind::branches_merged,
       {{}, event_of("branches_merged", {{"branches", 2}}), "merged 2 branches"}},
  };
}

std::vector<std::pair<event_kind, drawing>> step_drawings() {
  const auto started = event_of("step_started");
  const auto began = event_of("map_began", {{"items", 4}});
  return {
      {event_kind::step_started, {{}, started, "⠋ n"}},
      {event_kind::step_finished, {{started}, event_of("step_finished", {{"us", 1'000}}), "✔ n"}},
      {event_kind::step_failed,
       {{started}, event_of("step_failed", {{"type", "x"}, {"message", "no"}}), "✖ n"}},
      {event_kind::condition_evaluated,
       {{}, event_of("condition_evaluated", {{"result", true}}), "true", "condition"}},
      {event_kind::in_doubt,
       {{started}, event_of("in_doubt", {{"why", "it timed out"}}), "in doubt: it timed out"}},
      {event_kind::step_restarted,
       {{started}, event_of("step_restarted", {{"calls", 2}}), "called again, 2 calls"}},
      {event_kind::child_started,
       {{started}, event_of("child_started", {{"run", "sub-1"}}), "run sub-1", "subflow"}},
      {event_kind::map_began, {{started}, began, "0 of 4 items", "map"}},
      {event_kind::item_finished,
       {{started, began},
        event_of("item_finished"),
        "━━━━━───────────────  25%  1 of 4 items",
        "map"}},
      {event_kind::item_failed,
       {{started, began}, event_of("item_failed"), "1 of 4 items, 1 failed", "map"}},
  };
}

std::vector<std::pair<event_kind, drawing>> wait_drawings() {
  const auto started = event_of("step_started");
  const auto awaited = event_of("signal_awaited", {{"signal", "go"}});
  const auto asked = event_of("interrupted", {{"question", "n#1.1"}, {"value", "Pay?"}});
  const auto queued = event_of("task_queued", {{"queue", "q"}, {"code_ref", "f"}});
  const auto leased = event_of("task_leased", {{"worker", "w1"}});
  return {
      {event_kind::signal_awaited, {{}, awaited, "◷ n      10.0s  waits for signal go", "signal"}},
      {event_kind::signal_claimed,
       {{awaited}, event_of("signal_claimed", {{"signal", "go"}}), "received go", "signal"}},
      {event_kind::retry_scheduled,
       {{started},
        event_of("retry_scheduled", {{"wait_ms", 12'500}, {"type", "x"}, {"message", "no"}}),
        "◷ n      10.0s  waits for attempt 2, 2.50s left  x: no"}},
      {event_kind::wait_began,
       {{started},
        event_of("wait_began", {{"ms", 70'000}}),
        "waits for time, 1m 00s left",
        "wait"}},
      {event_kind::timer_fired,
       {{started, event_of("wait_began", {{"ms", 1'000}})},
        event_of("timer_fired"),
        "timer fired",
        "wait"}},
      {event_kind::interrupted, {{started}, asked, "waits for answer to Pay?", "interrupt"}},
      {event_kind::answered, {{started, asked}, event_of("answered"), "answered", "interrupt"}},
      {event_kind::task_queued, {{started}, queued, "waits for worker for f in queue q"}},
      {event_kind::task_leased, {{started, queued}, leased, "by w1"}},
      {event_kind::lease_lost,
       {{started, queued, leased},
        event_of("lease_lost", {{"worker", "w1"}}),
        "waits for worker  worker w1 was lost"}},
  };
}

std::vector<std::pair<event_kind, drawing>> branch_drawings() {
  const auto started = event_of("step_started");
  const auto arrived = event_of("branch_arrived");
  const auto compensation = event_of("compensation_started");
  return {
      {event_kind::edge_taken,
       {{}, event_of("edge_taken", {{"to", "after"}, {"why", "error"}}), "to after after error"}},
      {event_kind::forked, {{}, event_of("forked", {{"branches", 3}}), "3 branches", "parallel"}},
      {event_kind::branch_ended, {{}, event_of("branch_ended"), "end of a branch"}},
      {event_kind::branch_arrived,
       {{}, arrived, "waits for other branches, 1 branch here", "join"}},
      {event_kind::branches_joined,
       {{arrived}, event_of("branches_joined", {{"branches", 2}}), "2 branches", "join"}},
      {event_kind::branch_dropped, {{started}, event_of("branch_dropped"), "dropped"}},
      {event_kind::compensation_started, {{}, compensation, "compensating"}},
      {event_kind::compensation_finished,
       {{compensation}, event_of("compensation_finished", {{"us", 5}}), "↺ n"}},
      {event_kind::compensation_skipped,
       {{compensation},
        event_of("compensation_skipped", {{"reason", "done by hand"}}),
        "compensation skipped: done by hand"}},
      {event_kind::compensation_failed,
       {{compensation},
        event_of("compensation_failed", {{"message", "no"}}),
        "compensation failed  no"}},
  };
}

std::map<event_kind, drawing> all_drawings() {
  std::map<event_kind, drawing> all;
  for (const auto& some : {run_drawings(), step_drawings(), wait_drawings(), branch_drawings()})
    all.insert(some.begin(), some.end());
  return all;
}

}  // namespace

TEST_CASE("every kind of event is drawn", "[tree]") {
  const auto all = all_drawings();
  for (int n = 0; n <= static_cast<int>(flow::last_event_kind); ++n) {
    const auto kind = static_cast<event_kind>(n);
    if (to_string(kind) == "unknown") continue;  // a reserved number
    INFO("the event kind " << to_string(kind)
                           << " has no drawing: add it to cli/view/progress_events.cpp and here");
    REQUIRE(all.contains(kind));
    const drawing& one = all.at(kind);
    CHECK(one.event.kind == to_string(kind));
    const auto run = one_node(one.node_type);
    auto events = one.before;
    CHECK(drawn(run, events).find(one.shown) == std::string::npos);
    events.push_back(one.event);
    const std::string after = drawn(run, events);
    CAPTURE(after);
    CHECK(after.find(one.shown) != std::string::npos);
  }
}

TEST_CASE("a step that waits for its next attempt is not drawn as running", "[tree]") {
  const auto run = one_node("task");
  const auto started = event_of("step_started");
  const auto again =
      event_of("retry_scheduled", {{"wait_ms", 20'000}, {"type", "x"}, {"message", "no"}});
  run_progress progress{*run.definition};
  progress.apply(started);
  progress.apply(again);
  CHECK(progress.active().empty());
  CHECK(progress.nodes()[0].phase == node_phase::waiting);
  progress.apply(event_of("timer_fired"));
  progress.apply(started);
  CHECK(progress.active() == std::vector<std::string>{"n"});
  progress.apply(event_of("step_finished", {{"us", 5}}));
  CHECK(progress.active().empty());
  CHECK(progress.nodes()[0].phase == node_phase::done);
  CHECK(progress.nodes()[0].note.empty());
}

TEST_CASE("the state of a run says until when its nodes wait", "[tree]") {
  const auto run = one_node("signal");
  run_progress progress{*run.definition};
  progress.apply(event_of("signal_awaited", {{"signal", "go"}}));
  run_view view;
  view.waiting_on.push_back({"n", "signal", "go", from_unix_us(13'000'000)});
  progress.apply(view);
  const canvas on{{false, false}, {80, 24}, from_unix_us(10'000'000), 0};
  const auto lines = tree_renderer{run}.draw(progress, on, 0, false);
  CHECK(lines.at(2).text.find("~ n      10.0s  waits for signal go, 3.00s left") !=
        std::string::npos);
}
