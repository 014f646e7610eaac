#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json awaiting(std::string id, std::string name, json more = json::object()) {
  more["name"] = std::move(name);
  return node_of(std::move(id), "signal", std::move(more));
}

signal_command sent(std::string type, json payload = nullptr, std::string id = "") {
  return {std::move(type), std::move(payload), std::move(id)};
}

}  // namespace

TEST_CASE("a signal node needs a valid name", "[signal][validation]") {
  const auto with = [](json data) {
    return errors_of(chain({start(), node_of("w", "signal", std::move(data))}));
  };
  CHECK(with(json::object()) == lines{"/nodes/1/data missing_key"});
  CHECK(with({{"name", 7}}) == lines{"/nodes/1/data/name wrong_type"});
  CHECK(with({{"name", ""}}) == lines{"/nodes/1/data/name wrong_type"});
  CHECK(with({{"name", "a\nb"}}) == lines{"/nodes/1/data/name bad_signal_name"});
  CHECK(with({{"name", std::string(129, 'x')}}) == lines{"/nodes/1/data/name bad_signal_name"});
  CHECK(with({{"name", "approved"}, {"into", 1}}) == lines{"/nodes/1/data/into wrong_type"});
  CHECK(with({{"name", "approved"}}) == lines{});
}

TEST_CASE("a run sleeps until the signal arrives and takes its payload", "[signal]") {
  driven_run run{chain({start(), awaiting("w", "approved"), task("a"), end()})};
  REQUIRE(run.begin({{"x", 1}}));
  CHECK(run.status() == run_status::running);
  CHECK(is_parked(run.state()));
  CHECK(run.last().effects.empty());
  REQUIRE(run.apply(sent("approved", {{"by", "ada"}})));
  CHECK_FALSE(is_parked(run.state()));
  CHECK(run.state().inbox.empty());
  CHECK(run.data() == json{{"x", 1}, {"by", "ada"}});
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(run.story("signal") ==
        lines{"signal_awaited w 1.1", "signal_received", "signal_claimed w 1.1"});
}

TEST_CASE("the payload of a signal is merged like the result of a function", "[signal]") {
  const auto data_after = [](json more, json payload) {
    driven_run run{chain({start(), awaiting("w", "s", std::move(more))})};
    REQUIRE(run.begin());
    REQUIRE(run.apply(sent("s", std::move(payload))));
    REQUIRE(run.status() == run_status::completed);
    return run.data();
  };
  CHECK(data_after(json::object(), {{"a", 1}}) == json{{"a", 1}});
  CHECK(data_after(json::object(), 7) == json{{"result", 7}});
  CHECK(data_after(json::object(), nullptr) == json{{"result", nullptr}});
  CHECK(data_after({{"into", "answer"}}, {{"a", 1}}) == json{{"answer", {{"a", 1}}}});
}

TEST_CASE("early signals are kept; the oldest of a type is taken first", "[signal]") {
  driven_run run{chain({start(), task("a"), awaiting("w", "s", {{"into", "first"}}),
                        awaiting("v", "s", {{"into", "second"}}), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(sent("other", 0)));
  REQUIRE(run.apply(sent("s", 1)));
  REQUIRE(run.apply(sent("s", 2)));
  REQUIRE(run.apply(sent("s", 3)));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"first", 1}, {"second", 2}});
  REQUIRE(run.state().inbox.size() == 2);
  CHECK(run.state().inbox.all().begin()->second.type == "other");
  CHECK(run.state().inbox.all().rbegin()->second.payload == 3);
}

TEST_CASE("each branch waits for its own signal; one signal wakes one of several branches",
          "[signal]") {
  driven_run run{flow_of({start(), awaiting("w", "s", {{"into", "w"}}),
                          awaiting("v", "s", {{"into", "v"}}), awaiting("u", "t")},
                         {edge("start", "w"), edge("start", "v"), edge("start", "u")})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(sent("s", 1)));
  CHECK(run.status() == run_status::running);
  REQUIRE(run.apply(sent("t", {{"u", 3}})));
  CHECK(run.status() == run_status::running);
  REQUIRE(run.apply(sent("s", 2)));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"w", 1}, {"v", 2}, {"u", 3}});
}

