#include "flow/machine/builder/run_maps.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json map_flow(json data = json::object()) {
  data["items"] = var("list");
  return flow_of({start(), node_of("m", "map", std::move(data)), task("a"), end()},
                 {edge("start", "m"), edge_on("each", "m", "a"), edge("m", "end")});
}

/// The part, with the parts that it needs, in a run with a token at a map.
struct maps_fixture : part_fixture {
  explicit maps_fixture(json data = json::object(), const limits& allowed = {})
      : part_fixture(map_flow(std::move(data)), allowed) {
    add_token("m", token_phase::arriving);
  }

  run_maps& begin_maps() {
    change_set& changes = begin();
    data.emplace(changes);
    calls.emplace(changes, failures);
    tokens.emplace(changes, *data, *calls);
    status.emplace(changes);
    compensations.emplace(changes, *status, *calls, *tokens);
    branches.emplace(changes, *data, *tokens, failures);
    return maps.emplace(changes, *data, *tokens, *compensations, *branches, failures);
  }
  /// Ends the branch of an item, which has written "done".
  void end_item(std::size_t token, const json& done) {
    data->write(run.tokens[token], "done", done);
    branches->end(run.tokens[token]);
  }

  std::optional<run_data> data;
  std::optional<run_calls> calls;
  std::optional<run_tokens> tokens;
  std::optional<lifecycle> status;
  std::optional<run_compensations> compensations;
  std::optional<run_branches> branches;
  std::optional<run_maps> maps;
};

}  // namespace

TEST_CASE("a map starts a branch for each item, up to its concurrency", "[builder]") {
  maps_fixture f{json{{"max_concurrency", 2}}};
  auto& maps = f.begin_maps();
  maps.begin(f.run.tokens.front(), {"x", "y", "z"});
  REQUIRE(f.run.tokens.size() == 3);
  CHECK(f.run.tokens[0].phase == token_phase::gathering);
  CHECK(*f.run.tokens[1].writes == json{{"item", "x"}, {"index", 0}});
  CHECK(*f.run.tokens[2].writes == json{{"item", "y"}, {"index", 1}});
  CHECK(f.run.maps.at(1).next == 2);
  f.finish();
}

TEST_CASE("a map without items ends at once", "[builder]") {
  maps_fixture f;
  auto& maps = f.begin_maps();
  maps.begin(f.run.tokens.front(), json::array());
  CHECK(f.run.tokens.front().node == f.index_of("end"));
  CHECK(*f.run.data == json{{"results", json::array()}});
  CHECK(f.run.maps.empty());
  f.finish();
}

TEST_CASE("an item that has ended makes place for the next, and the last ends the map",
          "[builder]") {
  maps_fixture f{json{{"max_concurrency", 1}}};
  auto& maps = f.begin_maps();
  maps.begin(f.run.tokens.front(), {"x", "y"});
  CHECK_FALSE(maps.close_item(1));
  f.end_item(1, 10);
  CHECK(maps.close_item(1));
  REQUIRE(f.run.tokens.size() == 2);
  CHECK(f.run.tokens[1].writes->at("item") == "y");
  f.end_item(1, 20);
  CHECK(maps.close_item(1));
  CHECK(*f.run.data == json::parse(R"({"results": [{"done": 10}, {"done": 20}]})"));
  CHECK(f.run.tokens.front().node == f.index_of("end"));
  f.finish();
}

TEST_CASE("the result of an item is what the map's rule gives", "[builder]") {
  maps_fixture f{json{{"result", var("done")}}};
  auto& maps = f.begin_maps();
  maps.begin(f.run.tokens.front(), {"x"});
  f.end_item(1, 10);
  CHECK(maps.close_item(1));
  CHECK(*f.run.data == json{{"results", {10}}});
  f.finish();
}

TEST_CASE("a rule that fails for an item fails the item", "[builder]") {
  maps_fixture f{json{{"result", {{"*", json::array()}}}}};
  auto& maps = f.begin_maps();
  maps.begin(f.run.tokens.front(), {"x"});
  f.end_item(1, 10);
  CHECK(maps.close_item(1));
  REQUIRE(f.failures.all().size() == 1);
  CHECK(mentions(f.failures.all().front(), "fail_item"));
  CHECK(f.run.tokens.size() == 2);  // kept, for a retry
}

TEST_CASE("an item can be finished as failed", "[builder]") {
  maps_fixture f;
  auto& maps = f.begin_maps();
  maps.begin(f.run.tokens.front(), {"x", "y"});
  f.tokens->remove(2);
  maps.finish_item(1, 0, {{"error", "no"}}, true);
  CHECK(f.run.maps.at(1).failed == 1);
  CHECK(f.run.maps.at(1).done == 1);
  CHECK(f.events() == lines{"map_began", "item_failed"});
  f.finish();
}

TEST_CASE("a map starts no more branches than are allowed", "[builder]") {
  limits allowed;
  allowed.max_tokens = 2;
  maps_fixture f{json::object(), allowed};
  SECTION("an item under way starts the next later") {
    f.begin_maps().begin(f.run.tokens.front(), {"x", "y"});
    CHECK(f.run.tokens.size() == 2);
    CHECK(f.failures.all().empty());
  }
  SECTION("without place for one item the map fails") {
    f.add_token("a");
    f.begin_maps().begin(f.run.tokens.front(), {"x", "y"});
    CHECK(f.failures.all() == lines{"fail_visit limit_exceeded"});
  }
}

TEST_CASE("a halted map is resumed with what it has", "[builder]") {
  maps_fixture f;
  f.run.maps[1].items = {"x", "y"};
  f.run.maps[1].results = {1, nullptr};
  f.run.maps[1].next = f.run.maps[1].done = 1;
  f.add_token("a");
  auto& maps = f.begin_maps();
  CHECK_FALSE(maps.resume(f.run.tokens[1]));
  CHECK(maps.resume(f.run.tokens[0]));
  REQUIRE(f.run.tokens.size() == 3);
  CHECK(f.run.tokens[2].writes->at("item") == "y");
  f.finish();
}

TEST_CASE("the map of a branch is found by its fork", "[builder]") {
  maps_fixture f;
  auto& maps = f.begin_maps();
  maps.begin(f.run.tokens.front(), {"x"});
  const token& item = f.run.tokens[1];
  REQUIRE(maps.find_map(item.branch, item.forks, 0) == &f.run.tokens[0]);
  CHECK(maps.find_map({0}, {f.index_of("start")}, 0) == nullptr);
}
