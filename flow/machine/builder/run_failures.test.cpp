#include "flow/machine/builder/run_failures.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

const error broke{errc::function_failed, "it broke", "broken"};

/// The part, with the parts that it needs. They report to `part_fixture::failures`, which is not
/// the part under test.
struct failures_fixture : part_fixture {
  explicit failures_fixture(const json& source) : part_fixture(source) {}

  run_failures& begin_failures() {
    change_set& changes = begin();
    status.emplace(changes);
    data.emplace(changes);
    calls.emplace(changes, failures);
    tokens.emplace(changes, *data, *calls);
    compensations.emplace(changes, *status, *calls, *tokens);
    branches.emplace(changes, *data, *tokens, failures);
    sections.emplace(changes, *data, *calls, *tokens, *compensations, *branches, failures);
    maps.emplace(changes, *data, *tokens, *compensations, *branches, failures);
    return tested.emplace(changes, *status, *calls, *tokens, *branches, *maps, *sections,
                          *compensations);
  }

  std::optional<lifecycle> status;
  std::optional<run_data> data;
  std::optional<run_calls> calls;
  std::optional<run_tokens> tokens;
  std::optional<run_branches> branches;
  std::optional<run_sections> sections;
  std::optional<run_maps> maps;
  std::optional<run_compensations> compensations;
  std::optional<run_failures> tested;
};

json single_task() {
  return chain({start(), task("a"), end()});
}

json with_handler() {
  return flow_of(
      {start(), task("a"), task("b"), end()},
      {edge("start", "a"), edge("a", "end"), edge_on("on_error", "a", "b"), edge("b", "end")});
}

json flow_with_map(json data, bool has_handler) {
  data["items"] = var("list");
  std::vector<json> edges{edge("start", "m"), edge_on("each", "m", "a"), edge("m", "end")};
  if (has_handler) edges.push_back(edge_on("on_error", "m", "end"));
  return flow_of({start(), node_of("m", "map", std::move(data)), task("a"), end()},
                 std::move(edges));
}

/// A run with both items of a map under way: token 1 is that of the map, 2 and 3 are the items'.
struct in_map : failures_fixture {
  explicit in_map(json data = json::object(), bool has_handler = false)
      : failures_fixture(flow_with_map(std::move(data), has_handler)) {
    add_token("m", token_phase::gathering);
    add_branch("a", "m", 0);
    add_branch("a", "m", 1);
    auto& map = run.maps[1];
    map.items = {"x", "y"};
    map.results = {nullptr, nullptr};
    map.next = 2;
  }
};

}  // namespace

TEST_CASE("a failed visit fails the run and halts its calls", "[builder]") {
  failures_fixture f{single_task()};
  f.add_token("a");
  f.add_token("a");
  auto& failures = f.begin_failures();
  failures.fail_step(f.run.tokens.front(), broke, 7);
  CHECK(f.run.status == run_status::failed);
  CHECK(f.run.error == run_error{"broken", "it broke", "a", 1});
  CHECK(f.run.tokens[0].phase == token_phase::halted);
  CHECK(f.run.tokens[1].phase == token_phase::halted);
  CHECK(f.events() == lines{"step_failed", "run_failed"});
  f.finish();
}

TEST_CASE("an on_error edge takes the failure of its node", "[builder]") {
  failures_fixture f{with_handler()};
  f.add_token("a");
  auto& failures = f.begin_failures();
  SECTION("of a visit") {
    failures.fail_at(f.run.tokens.front(), broke);
    CHECK(f.run.status == run_status::running);
    CHECK(f.run.tokens.front().node == f.index_of("b"));
  }
  SECTION("but not what the edges are not meant for") {
    failures.fail_visit(f.run.tokens.front(), broke);
    CHECK(f.run.status == run_status::failed);
  }
  f.finish();
}

TEST_CASE("a token that cannot leave its node keeps its visit for a retry", "[builder]") {
  failures_fixture f{single_task()};
  f.add_token("a");
  auto& failures = f.begin_failures();
  failures.fail_leaving(f.run.tokens.front(), broke);
  CHECK(f.run.status == run_status::failed);
  CHECK(f.run.tokens.front().phase == token_phase::leaving);
  f.finish();
}