TEST_CASE("a signal with a known id changes nothing", "[signal]") {
  driven_run run{chain({start(), awaiting("w", "s"), awaiting("v", "s"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(sent("s", {{"n", 1}}, "order-1")));
  REQUIRE(run.apply(sent("s", {{"n", 2}}, "order-1")));
  CHECK(run.data() == json{{"n", 1}});
  CHECK(run.last().change.events.empty());
  CHECK(run.state().inbox.empty());
  REQUIRE(run.apply(sent("s", {{"n", 3}}, "order-2")));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a signal with a known id changes nothing after the run has ended", "[signal]") {
  driven_run run{chain({start(), awaiting("w", "s"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(sent("s", json{{"a", 1}}, "id-1")));
  REQUIRE(run.status() == run_status::completed);
  const auto before = run.state();
  const auto again = run.apply(sent("s", json{{"a", 1}}, "id-1"));
  REQUIRE(again);
  CHECK(run.state() == before);
  CHECK(run.last().change.events.empty());
  CHECK_FALSE(run.apply(sent("s", json{{"a", 1}}, "id-2")));
}

TEST_CASE("a paused run keeps signals and takes them when it is resumed", "[signal][pause]") {
  driven_run run{chain({start(), awaiting("w", "s"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(pause_command{}));
  CHECK(run.status() == run_status::paused);  // at once: nothing is under way
  REQUIRE(run.apply(sent("s", {{"n", 1}})));
  CHECK(run.status() == run_status::paused);
  CHECK(run.state().inbox.size() == 1);
  CHECK(broken_invariant(run.state()) == "");
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"n", 1}});
}

TEST_CASE("an ended run refuses signals, and the error names its status", "[signal]") {
  driven_run run{chain({start(), awaiting("w", "s"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(cancel_command{}));
  CHECK(run.last().effects.empty());  // nothing was called
  const auto refused = run.apply(sent("s"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::illegal_transition);
  CHECK(refused.error().message == "cannot signal run r1: it is cancelled. Allowed: restart");
}

TEST_CASE("a sleeping branch of a failed run sleeps again after a retry", "[signal][retry]") {
  driven_run run{
      flow_of({start(), awaiting("w", "s"), task("a")}, {edge("start", "w"), edge("start", "a")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("broken", "it broke")));
  REQUIRE(run.apply(retry_command{}));
  REQUIRE(run.finish("a"));
  CHECK(is_parked(run.state()));
  REQUIRE(run.apply(sent("s", {{"n", 1}})));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a signal that is malformed, too large or too many is refused", "[signal]") {
  limits allowed;
  allowed.max_signals = 3;
  allowed.max_signal_bytes = 100;
  allowed.max_state_bytes = 200;
  driven_run run{chain({start(), task("a"), awaiting("w", "s")}), allowed};
  REQUIRE(run.begin());
  const auto refused = [&](signal_command s) {
    const run_state before = run.state();
    const auto given = run.apply(std::move(s));
    REQUIRE_FALSE(given);
    CHECK(run.state() == before);
    return given.error().code;
  };
  CHECK(refused(sent("")) == errc::invalid_argument);
  CHECK(refused(sent(std::string(129, 'x'))) == errc::invalid_argument);
  CHECK(refused(sent("a\x1b[2J")) == errc::invalid_argument);
  CHECK(refused(sent("s", 1, std::string(513, 'x'))) == errc::invalid_argument);
  CHECK(refused(sent("s", std::string(120, 'x'))) == errc::limit_exceeded);
  REQUIRE(run.apply(sent("s", std::string(80, 'x'))));
  REQUIRE(run.apply(sent("s", std::string(80, 'x'))));
  CHECK(refused(sent("s", std::string(80, 'x'))) == errc::limit_exceeded);  // all together
  REQUIRE(run.apply(sent("s")));
  CHECK(refused(sent("s")) == errc::limit_exceeded);  // too many
}

TEST_CASE("a run remembers only the ids of its last signals", "[signal]") {
  driven_run run{chain({start(), awaiting("w", "s", {{"max_visits", 100'000}}), task("a")})};
  REQUIRE(run.begin());
  for (std::size_t i = 0; i < recent_ids::most + 5; ++i) {
    run.mutable_state().inbox = {};
    REQUIRE(run.apply(sent("other", nullptr, "id" + std::to_string(i))));
  }
  CHECK(run.state().signal_ids.all().size() == recent_ids::most);
  CHECK(run.state().signal_ids.all().front() == "id5");
}

TEST_CASE("after a crash a sleeping run needs nothing", "[signal]") {
  driven_run run{chain({start(), awaiting("w", "s"), end()})};
  REQUIRE(run.begin());
  run.restart_from(run.state());
  CHECK(run.calls().empty());
  CHECK_FALSE(run.advance_due());
  REQUIRE(run.apply(sent("s")));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a signal that times out follows on_timeout", "[signal][wait]") {
  json flow = chain({start(), awaiting("w", "s", {{"timeout", "1h"}}), task("a")});
  flow["nodes"].push_back(task("late"));
  flow["edges"].push_back(edge_on("on_timeout", "w", "late"));
  driven_run run{flow};
  const auto began = run.now();
  REQUIRE(run.begin());
  CHECK(is_parked(run.state()));
  CHECK(next_timer(run.state()) == began + std::chrono::hours{1});
  CHECK(survives_restart(run));
  REQUIRE(run.fire_timer());
  CHECK(run.waiting_at() == lines{"late"});
  REQUIRE(run.apply(sent("s")));
  CHECK(run.state().inbox.size() == 1);  // no branch takes it

  driven_run in_time{flow};
  REQUIRE(in_time.begin());
  REQUIRE(in_time.apply(sent("s")));
  CHECK(in_time.waiting_at() == lines{"a"});
  CHECK(next_timer(in_time.state()) == std::nullopt);
}

TEST_CASE("without an on_timeout edge a missing signal fails its step", "[signal][wait][retry]") {
  driven_run run{chain({start(), awaiting("w", "s", {{"timeout", var("t")}}), end()})};
  REQUIRE(run.begin({{"t", "10s"}}));
  REQUIRE(run.fire_timer());
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "timed_out");
  CHECK(run.state().error->message == "no signal \"s\" arrived in time");
  const auto retried = run.now();
  REQUIRE(run.apply(retry_command{}));
  CHECK(next_timer(run.state()) == retried + std::chrono::seconds{10});
  REQUIRE(run.apply(sent("s")));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("of a signal and its time-out at the same time, the first one counts", "[signal][wait]") {
  json flow = chain({start(), awaiting("w", "s", {{"timeout", 5}}), end("came")});
  flow["nodes"].push_back(end("late"));
  flow["edges"].push_back(edge_on("on_timeout", "w", "late"));
  driven_run run{flow};
  REQUIRE(run.begin());
  run.advance_clock(std::chrono::hours{1});
  REQUIRE(run.apply(sent("s")));  // the timer was slow
  CHECK(run.status() == run_status::completed);
  CHECK_FALSE(run.apply(timer_command{}));
}

TEST_CASE("the time-out of a signal is checked", "[signal][validation]") {
  const auto with = [](json timeout) {
    return errors_of(chain({start(), awaiting("w", "s", {{"timeout", std::move(timeout)}})}));
  };
  for (const json& bad : {json("soon"), json(-1), json(true), json::array()})
    CHECK(with(bad) == lines{"/nodes/1/data/timeout bad_duration"});
  CHECK(with(var("t")) == lines{});
  driven_run run{chain({start(), awaiting("w", "s", {{"timeout", var("t")}})})};
  REQUIRE(run.begin({{"t", -1}}));
  CHECK(run.state().error->type == "invalid_argument");
}
