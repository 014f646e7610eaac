#include "actors/run_lifecycle.hpp"

#include "tests/support/catch.hpp"

using pawl::actors::run_lifecycle;
using state = run_lifecycle::state;
using next_step = run_lifecycle::next_step;

namespace {

constexpr bool busy = false, parked = true;         // of `settle`: the run
constexpr bool no_tasks = false, has_tasks = true;  // of `settle`: for workers
constexpr next_step nothing{}, report{false, true, false}, linger{true, false, false},
    end{false, false, true}, report_and_end{false, true, true};

/// An actor that has had one message, has loaded its run and resumed its work.
run_lifecycle active_actor() {
  run_lifecycle life;
  life.on_message();
  life.on_loaded();
  REQUIRE(life.resume());
  return life;
}

}  // namespace

TEST_CASE("an actor may load its run again but resumes its work once", "[lifecycle]") {
  run_lifecycle life;
  CHECK(life.now() == state::loading);
  life.on_message();
  life.on_loaded();
  CHECK(life.now() == state::dormant);
  CHECK(life.resume());
  CHECK(life.now() == state::active);
  life.on_loaded();
  CHECK(life.now() == state::active);
  CHECK_FALSE(life.resume());
  CHECK(life.resumed());
}

TEST_CASE("an active actor with work stays active, and reports idle when its run is parked",
          "[lifecycle]") {
  auto life = active_actor();
  CHECK(life.settle(busy, no_tasks) == nothing);
  CHECK(life.now() == state::active);
  CHECK(life.settle(parked, no_tasks) == report);
  CHECK(life.now() == state::idle);
  CHECK_FALSE(life.may_change_run());
}

TEST_CASE("a dormant actor reports idle even if its run has work", "[lifecycle]") {
  run_lifecycle life;
  life.on_message();
  life.on_loaded();
  CHECK(life.settle(busy, has_tasks) == report);
  CHECK_FALSE(life.resumed());
  life.on_message();
  CHECK(life.now() == state::dormant);
  CHECK(life.may_change_run());
}

TEST_CASE("an idle actor reports once for each message from the directory", "[lifecycle]") {
  auto life = active_actor();
  CHECK(life.settle(parked, no_tasks) == report);
  CHECK(life.settle(parked, no_tasks) == nothing);
  CHECK(life.settle(busy, no_tasks) == nothing);
  life.on_message();
  CHECK(life.now() == state::active);
  CHECK(life.received() == 2);
  CHECK(life.settle(parked, no_tasks) == report);
}

TEST_CASE("an actor whose run has tasks lingers until the time without messages is over",
          "[lifecycle]") {
  auto life = active_actor();
  CHECK(life.settle(parked, has_tasks) == linger);
  CHECK(life.now() == state::lingering);
  CHECK(life.settle(parked, has_tasks) == nothing);
  life.on_linger_over(1);
  CHECK(life.settle(parked, has_tasks) == report);
  CHECK(life.now() == state::idle);
}

TEST_CASE("a message extends the time that an actor lingers", "[lifecycle]") {
  auto life = active_actor();
  CHECK(life.settle(parked, has_tasks) == linger);
  life.on_message();
  CHECK(life.now() == state::active);
  CHECK(life.settle(parked, has_tasks) == nothing);  // the first timer still runs
  CHECK(life.now() == state::lingering);
  life.on_linger_over(1);
  CHECK(life.settle(parked, has_tasks) == linger);
  life.on_linger_over(2);
  CHECK(life.settle(parked, has_tasks) == report);
}

TEST_CASE("a lingering actor reports idle when memory gets short or its tasks are gone",
          "[lifecycle]") {
  auto life = active_actor();
  CHECK(life.settle(parked, has_tasks) == linger);
  CHECK(life.settle(parked, no_tasks) == report);
  life.on_linger_over(1);
  CHECK(life.settle(parked, has_tasks) == nothing);
}

TEST_CASE("a lingering actor is active again when it gets work", "[lifecycle]") {
  auto life = active_actor();
  CHECK(life.settle(parked, has_tasks) == linger);
  life.on_pending_commits();
  CHECK(life.now() == state::active);
  CHECK(life.settle(parked, has_tasks) == nothing);
  CHECK(life.settle(busy, has_tasks) == nothing);
  CHECK(life.now() == state::active);
}

TEST_CASE("a stopping actor ends, and reports idle first unless it has done so", "[lifecycle]") {
  auto with_work = active_actor();
  with_work.shut_down();
  CHECK(with_work.is_stopping());
  CHECK(with_work.settle(busy, no_tasks) == end);

  auto without_work = active_actor();
  without_work.shut_down();
  CHECK(without_work.settle(parked, has_tasks) == report_and_end);

  auto idle = active_actor();
  CHECK(idle.settle(parked, no_tasks) == report);
  idle.shut_down();
  CHECK(idle.settle(parked, no_tasks) == end);
}

TEST_CASE("a stopping actor stays so, whatever comes", "[lifecycle]") {
  auto life = active_actor();
  life.shut_down();
  life.on_message();
  life.on_pending_commits();
  CHECK(life.now() == state::stopping);
  CHECK(life.may_change_run());
}
