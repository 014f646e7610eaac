#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

TEST_CASE("set-data sets top-level keys of the data, which the next step sees", "[set_data]") {
  driven_run run{chain({start(), task("a"), task("b")})};
  REQUIRE(run.begin({{"x", {{"old", 1}}}, {"y", 2}}));
  const auto too_early = run.apply(set_data_command{std::nullopt, "", {{"x", 7}}});
  REQUIRE_FALSE(too_early);  // the current step was given the data as it is
  CHECK(too_early.error().code == errc::illegal_transition);
  REQUIRE(run.apply(pause_command{}));
  const auto still_early = run.apply(resume_command{std::nullopt, "", {{"x", 7}}});
  REQUIRE_FALSE(still_early);
  CHECK(still_early.error().code == errc::illegal_transition);
  REQUIRE(run.finish("a"));
  REQUIRE(run.apply(set_data_command{std::nullopt, "by hand", {{"x", 7}, {"z", nullptr}}}));
  CHECK(run.data() == json{{"x", 7}, {"y", 2}, {"z", nullptr}});
  CHECK(run.events().back().detail == json{{"keys", {"x", "z"}}, {"reason", "by hand"}});
  CHECK(run.status() == run_status::paused);
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.call_of("b")->state.whole() == run.data());
}

TEST_CASE("a resume can set data", "[set_data][pause]") {
  driven_run run{chain({start(), task("a"), task("b")})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a", json{{"ok", false}}));
  REQUIRE(run.apply(resume_command{std::nullopt, "checked", {{"ok", true}}}));
  CHECK(run.call_of("b")->state.whole() == json{{"ok", true}});
}

TEST_CASE("a failed run can be retried with other data", "[set_data]") {
  driven_run run{chain({start(), task("a")})};
  REQUIRE(run.begin({{"card", "old"}}));
  REQUIRE(run.finish("a", fail("declined", "no")));
  REQUIRE(run.apply(set_data_command{std::nullopt, "", {{"card", "new"}}}));
  CHECK(run.status() == run_status::failed);
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.call_of("a")->state.whole() == json{{"card", "new"}});
}

TEST_CASE("the nesting of values that enter a run is limited", "[set_data][limits]") {
  const auto nested = [](int levels) {
    json value = nullptr;
    for (int i = 0; i < levels; ++i) value = json::array({std::move(value)});
    return value;
  };
  const auto code_of = [](const result<void>& given) { return given.error().code; };
  driven_run run{chain({start(), node_of("q", "interrupt", {{"question", "?"}}), task("a")})};
  CHECK(code_of(run.begin({{"x", nested(1'000)}})) == errc::limit_exceeded);
  CHECK(code_of(run.begin(json::object(), {{"x", nested(100'000)}})) == errc::limit_exceeded);
  REQUIRE(run.begin({{"x", nested(999)}}));
  signal_command signal;
  signal.type = "go";
  signal.payload = nested(1'001);
  CHECK(code_of(run.apply(signal)) == errc::limit_exceeded);
  CHECK(code_of(run.apply(set_data_command{std::nullopt, "", {{"x", nested(1'000)}}})) ==
        errc::limit_exceeded);
  resume_command answers;
  answers.answer = nested(1'001);
  CHECK(code_of(run.apply(answers)) == errc::limit_exceeded);
  answers.answer = nested(1'000);
  CHECK(run.apply(answers));
}

TEST_CASE("data that is not an object or too large is refused and changes nothing", "[set_data]") {
  limits allowed;
  allowed.max_state_bytes = 100;
  driven_run run{chain({start(), task("a"), task("b")}), allowed};
  REQUIRE(run.begin({{"x", 1}}));
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a"));
  const run_state before = run.state();
  const auto refused = [&](command c) {
    const auto given = run.apply(std::move(c));
    REQUIRE_FALSE(given);
    CHECK(run.state() == before);
    return given.error().code;
  };
  CHECK(refused(set_data_command{std::nullopt, "", json::array()}) == errc::invalid_argument);
  CHECK(refused(set_data_command{std::nullopt, "", nullptr}) == errc::invalid_argument);
  CHECK(refused(set_data_command{std::nullopt, "", {{"y", std::string(200, 'y')}}}) ==
        errc::limit_exceeded);
}