TEST_CASE("a run with compensable steps compensates before it fails", "[builder]") {
  failures_fixture f{single_task()};
  f.run.compensations = {{f.index_of("a"), 1, {}}};
  f.add_token("a");
  auto& failures = f.begin_failures();
  SECTION("a failure") {
    failures.fail_visit(f.run.tokens.front(), broke);
    CHECK(f.run.compensating->error == run_error{"broken", "it broke", "a", 1});
  }
  SECTION("a cancellation") {
    failures.cancel("too late");
    CHECK(f.run.compensating->to == run_status::cancelled);
  }
  CHECK(f.run.status == run_status::running);
  CHECK(f.events() == lines{"compensating"});
  f.finish();
}

TEST_CASE("a reason outside the flow fails the run at once", "[builder]") {
  failures_fixture f{single_task()};
  f.run.compensations = {{f.index_of("a"), 1, {}}};
  f.add_token("a");
  f.begin_failures().fail_now({"engine.quarantined", "it crashed", "", 0});
  CHECK(f.run.status == run_status::failed);
  CHECK(f.run.compensations.size() == 1);
  f.finish();
}

TEST_CASE("a failed compensation fails the run", "[builder]") {
  failures_fixture f{with_handler()};
  f.run.compensations = {{f.index_of("a"), 1, {}}};
  f.run.compensating = compensating{run_status::cancelled, std::nullopt};
  f.add_token("a").compensates = true;
  auto& failures = f.begin_failures();
  failures.fail_step(f.run.tokens.front(), broke);
  CHECK(f.run.status == run_status::failed);
  CHECK(f.run.error->type == "compensation_failed");
  CHECK(f.events() == lines{"compensation_failed", "run_failed"});
  f.finish();
}

TEST_CASE("a run that is cancelled halts its calls", "[builder]") {
  failures_fixture f{single_task()};
  f.add_token("a");
  f.begin_failures().cancel("too late");
  CHECK(f.run.status == run_status::cancelled);
  CHECK(f.run.tokens.front().phase == token_phase::halted);
  CHECK(f.finish().change.events.front().detail == json{{"reason", "too late"}});
}

TEST_CASE("a revived run resumes what was halted, on the same visit", "[builder]") {
  failures_fixture f{single_task()};
  f.add_token("a", token_phase::halted);
  f.add_token("a", token_phase::leaving);
  f.run.status = run_status::failed;
  f.run.error = run_error{"broken", "it broke", "a", 1};
  auto& failures = f.begin_failures();
  failures.revive("");
  CHECK(f.run.status == run_status::running);
  CHECK_FALSE(f.run.error.has_value());
  CHECK(f.run.tokens[0].phase == token_phase::arriving);
  CHECK(f.run.tokens[0].visit == 1);
  CHECK(f.run.tokens[1].phase == token_phase::leaving);
  f.finish();
}

TEST_CASE("a map tolerates the failure of an item", "[builder]") {
  in_map f{json{{"tolerate", 1}}};
  auto& failures = f.begin_failures();
  failures.fail_step(f.run.tokens[1], broke);
  CHECK(f.run.status == run_status::running);
  CHECK(f.run.maps.at(1).failed == 1);
  CHECK(f.run.maps.at(1).results[0] ==
        json{{"error", {{"type", "broken"}, {"message", "it broke"}, {"node", "a"}}},
             {"item", f.run.maps.at(1).items[0]},
             {"index", 0}});
  CHECK(f.run.tokens.size() == 2);
  f.finish();
}

TEST_CASE("the on_error edge of a map takes what it does not tolerate", "[builder]") {
  in_map f{json::object(), true};
  auto& failures = f.begin_failures();
  failures.fail_item(1, f.run.tokens[1], broke);
  CHECK(f.run.status == run_status::running);
  REQUIRE(f.run.tokens.size() == 1);
  CHECK(f.run.tokens.front().node == f.index_of("end"));
  CHECK(f.run.maps.empty());
  f.finish();
}

TEST_CASE("an item that is not tolerated fails the run at its map", "[builder]") {
  in_map f;
  auto& failures = f.begin_failures();
  failures.fail_item(1, f.run.tokens[1], broke);
  CHECK(f.run.status == run_status::failed);
  CHECK(f.run.error->node == "m");
  f.finish();
}
