#include "flow/machine/builder/run_waits.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;
using namespace std::chrono_literals;

namespace {

struct waits_fixture : part_fixture {
  waits_fixture() : part_fixture(chain({start(), task("a"), end()})) {
    add_token("a", token_phase::arriving);
  }

  run_waits& begin_waits() {
    data.emplace(begin());
    return waits.emplace(changes(), *data);
  }
  token& t() { return run.tokens.front(); }

  std::optional<run_data> data;
  std::optional<run_waits> waits;
};

}  // namespace

TEST_CASE("a token sleeps for a duration or until a time on the wall clock", "[builder]") {
  waits_fixture f;
  auto& waits = f.begin_waits();
  waits.sleep_for(f.t(), 5s);
  CHECK(f.t().phase == token_phase::sleeping);
  CHECK(f.t().timer == timer{f.context.now + 5s, false});
  waits.sleep_until(f.t(), f.context.now + 1h);
  CHECK(f.t().timer == timer{f.context.now + 1h, true});
  f.finish();
}

TEST_CASE("in a frozen run a duration counts from when it was frozen", "[builder]") {
  waits_fixture f;
  f.run.frozen_at = f.context.now - 3s;
  auto& waits = f.begin_waits();
  waits.sleep_for(f.t(), 5s);
  CHECK(f.t().timer->due == f.context.now + 2s);
  f.finish();
}

TEST_CASE("a question is open until it is answered", "[builder]") {
  waits_fixture f;
  auto& waits = f.begin_waits();
  waits.ask(f.t(), "may I?");
  CHECK(f.t().phase == token_phase::sleeping);
  CHECK(f.t().question.value() == "may I?");
  CHECK(f.run.metadata == json{{"interrupt_value", "may I?"}, {"last_node", "a"}});
  waits.end_question(f.t());
  CHECK_FALSE(f.t().question.has_value());
  const auto made = f.finish();
  REQUIRE(made.change.events.size() == 2);
  CHECK(made.change.events[0].detail == json{{"question", "a#1.1"}, {"value", "may I?"}});
  CHECK(made.change.events[1].kind == event_kind::answered);
}

TEST_CASE("a timer fires once", "[builder]") {
  waits_fixture f;
  f.t().timer = timer{f.context.now, false};
  auto& waits = f.begin_waits();
  waits.fire(f.t());
  CHECK_FALSE(f.t().timer.has_value());
  CHECK(f.events() == std::vector<std::string>{"timer_fired"});
  f.finish();
}
