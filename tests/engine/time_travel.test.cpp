// The states that a run has had, and runs that are forked from them, on a real engine.

#include <pawl/run_states.hpp>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// Two steps with a signal between them.
json stops() {
  return flow_named(
      "stops",
      {node("begin", "start"), node("a", "task", {{"code_ref", "core.set"}, {"args", {{"a", 1}}}}),
       node("go", "signal", {{"name", "go"}}),
       node("b", "task", {{"code_ref", "core.set"}, {"args", {{"b", 2}}}})},
      {edge("begin", "a"), edge("a", "go"), edge("go", "b")});
}

/// Starts the run r1, which stops at its signal. Returns its last checkpoint.
std::uint64_t stopped_run(const engine& e) {
  REQUIRE(e.put_flow(stops()));
  start_options options;
  options.id = run_id{"r1"};
  options.metadata = {{"owner", "ada"}};
  REQUIRE(e.start("stops", {{"n", 1}}, options));
  return once(e, run_id{"r1"}, [](const run_view& v) { return v.parked; }).checkpoint;
}

}  // namespace

TEST_CASE("every checkpoint of a run has its state, also after a restart", "[time_travel]") {
  const data_folder folder;
  std::uint64_t last = 0;
  {
    engine e{folder.used()};
    REQUIRE(e.open());
    last = stopped_run(e);
  }
  engine e{folder.used()};
  REQUIRE(e.open());
  const auto first = e.runs().state_at(run_id{"r1"}, 1);
  REQUIRE(first);
  CHECK(first->data == json{{"n", 1}});
  CHECK(first->places.size() == 1);
  const auto stopped = e.runs().state_at(run_id{"r1"}, last);
  REQUIRE(stopped);
  CHECK(stopped->data == e.get(run_id{"r1"})->data);
  CHECK(stopped->places.front().phase == "sleeping");
  const auto diff = e.runs().diff(run_id{"r1"}, 1, last);
  REQUIRE(diff);
  CHECK(std::any_of(diff->changes.begin(), diff->changes.end(), [](const state_change& c) {
    return c.op == "add" && c.path == "/data/a" && c.value == 1;
  }));
  for (const auto& missing :
       {e.runs().state_at(run_id{"r1"}, last + 1), e.runs().state_at(run_id{"none"}, 1)}) {
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == errc::not_found);
  }
}

TEST_CASE("a fork goes on from a checkpoint, and names its origin", "[time_travel]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const auto last = stopped_run(e);
  fork_options options;
  options.checkpoint = last;
  options.data = {{"n", 7}};
  options.start.id = run_id{"r2"};
  const auto forked = e.runs().fork(run_id{"r1"}, options);
  REQUIRE(forked);
  CHECK(forked->created);
  const auto again = e.runs().fork(run_id{"r1"}, options);
  REQUIRE(again);
  CHECK_FALSE(again->created);  // the same fork is not made twice
  options.data = {{"n", 8}};
  const auto other = e.runs().fork(run_id{"r1"}, options);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == errc::already_exists);
  REQUIRE(e.signal(run_id{"r2"}, "go"));
  const auto done = e.wait(run_id{"r2"}, 30s);
  REQUIRE(done);
  CHECK(done->data["n"] == 7);
  CHECK(done->data["b"] == 2);
  CHECK(done->metadata["owner"] == "ada");
  CHECK(done->metadata["forked_from"] == json{{"run", "r1"}, {"checkpoint", last}});
  CHECK(done->summary.restarted_from == run_id{"r1"});
  const auto kinds = kinds_of(e, run_id{"r2"});
  CHECK(count_of(kinds, "step_started") == 1);  // only b: a was done before
  CHECK(e.get(run_id{"r1"})->data["n"] == 1);
  CHECK(e.get(run_id{"r1"})->summary.status == run_status::running);
}

TEST_CASE("a fork survives a restart of the engine", "[time_travel]") {
  const data_folder folder;
  {
    engine e{folder.used()};
    REQUIRE(e.open());
    fork_options options;
    options.checkpoint = stopped_run(e);
    options.start.id = run_id{"r2"};
    REQUIRE(e.runs().fork(run_id{"r1"}, options));
  }
  engine e{folder.used()};
  REQUIRE(e.open());
  CHECK(e.runs().state_at(run_id{"r2"}, 1)->data == json{{"n", 1}, {"a", 1}});
  REQUIRE(e.signal(run_id{"r2"}, "go"));
  CHECK(e.wait(run_id{"r2"}, 30s)->summary.status == run_status::completed);
}

TEST_CASE("a run is not forked where nothing is left, nor with another version", "[time_travel]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  stopped_run(e);
  fork_options options;
  options.start.version = version{1, 0, 0};
  const auto versioned = e.runs().fork(run_id{"r1"}, options);
  REQUIRE_FALSE(versioned);
  CHECK(versioned.error().code == errc::invalid_argument);
  REQUIRE(e.signal(run_id{"r1"}, "go"));
  REQUIRE(e.wait(run_id{"r1"}, 30s));
  const auto over = e.runs().fork(run_id{"r1"}, {});
  REQUIRE_FALSE(over);
  CHECK(over.error().code == errc::illegal_transition);
}
