// Questions of interrupt nodes and of functions that interrupt their run.

#include <algorithm>

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;
using namespace std::chrono_literals;

json asking(std::string id, json more = json::object()) {
  if (!more.contains("question")) more["question"] = "may I, " + id + "?";
  return node_of(std::move(id), "interrupt", std::move(more));
}

resume_command answer_to(std::string question, json answer) {
  return {std::nullopt, "", json::object(), std::move(question), std::move(answer)};
}
resume_command answering(json answer) {
  return answer_to("", std::move(answer));
}

/// The function of a node interrupts the run.
result<void> interrupt_at(driven_run& run, const std::string& node, json value,
                          json update = json::object()) {
  auto outcome = run.outcome_of(*run.call_of(node), json());
  outcome.interrupted = interruption{std::move(value), std::move(update)};
  return run.apply(std::move(outcome));
}

lines errors_of_question(json data) {
  return errors_of(chain({start(), node_of("q", "interrupt", std::move(data))}));
}

/// Two branches that ask and, with `busy`, a third with a running step.
driven_run two_questions(bool busy) {
  std::vector<json> nodes{start(), asking("p", {{"into", "p"}}), asking("q", {{"into", "q"}}),
                          task("a")};
  std::vector<json> edges{edge("start", "p"), edge("start", "q"), edge("start", "a")};
  if (!busy) nodes.pop_back(), edges.pop_back();
  driven_run run{flow_of(nodes, edges)};
  REQUIRE(run.begin());
  return run;
}

}  // namespace

TEST_CASE("the data of an interrupt is checked", "[interrupt][validation]") {
  const std::string at = "/nodes/1/data";
  CHECK(errors_of_question(json::object()) == lines{at + " missing_key"});
  CHECK(errors_of_question({{"question", {{"!", {{"wat", 1}}}}}}) ==
        lines{at + "/question/!/wat unknown_operator"});
  CHECK(errors_of_question({{"question", 1}, {"into", 1}}) == lines{at + "/into wrong_type"});
  CHECK(errors_of_question({{"question", 1}, {"timeout", "x"}}) ==
        lines{at + "/timeout bad_duration"});
  CHECK(errors_of_question({{"question", 1}, {"schema", 7}}) == lines{at + "/schema bad_schema"});
  CHECK(errors_of_question({{"question", 1}, {"schema", {{"type", 7}}}}) ==
        lines{at + "/schema/type bad_schema"});
  CHECK(errors_of_question({{"question", nullptr}}) == lines{});  // null is a rule
  json flow = chain({start(), asking("q"), end()});
  flow["edges"].push_back(edge_on("on_timeout", "q", "end"));
  CHECK(errors_of(flow) == lines{"/nodes/1 never_taken"});
}

TEST_CASE("a run asks, pauses, and continues with the answer", "[interrupt]") {
  driven_run run{
      chain({start(), asking("q", {{"question", {{"cat", {"pay ", var("n")}}}}}), task("a")})};
  REQUIRE(run.begin({{"n", 3}}));
  CHECK(run.status() == run_status::paused);
  CHECK_FALSE(run.state().frozen_at.has_value());
  CHECK(run.state().metadata == json{{"interrupt_value", "pay 3"}, {"last_node", "q"}});
  CHECK(run.last().change.events[2].detail == json{{"question", "q#1.1"}, {"value", "pay 3"}});
  CHECK(survives_restart(run));
  REQUIRE(run.apply(answering({{"yes", true}})));
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(run.data() == json{{"n", 3}, {"yes", true}});
  CHECK(run.story() == lines{"run_created", "step_started q 1.1", "interrupted q 1.1", "run_paused",
                             "run_resumed", "answered q 1.1", "step_finished q 1.1",
                             "step_started a 1.1"});
}

TEST_CASE("an answer is merged like the result of a function", "[interrupt]") {
  const auto data_after = [](json more, json answer) {
    driven_run run{chain({start(), asking("q", std::move(more))})};
    REQUIRE(run.begin());
    REQUIRE(run.apply(answering(std::move(answer))));
    REQUIRE(run.status() == run_status::completed);
    return run.data();
  };
  CHECK(data_after(json::object(), {{"a", 1}}) == json{{"a", 1}});
  CHECK(data_after(json::object(), 7) == json{{"result", 7}});
  CHECK(data_after({{"into", "it"}}, {{"a", 1}}) == json{{"it", {{"a", 1}}}});
}

