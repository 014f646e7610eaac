#include "flow/analysis/explain.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "flow/nodes/node.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/random_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

/// The reasons of a run, with what its history adds.
std::vector<wait_reason> reasons_of(const driven_run& run, std::size_t most = 100) {
  auto found = find_reasons(run.flow(), run.state(), {}, most);
  std::vector<wait_reason> reasons;
  for (auto& each : found.reasons) {
    for (auto event = run.events().rbegin(); event != run.events().rend(); ++event)
      note_event(each, *event, run.now());
    each.shown.text = sentence_of(each.shown);
    reasons.push_back(std::move(each.shown));
  }
  return reasons;
}

/// The only reason of a run.
wait_reason the_reason(const driven_run& run) {
  const auto reasons = reasons_of(run);
  REQUIRE(reasons.size() == 1);
  return reasons.front();
}

driven_run begun(json source) {
  driven_run run{std::move(source)};
  REQUIRE(run.begin());
  run.settle();
  return run;
}

/// A run of one node after the start.
driven_run begun_with(json node) {
  return begun(chain({start(), std::move(node), end()}));
}

// The random test: does what a reason names, and reports whether the run has moved.

enum class effect_of_move { moved, refused, not_a_move };

effect_of_move tried(driven_run& run, command c) {
  const auto given = run.apply(std::move(c));
  if (!given) return effect_of_move::refused;
  return run.last().changes_nothing() ? effect_of_move::refused : effect_of_move::moved;
}

effect_of_move finish_call(driven_run& run, const token& t) {
  const auto& place = run.flow().at(t.node);
  step_outcome_command outcome{t.id,           place.id,  t.visit,  t.attempt,
                               json::object(), run.now(), run.now()};
  if (t.task && t.task->lease == 0) {
    return tried(run, lease_command{t.id,
                                    t.task->code_ref,
                                    t.visit,
                                    t.attempt,
                                    {1'000'000, "w", std::chrono::seconds{30}, {}}});
  }
  if (t.task) outcome.lease = t.task->lease;
  if (t.child && !t.child->started) return tried(run, child_started_command{t.id, t.child->id});
  return tried(run, std::move(outcome));
}

effect_of_move do_command(driven_run& run, const moving_command& what) {
  if (what.command == "resume") return tried(run, resume_command{});
  if (what.command == "retry") return tried(run, retry_command{});
  if (what.command == "skip") return tried(run, skip_command{std::nullopt, "", what.name});
  return effect_of_move::not_a_move;  // "restart" starts another run
}

/// Sends signals until one is claimed: a node may refuse those that do not fit its condition.
effect_of_move send_signal(driven_run& run, const found_reason& by) {
  for (const json& payload : {json::object(), json(1), json("go"), json(true)}) {
    if (tried(run, signal_command{by.shown.name, payload, ""}) != effect_of_move::moved)
      return effect_of_move::not_a_move;  // the inbox is full
    const auto& events = run.last().change.events;
    const bool claimed = std::any_of(events.begin(), events.end(), [](const event& e) {
      return e.kind == event_kind::signal_claimed;
    });
    if (claimed) return effect_of_move::moved;
    if (!run.flow().at(by.node).behaviour->filters_signals()) return effect_of_move::refused;
  }
  return effect_of_move::not_a_move;
}

/// Does what moves the run by this reason.
effect_of_move move_by(driven_run& run, const found_reason& by) {
  const wait_reason& reason = by.shown;
  if (reason.held) return effect_of_move::not_a_move;
  if (reason.mover == "time") {
    REQUIRE(reason.until);
    if (*reason.until > run.now())
      run.advance_clock(std::chrono::ceil<std::chrono::milliseconds>(*reason.until - run.now()));
    return tried(run, timer_command{});
  }
  if (reason.mover == "signal") return send_signal(run, by);
  if (reason.mover == "answer") {
    const bool in_doubt = reason.detail.contains("in_doubt");
    resume_command answer;
    answer.question = reason.name;
    answer.answer = in_doubt ? json{{"again", true}} : json::object();
    return tried(run, std::move(answer));
  }
  if (reason.mover == "engine") return tried(run, advance_command{});
  if (by.token != 0 && reason.mover != "branches")
    return finish_call(run, *run.state().find_token(by.token));
  if (reason.mover != "command") return effect_of_move::not_a_move;
  auto best = effect_of_move::not_a_move;
  for (const auto& command : reason.commands) {
    driven_run copy = run;
    const auto moved = do_command(copy, command);
    INFO("command " << command.command << " " << command.name);
    CHECK(moved != effect_of_move::refused);
    if (moved == effect_of_move::moved) best = moved;
  }
  return best;
}

}  // namespace

