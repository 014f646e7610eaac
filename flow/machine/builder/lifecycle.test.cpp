#include "flow/machine/builder/lifecycle.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

struct lifecycle_fixture : part_fixture {
  lifecycle_fixture() : part_fixture(chain({start(), task("a"), end()})) { add_token("a"); }
};

}  // namespace

TEST_CASE("a run is created from its start command", "[builder]") {
  part_fixture f{chain({start(), task("a"), end()})};
  f.run = {};
  lifecycle status{f.begin()};
  start_command command;
  command.key = {default_scope(), run_id{"r2"}};
  command.flow = f.flow->id();
  command.input = {{"x", 1}};
  command.depth = 3;
  status.create(std::move(command));
  CHECK(f.run.key.id.str() == "r2");
  CHECK(*f.run.data == json{{"x", 1}});
  CHECK(f.run.depth == 3);
  CHECK(f.run.created_at == f.context.now);
  CHECK(f.events() == lines{"run_created"});
}

TEST_CASE("a status sets the times that go with it", "[builder]") {
  lifecycle_fixture f;
  lifecycle status{f.begin()};
  const auto moved_to = GENERATE(run_status::completed, run_status::failed, run_status::cancelled);
  status.set_status(moved_to);
  CHECK(f.run.finished_at == f.context.now);
  CHECK(f.run.frozen_at.has_value() == (moved_to == run_status::failed));
  f.finish();
}

TEST_CASE("the start of a run is the time when it is first running", "[builder]") {
  lifecycle_fixture f;
  f.run.started_at.reset();
  f.context.now += 1s;
  lifecycle status{f.begin()};
  status.set_status(run_status::running);
  CHECK(f.run.started_at == f.context.now);
  f.context.now += 1s;
  status.set_status(run_status::running);
  CHECK(f.run.started_at == f.context.now - 1s);
}

TEST_CASE("a pausing run is paused when nothing is under way", "[builder]") {
  lifecycle_fixture f;
  lifecycle status{f.begin()};
  status.pause("maintenance");
  CHECK(f.run.pausing());
  status.pause_if_idle();
  CHECK(f.run.status == run_status::running);
  f.run.tokens.front().phase = token_phase::arriving;
  status.pause_if_idle();
  CHECK(f.run.status == run_status::paused);
  CHECK(f.events() == lines{"run_pausing", "run_paused"});
}

TEST_CASE("a run is paused when only an answer can move it", "[builder]") {
  lifecycle_fixture f;
  f.run.tokens.front().phase = token_phase::sleeping;
  f.add_token("a", token_phase::sleeping);
  lifecycle status{f.begin()};
  f.run.tokens.front().question = "may I?";
  status.pause_if_asking();
  CHECK(f.run.status == run_status::running);  // the other token sleeps for something else
  f.run.tokens.back().phase = token_phase::gathering;
  status.pause_if_asking();
  CHECK(f.run.status == run_status::paused);
}

TEST_CASE("waits are longer by the time for which they were frozen", "[builder]") {
  lifecycle_fixture f;
  const auto due = f.context.now + 10s;
  f.run.tokens.front().timer = timer{due, false};
  f.run.tokens.front().first_try_at = f.context.now;
  f.add_token("a", token_phase::sleeping).timer = timer{due, true};
  f.run.frozen_at = f.context.now;
  f.context.engine_time += 5s;
  lifecycle status{f.begin()};
  status.resume("");
  CHECK(f.run.tokens.front().timer->due == due + 5s);
  CHECK(f.run.tokens.front().first_try_at == f.context.engine_time);
  CHECK(f.run.tokens.back().timer->due == due);  // a time on the wall clock
  CHECK_FALSE(f.run.frozen_at.has_value());
  const auto made = f.finish();
  REQUIRE(made.change.tokens_set.size() == 1);
}