TEST_CASE("a resume without an answer does not answer a question", "[interrupt]") {
  driven_run run{chain({start(), asking("q", {{"into", "it"}})})};
  REQUIRE(run.begin());
  const run_state before = run.state();
  for (const auto& bare : {resume_command{}, resume_command{{}, "", json::object(), "q#1.1"}}) {
    const auto refused = run.apply(bare);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(mentions(refused.error().message, "q#1.1"));
    CHECK(run.state() == before);
  }
  REQUIRE(run.apply(answering(nullptr)));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"it", nullptr}});
}

TEST_CASE("an answer may come with an update of the data", "[interrupt]") {
  driven_run run{chain({start(), asking("q", {{"into", "it"}})})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(resume_command{std::nullopt, "", {{"more", 1}}, "", json("yes")}));
  CHECK(run.data() == json{{"it", "yes"}, {"more", 1}});
}

TEST_CASE("an answer that does not match the schema is refused and changes nothing",
          "[interrupt][schema]") {
  const json schema{{"type", "object"},
                    {"required", {"amount"}},
                    {"properties", {{"amount", {{"type", "integer"}, {"maximum", 100}}}}}};
  driven_run run{chain({start(), asking("q", {{"schema", schema}})})};
  REQUIRE(run.begin());
  const run_state before = run.state();
  for (const json& bad : {json(7), json::object(), json{{"amount", 101}}, json(nullptr)}) {
    const auto given = run.apply(answering(bad));
    REQUIRE_FALSE(given);
    CHECK(given.error().code == errc::invalid_argument);
    CHECK_FALSE(given.error().diagnostics.empty());
    CHECK(run.state() == before);
  }
  CHECK(mentions(run.apply(answering({{"amount", 101}})).error().message, "\"/amount\""));
  REQUIRE_FALSE(run.apply(resume_command{}));  // no answer is null, and null does not fit
  REQUIRE(run.apply(answering({{"amount", 100}})));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("an answer must not exceed the limit of the run's data", "[interrupt][limits]") {
  limits allowed;
  allowed.max_state_bytes = 100;
  driven_run run{chain({start(), asking("q")}), allowed};
  REQUIRE(run.begin());
  const run_state before = run.state();
  const auto given = run.apply(answering(std::string(200, 'x')));
  REQUIRE_FALSE(given);
  CHECK(given.error().code == errc::limit_exceeded);
  CHECK(run.state() == before);
}

TEST_CASE("questions of branches are answered in any order", "[interrupt][fork]") {
  for (const bool p_first : {true, false}) {
    auto run = two_questions(false);
    CHECK(run.status() == run_status::paused);
    REQUIRE(run.apply(answer_to(p_first ? "p#1.1" : "q#1.1", p_first ? 1 : 2)));
    CHECK(run.status() == run_status::paused);  // the other is still open
    CHECK(broken_invariant(run.state()) == "");
    CHECK(survives_restart(run));
    REQUIRE(run.apply(answer_to(p_first ? "q#1.1" : "p#1.1", p_first ? 2 : 1)));
    CHECK(run.status() == run_status::completed);
    CHECK(run.data() == json{{"p", 1}, {"q", 2}});
  }
}

TEST_CASE("a question can be answered while other branches run", "[interrupt][fork]") {
  auto run = two_questions(true);
  CHECK(run.status() == run_status::running);
  CHECK(survives_restart(run));
  REQUIRE(run.apply(answer_to("q#1.1", 2)));
  CHECK(run.status() == run_status::running);
  CHECK(run.story("run_resumed").empty());  // it had not been paused
  CHECK(run.waiting_at() == lines{"a"});
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::paused);
  REQUIRE(run.apply(answering(1)));  // the only one that is left
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"p", 1}, {"q", 2}});
}

TEST_CASE("an answer to an unknown question is refused with a list of the open questions",
          "[interrupt]") {
  auto run = two_questions(false);
  const run_state before = run.state();
  const auto refusal = [&](resume_command c) {
    const auto given = run.apply(std::move(c));
    REQUIRE_FALSE(given);
    CHECK(given.error().code == errc::invalid_argument);
    CHECK(run.state() == before);
    return given.error().message;
  };
  CHECK(mentions(refusal(answer_to("r#1.1", 1)), "no such question: r#1.1"));
  CHECK(mentions(refusal(answer_to("p#1.2", 1)), "open questions: p#1.1, q#1.1"));
  CHECK(mentions(refusal(answering(1)), "open questions: p#1.1, q#1.1"));
  CHECK(mentions(refusal(resume_command{}), "resume it with one"));
  REQUIRE(run.apply(answer_to("p#1.1", 1)));
  CHECK_FALSE(run.apply(answer_to("p#1.1", 1)));  // once
}