TEST_CASE("every wait of every node type has its sentence", "[explain]") {
  SECTION("wait") {
    const auto run = begun_with(node_of("w", "wait", {{"duration", "1h"}}));
    const auto reason = the_reason(run);
    CHECK(reason.text == "Waits at \"w\" for its timer.");
    CHECK(reason.mover == "time");
    CHECK(reason.since.has_value());
    CHECK(reason.until == next_timer(run.state()));
  }
  SECTION("a signal with a time-out") {
    const auto run = begun_with(node_of("ok", "signal", {{"name", "approved"}, {"timeout", "1d"}}));
    const auto reason = the_reason(run);
    CHECK(reason.text == "Waits at \"ok\" for the signal \"approved\".");
    CHECK(reason.commands == std::vector<moving_command>{{"signal", "approved"}});
    CHECK(reason.until.has_value());
  }
  SECTION("an await of a question and of signals that do not fit") {
    auto run = begun_with(
        node_of("a", "await",
                {{"for", {{{"answer", "ok?"}}, {{"signal", "go"}, {"when", var("result.yes")}}}}}));
    REQUIRE(run.apply(signal_command{"go", {{"yes", false}}, ""}));
    const auto reasons = reasons_of(run);
    REQUIRE(reasons.size() == 2);
    CHECK(reasons[0].text == "Waits at \"a\" for an answer to the question \"a#1.1\".");
    CHECK(reasons[0].detail["question"] == "ok?");
    CHECK(
        reasons[1].text ==
        "Waits at \"a\" for the signal \"go\". 1 signal of this type does not fit its condition.");
  }
  SECTION("a question") {
    const auto run = begun_with(node_of("q", "interrupt", {{"question", "Pay?"}}));
    const auto reason = the_reason(run);
    CHECK(reason.kind == "answer");
    CHECK(reason.since.has_value());
    CHECK(reason.commands == std::vector<moving_command>{{"answer", "q#1.1"}});
  }
  SECTION("a step that is in doubt") {
    auto run = begun_with(task("pay", {{"effect", "once"}}));
    const auto call = *run.call_of("pay");
    REQUIRE(run.apply(in_doubt_command{call.token, "pay", call.visit, call.attempt}));
    CHECK(the_reason(run).text ==
          "It is unknown whether the step at \"pay\" took effect: its call was interrupted. Waits "
          "for an answer.");
  }
  SECTION("a step that is in doubt after its time-out") {
    auto run = begun_with(task("pay", {{"effect", "once"}}));
    REQUIRE(run.finish("pay", error{errc::timed_out, "the call timed out after 5s"}));
    CHECK(the_reason(run).text ==
          "It is unknown whether the step at \"pay\" took effect: the call timed out after 5s. "
          "Waits for an answer.");
  }
  SECTION("a function, then its retry") {
    auto run = begun_with(task("pay", {{"retry", {{"initial_interval", "1m"}}}}));
    CHECK(the_reason(run).text == "Waits for the call of \"test.pay\" at \"pay\" to return.");
    REQUIRE(run.finish("pay", error{errc::function_failed, "no money", "declined"}));
    const auto reason = the_reason(run);
    CHECK(reason.text ==
          "The step at \"pay\" is retried after its back-off; attempt 1 failed: declined: no "
          "money.");
    CHECK(reason.until.has_value());
    CHECK(reason.detail["error"]["type"] == "declined");
  }
  SECTION("a task, queued and leased") {
    auto run = begun_with(task("pay", {{"queue", "gpu"}}));
    const auto call = *run.call_of("pay");
    REQUIRE(run.apply(
        enqueue_task_command{call.token, "pay", call.visit, call.attempt, "gpu", call.code_ref}));
    auto reason = the_reason(run);
    CHECK(reason.text == "The task of \"test.pay\" at \"pay\" is in the queue \"gpu\".");
    reason.detail["ahead"] = 0;
    CHECK(sentence_of(reason) == reason.text);
    reason.detail["ahead"] = 3;
    reason.detail["workers"] = 0;
    CHECK(sentence_of(reason) ==
          "The task of \"test.pay\" at \"pay\" is in the queue \"gpu\", behind 3 tasks of this "
          "function; no worker asks for it.");
    REQUIRE(run.apply(lease_command{call.token,
                                    call.code_ref,
                                    call.visit,
                                    call.attempt,
                                    {7, "w1", std::chrono::seconds{30}, {}}}));
    reason = the_reason(run);
    CHECK(reason.text == "Worker \"w1\" works on the task of \"test.pay\" at \"pay\".");
    CHECK(reason.detail["lease_ms"] == 30'000);
  }
  SECTION("a subflow") {
    auto run = begun_with(node_of("sub", "subflow", {{"flow", "other"}}));
    const auto call = *run.call_of("sub");
    const std::string id = call.child->id.str();
    CHECK(the_reason(run).text ==
          "Waits at \"sub\" for its subflow, run " + id + ", which is being started.");
    REQUIRE(run.apply(child_started_command{call.token, call.child->id}));
    const auto reason = the_reason(run);
    CHECK(reason.text == "Waits at \"sub\" for its subflow, run " + id + ".");
    CHECK(reason.name == id);
  }
  SECTION("a join, and a map") {
    const auto joined =
        begun(flow_of({node_of("p", "parallel"), task("a"),
                       node_of("go", "signal", {{"name", "s"}}), node_of("j", "join")},
                      {edge("p", "a"), edge("p", "go"), edge("a", "j"), edge("go", "j")}));
    auto half = joined;
    REQUIRE(half.finish("a"));
    auto reasons = reasons_of(half);
    REQUIRE(reasons.size() == 2);
    CHECK(reasons[0].kind == "signal");
    CHECK(reasons[1].text ==
          "The join \"j\" waits for other branches: 1 of 2 branches have arrived.");
    const auto mapped = begun(
        flow_of({node_of("m", "map", {{"items", json::array({1, 2, 3})}, {"max_concurrency", 2}}),
                 task("each")},
                {edge_on("each", "m", "each")}));
    reasons = reasons_of(mapped);
    REQUIRE(reasons.size() == 3);
    CHECK(reasons[2].text == "The map \"m\" has finished 0 of 3 items; 2 are under way.");
  }
  SECTION("pausing, then paused") {
    auto run = begun(flow_of({node_of("p", "parallel"), task("a"), task("b"),
                              node_of("w", "wait", {{"duration", "1h"}})},
                             {edge("p", "a"), edge("a", "b"), edge("p", "w")}));
    REQUIRE(run.apply(pause_command{std::nullopt, "maintenance"}));
    auto reasons = reasons_of(run);
    REQUIRE(reasons.size() == 3);
    CHECK(reasons[0].text ==
          "The run pauses when its calls have returned; no new step starts (maintenance).");
    CHECK(reasons[2].held);
    CHECK_FALSE(reasons[2].until);
    REQUIRE(run.finish("a"));
    reasons = reasons_of(run);
    REQUIRE(reasons.size() == 3);
    CHECK(reasons[0].text == "A command has paused the run: maintenance");
    CHECK(reasons[0].commands == std::vector<moving_command>{{"resume", ""}});
    CHECK(reasons[1].kind == "step");
    CHECK(reasons[2].text == "Waits at \"w\" for its timer. This is held while the run is paused.");
    CHECK(reasons[2].detail["left_ms"] > 3'000'000);
  }
  SECTION("a failure") {
    auto run = begun_with(task("pay"));
    REQUIRE(run.finish("pay", error{errc::function_failed, "no money", "declined"}));
    auto reason = the_reason(run);
    CHECK(reason.text == "The run has failed at \"pay\": declined: no money.");
    CHECK(reason.commands == std::vector<moving_command>{{"retry", ""}, {"restart", ""}});
    reason = the_reason(begun(chain({start(), node_of("no", "fail", {{"message", "never"}})})));
    CHECK(mentions(reason.text, "on purpose"));
  }
  SECTION("a failed compensation, then a compensated run") {
    auto run = begun(chain({start(), task("pay", {{"compensate", {{"code_ref", "test.refund"}}}}),
                            node_of("no", "fail", {{"message", "never"}})}));
    REQUIRE(run.finish("pay"));
    CHECK(the_reason(run).text ==
          "Waits for the compensating call of \"test.refund\" at \"pay\" to return.");
    auto failed = run;
    REQUIRE(failed.finish("pay", error{errc::function_failed, "closed", "down"}));
    const auto stuck = the_reason(failed);
    CHECK(mentions(stuck.text, "A compensation has failed at \"pay\""));
    CHECK(stuck.commands ==
          std::vector<moving_command>{{"retry", ""}, {"skip", "pay"}, {"restart", ""}});
    REQUIRE(run.finish("pay"));
    const auto over = the_reason(run);
    CHECK(over.commands == std::vector<moving_command>{{"restart", ""}});
  }
  SECTION("the end, and a quarantine") {
    auto run = begun_with(task("pay"));
    auto stopped = run;
    REQUIRE(stopped.apply(quarantine_command{"it crashed"}));
    CHECK(the_reason(stopped).text ==
          "The run is quarantined until it is retried: engine.quarantined: it crashed");
    REQUIRE(run.finish("pay"));
    CHECK(the_reason(run).text == "The run is completed.");
    CHECK(the_reason(run).mover == "nobody");
  }
}

TEST_CASE("an explanation is bounded, and keeps those that wait for others for the end",
          "[explain]") {
  const auto run =
      begun(flow_of({node_of("m", "map", {{"items", json::array({1, 2, 3})}}), task("each")},
                    {edge_on("each", "m", "each")}));
  const auto found = find_reasons(run.flow(), run.state(), {}, 2);
  CHECK(found.reasons.size() == 2);
  CHECK(found.left_out == 2);
  CHECK(found.reasons.front().shown.kind == "function");
}

TEST_CASE("explain names what moves a random run", "[explain][random]") {
  std::map<std::string, int> kinds, movers;
  for (std::uint64_t seed = 1; seed <= 1200; ++seed) {
    random_run sim{seed};
    INFO("seed " << seed << "\n" << sim.source().dump());
    if (!sim.run().begin(sim.input(), sim.metadata(), seed % 2)) continue;
    for (int step = 0; step < 60; ++step) {
      driven_run& run = sim.run();
      const auto found = find_reasons(run.flow(), run.state(), {}, 100);
      REQUIRE_FALSE(found.reasons.empty());
      bool moves = false;
      for (const auto& each : found.reasons) {
        const std::string text = sentence_of(each.shown);
        INFO("step " << step << ": " << each.shown.kind << ": " << text);
        REQUIRE(text.size() > 10);
        REQUIRE(text.find("Waits.") == text.npos);
        ++kinds[each.shown.kind];
        driven_run copy = run;
        const auto how = move_by(copy, each);
        REQUIRE(how != effect_of_move::refused);
        if (how != effect_of_move::moved) continue;
        moves = true;
        ++movers[each.shown.mover];
      }
      const bool has_ended = is_finished(run.status()) && !can_be_retried(run.state());
      REQUIRE(moves != has_ended);
      auto next = sim.next_command();
      if (!next) break;
      static_cast<void>(run.apply(*std::move(next)));
    }
  }
  // The test is only useful if the generator makes waits of every kind.
  for (const char* const kind :
       {"timer", "retry", "signal", "answer", "function", "worker", "run", "branches", "items",
        "section", "step", "pause", "pausing", "failure", "quarantine", "end"}) {
    CAPTURE(kind);
    CHECK(kinds[kind] >= 10);
  }
  for (const char* const mover :
       {"time", "signal", "answer", "function", "worker", "run", "command"}) {
    CAPTURE(mover);
    CHECK(movers[mover] > 10);
  }
}
