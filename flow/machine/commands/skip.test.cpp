#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json compensated(const char* id, const char* undo, json more = json::object()) {
  more["code_ref"] = undo;
  return task(id, {{"compensate", std::move(more)}});
}

/// A run that fails at "c" after "a" and "b", and is at the compensation of "b".
driven_run compensating_b(json retry = json::object()) {
  driven_run run{
      chain({start(), compensated("a", "undo_a"),
             compensated("b", "undo_b", retry.empty() ? json::object() : json{{"retry", retry}}),
             task("c"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  REQUIRE(run.finish("c", fail("broken", "it broke")));
  REQUIRE(run.call_of("b") != nullptr);
  return run;
}

skip_command skip(const char* node, std::optional<run_status> if_status = {}) {
  return {if_status, "the refund was made by hand", node};
}

}  // namespace

TEST_CASE("a compensation that has failed can be skipped", "[commands][compensate]") {
  driven_run run = compensating_b();
  REQUIRE(run.finish("b", fail("gone", "the account is closed")));
  REQUIRE(run.status() == run_status::failed);
  REQUIRE(run.apply(skip("b", run_status::failed)));
  CHECK(run.events().front().kind == event_kind::run_created);
  CHECK(run.story("compensation_skipped") == lines{"compensation_skipped b 1.1"});
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"a"});  // the earlier step is compensated
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "broken");
}

TEST_CASE("a compensation that is under way or waits for a retry can be skipped",
          "[commands][compensate]") {
  for (const bool waits : {false, true}) {
    driven_run run = compensating_b({{"max_attempts", 100}, {"initial_interval", "1h"}});
    if (waits) REQUIRE(run.finish("b", fail("gone", "the account is closed")));
    REQUIRE(run.status() == run_status::running);
    const auto late = run.call_of("b") != nullptr
                          ? std::optional{run.outcome_of(*run.call_of("b"), json::object())}
                          : std::nullopt;
    REQUIRE(run.apply(skip("b")));
    CHECK(run.waiting_at() == lines{"a"});
    CHECK(survives_restart(run));
    if (late) CHECK_FALSE(run.apply(*late));
  }
}

TEST_CASE("the last compensation can be skipped: the run ends", "[commands][compensate]") {
  driven_run run = compensating_b();
  REQUIRE(run.finish("b"));
  REQUIRE(run.apply(skip("a")));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().compensations.empty());
}

TEST_CASE("a skip names the compensation that the run is at", "[commands][compensate]") {
  driven_run run = compensating_b();
  for (const char* other : {"a", "c", ""}) {
    const run_state before = run.state();
    const auto refused = run.apply(skip(other));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(refused.error().message.find("\"b\"") != std::string::npos);
    CHECK(run.state() == before);
  }
  driven_run plain{chain({start(), task("a"), end()})};
  REQUIRE(plain.begin());
  const auto refused = plain.apply(skip("a"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::illegal_transition);
}

TEST_CASE("a refused skip names the status of a run that is paused while it compensates",
          "[commands][compensate]") {
  driven_run run = compensating_b({{"max_attempts", 100}, {"initial_interval", "1h"}});
  REQUIRE(run.finish("b", fail("gone", "the account is closed")));
  REQUIRE(run.apply(pause_command{{}, ""}));
  REQUIRE(run.status() == run_status::paused);
  const auto refused = run.apply(skip("b"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("it is paused. Allowed: resume") != std::string::npos);
}