TEST_CASE("a run without questions accepts no answer", "[interrupt]") {
  driven_run run{chain({start(), task("a"), task("b")})};
  REQUIRE(run.begin());
  const auto running = run.apply(answering(1));
  REQUIRE_FALSE(running);
  CHECK(mentions(running.error().message, "no open question"));
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a"));
  const run_state before = run.state();
  CHECK_FALSE(run.apply(answering(1)));
  CHECK(run.state() == before);
}

TEST_CASE("an answer cannot update data while steps are running", "[interrupt]") {
  auto run = two_questions(true);
  const run_state before = run.state();
  const auto given = run.apply(resume_command{std::nullopt, "", {{"x", 1}}, "p#1.1", json(1)});
  REQUIRE_FALSE(given);
  CHECK(given.error().code == errc::illegal_transition);
  CHECK(run.state() == before);
}

TEST_CASE("a question that times out follows on_timeout", "[interrupt]") {
  json flow = chain({start(), asking("q", {{"timeout", "1h"}}), end("answered")});
  flow["nodes"].push_back(task("late"));
  flow["edges"].push_back(edge_on("on_timeout", "q", "late"));
  driven_run run{flow};
  const auto began = run.now();
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::paused);
  CHECK(next_timer(run.state()) == began + 1h);
  REQUIRE(run.fire_timer());
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"late"});
  CHECK_FALSE(run.apply(answer_to("q#1.1", 1)));

  driven_run in_time{flow};
  REQUIRE(in_time.begin());
  REQUIRE(in_time.apply(answering(1)));
  CHECK(in_time.status() == run_status::completed);
}

namespace {

/// The function of a node leaves because a pause was requested.
result<void> leave_for_pause(driven_run& run, const std::string& node, json update) {
  auto outcome = run.outcome_of(*run.call_of(node), json());
  outcome.interrupted = interruption{"at 3", std::move(update), true};
  return run.apply(std::move(outcome));
}

}  // namespace

TEST_CASE("a function that leaves for a pause is called again after one resume",
          "[interrupt][pause]") {
  driven_run run{chain({start(), task("a", {{"retry", {{"max_attempts", 2}}}}), end()})};
  REQUIRE(run.begin());
  for (int i = 1; i <= 3; ++i) {  // more often than the policy has attempts
    REQUIRE(run.apply(pause_command{}));
    CHECK(run.state().pausing());
    REQUIRE(leave_for_pause(run, "a", {{"n", i}}));
    CHECK(run.status() == run_status::paused);
    CHECK(run.data().at("n") == i);
    CHECK(run.state().tokens.asking().empty());
    CHECK_FALSE(run.apply(answering(1)));
    REQUIRE(run.apply(resume_command{}));
    REQUIRE(run.fire_timer());
    CHECK(run.status() == run_status::running);
    CHECK(run.call_of("a")->attempt == static_cast<std::uint32_t>(i) + 1);
    CHECK(run.call_of("a")->visit == 1);
  }
  CHECK(run.story("interrupted").size() == 3);
  // The pauses were no failures: the policy still has its second attempt.
  REQUIRE(run.apply(run.outcome_of(*run.call_of("a"), error{errc::function_failed, "no"})));
  CHECK(run.status() == run_status::running);
  REQUIRE(run.fire_timer());
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a function that leaves for a pause which is over is called again soon",
          "[interrupt][pause]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  REQUIRE(leave_for_pause(run, "a", {{"n", 1}}));
  CHECK(run.status() == run_status::running);
  REQUIRE(run.fire_timer());
  CHECK(run.call_of("a")->attempt == 2);
  REQUIRE(run.finish("a"));
  CHECK(run.data().at("n") == 1);
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a function that leaves again and again without a pause fails its step",
          "[interrupt][pause]") {
  const json retry = GENERATE(json{{"max_attempts", 3}}, json{{"max_attempts", 1}});
  const int attempts = std::max(2, retry.at("max_attempts").get<int>());
  driven_run run{chain({start(), task("a", {{"retry", retry}}), end()})};
  REQUIRE(run.begin());
  for (int i = 1; i < attempts; ++i) {
    REQUIRE(leave_for_pause(run, "a", json()));
    CHECK(run.status() == run_status::running);
    REQUIRE(run.fire_timer());
  }
  REQUIRE(leave_for_pause(run, "a", json()));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->message == "the function left for a pause that was not requested");
}

TEST_CASE("without an on_timeout edge an unanswered question fails its step",
          "[interrupt][retry]") {
  driven_run run{chain({start(), asking("q", {{"timeout", var("t")}})})};
  REQUIRE(run.begin({{"t", 60}}));
  REQUIRE(run.fire_timer());
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "timed_out");
  CHECK(run.state().error->message == "the question was not answered in time");
  REQUIRE(run.apply(retry_command{}));  // asks again, under a new name
  CHECK(run.status() == run_status::paused);
  CHECK_FALSE(run.apply(answer_to("q#1.1", 1)));
  REQUIRE(run.apply(answer_to("q#1.2", 1)));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("an invalid computed time-out fails the step before it asks", "[interrupt]") {
  driven_run run{chain({start(), asking("q", {{"timeout", var("t")}})})};
  REQUIRE(run.begin({{"t", "soon"}}));
  CHECK(run.status() == run_status::failed);
  CHECK(mentions(run.state().error->message, "\"timeout\" is \"soon\""));
  CHECK(run.story("interrupted").empty());
}

TEST_CASE("the time-out of a question does not run while the run is paused", "[interrupt][pause]") {
  driven_run run{flow_of({start(), asking("q", {{"timeout", "1h"}}), task("a")},
                         {edge("start", "q"), edge("start", "a")})};
  REQUIRE(run.begin());
  run.advance_clock(20min);
  const auto left = *next_timer(run.state()) - run.now();
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::paused);
  CHECK(next_timer(run.state()) == std::nullopt);
  run.advance_clock(24h);
  const auto resumed = run.now();
  REQUIRE(run.apply(resume_command{}));  // lets it go on; the question stays open
  CHECK(run.status() == run_status::paused);
  CHECK_FALSE(run.state().frozen_at.has_value());
  CHECK(next_timer(run.state()) == resumed + left);
  REQUIRE(run.apply(answering(1)));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a question stays open while another branch fails and is retried", "[interrupt][retry]") {
  auto run = two_questions(true);
  REQUIRE(run.finish("a", fail("broken", "it broke")));
  CHECK(run.status() == run_status::failed);
  CHECK_FALSE(run.apply(answer_to("p#1.1", 1)));
  REQUIRE(run.apply(retry_command{}));
  REQUIRE(run.apply(answer_to("p#1.1", 1)));
  REQUIRE(run.apply(answer_to("q#1.1", 2)));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a quarantined run with a question asks again after a retry", "[interrupt][park]") {
  driven_run run{chain({start(), asking("q"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(quarantine_command{"it crashed"}));
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::paused);
  CHECK(broken_invariant(run.state()) == "");
  REQUIRE(run.apply(answer_to("q#1.1", 1)));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a run that asks can be cancelled", "[interrupt][cancel]") {
  driven_run run{chain({start(), asking("q"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(cancel_command{}));
  CHECK(run.status() == run_status::cancelled);
  CHECK_FALSE(run.apply(answering(1)));
}

TEST_CASE("a function's question stores its update, and the answer calls it again", "[interrupt]") {
  driven_run run{chain({start(), task("a", {{"into", "mine"}}), end()})};
  REQUIRE(run.begin({{"x", 1}}));
  REQUIRE(interrupt_at(run, "a", {{"pay?", 3}}, {{"never_heard_of", {1, 2}}, {"x", 2}}));
  CHECK(run.status() == run_status::paused);
  CHECK(run.calls().empty());
  CHECK(run.data() == json{{"x", 2}, {"never_heard_of", {1, 2}}});
  CHECK(run.state().metadata == json{{"interrupt_value", {{"pay?", 3}}}, {"last_node", "a"}});
  CHECK(survives_restart(run));

  REQUIRE(run.apply(answering("yes")));
  REQUIRE(run.call_of("a") != nullptr);
  CHECK(run.call_of("a")->visit == 1);  // the same step: the same idempotency key
  CHECK(run.call_of("a")->attempt == 2);
  CHECK(run.call_of("a")->answer == json("yes"));
  CHECK(run.call_of("a")->state.whole() == run.data());
  CHECK(survives_restart(run));
  REQUIRE(run.finish("a", json(5)));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"x", 2}, {"never_heard_of", {1, 2}}, {"mine", 5}});
}

TEST_CASE("a function can ask again after an answer, with a new question name", "[interrupt]") {
  driven_run run{chain({start(), task("a"), task("b")})};
  REQUIRE(run.begin());
  REQUIRE(interrupt_at(run, "a", "first?"));
  REQUIRE(run.apply(answer_to("a#1.1", 1)));
  REQUIRE(interrupt_at(run, "a", "second?"));
  CHECK(run.status() == run_status::paused);
  CHECK(run.state().metadata.at("interrupt_value") == "second?");
  CHECK_FALSE(run.apply(answer_to("a#1.1", 1)));
  REQUIRE(run.apply(answer_to("a#1.2", 2)));
  CHECK(run.call_of("a")->answer == json(2));
  REQUIRE(run.finish("a"));
  CHECK(run.waiting_at() == lines{"b"});
  CHECK(run.call_of("b")->answer == std::nullopt);
}

TEST_CASE("functions of several branches can ask at the same time", "[interrupt][fork]") {
  driven_run run{
      flow_of({start(), task("a"), task("b")}, {edge("start", "a"), edge("start", "b")})};
  REQUIRE(run.begin());
  REQUIRE(interrupt_at(run, "a", "a?", {{"k", "of a"}}));
  CHECK(run.status() == run_status::running);
  REQUIRE(interrupt_at(run, "b", "b?", {{"k", "of a"}}));
  CHECK(run.status() == run_status::paused);
  CHECK(run.data() == json::object());  // updates are the branches' own
  REQUIRE(run.apply(answer_to("b#1.1", 2)));
  CHECK(run.call_of("b")->answer == json(2));
  CHECK(run.call_of("b")->state.whole() == json{{"k", "of a"}});
  CHECK(run.call_of("a") == nullptr);
  REQUIRE(run.apply(answer_to("a#1.1", 1)));
  CHECK(run.call_of("a")->answer == json(1));
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  CHECK(run.data() == json{{"k", "of a"}});
}

TEST_CASE("a function's question during a pause is kept", "[interrupt][pause]") {
  driven_run run{chain({start(), task("a")})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(interrupt_at(run, "a", "pay?"));
  CHECK(run.status() == run_status::paused);
  CHECK(broken_invariant(run.state()) == "");
  REQUIRE(run.apply(resume_command{}));  // goes on, and asks
  CHECK(run.status() == run_status::paused);
  REQUIRE(run.apply(answering("yes")));
  CHECK(run.call_of("a")->answer == json("yes"));
}

TEST_CASE("an answer is kept when the step fails and is retried", "[interrupt][retry]") {
  driven_run run{chain({start(), task("a")})};
  REQUIRE(run.begin());
  REQUIRE(interrupt_at(run, "a", "pay?"));
  REQUIRE(run.apply(answering("yes")));
  REQUIRE(run.finish("a", fail("broken", "it broke")));
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.call_of("a")->answer == json("yes"));
}

TEST_CASE("waiting for an answer does not count as time of the function",
          "[interrupt][retry-policy]") {
  driven_run run{chain({start(), task("a", {{"total_timeout", "10s"},
                                            {"retry", {{"max_attempts", 2}, {"jitter", 0}}}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("busy", "try again")));
  REQUIRE(run.fire_timer());
  REQUIRE(interrupt_at(run, "a", "pay?"));
  run.advance_clock(24h);
  const auto answered_at = run.now();
  REQUIRE(run.apply(answering("yes")));
  CHECK(run.call_of("a")->deadline == answered_at + 10s);
  REQUIRE(run.finish("a", fail("busy", "try again")));
  CHECK(run.status() == run_status::running);  // it has all its attempts again
}

TEST_CASE("a question counts towards the size of the run", "[interrupt][limits]") {
  limits allowed;
  allowed.max_state_bytes = 100;
  driven_run run{chain({start(), task("a")}), allowed};
  REQUIRE(run.begin());
  REQUIRE(interrupt_at(run, "a", std::string(200, 'x')));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "limit_exceeded");
}

TEST_CASE("an update that makes the data too large fails the run", "[interrupt][limits]") {
  limits allowed;
  allowed.max_state_bytes = 100;
  driven_run run{chain({start(), task("a")}), allowed};
  REQUIRE(run.begin());
  REQUIRE(interrupt_at(run, "a", "pay?", {{"k", std::string(200, 'x')}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "limit_exceeded");
}
