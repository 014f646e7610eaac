#include "flow/machine/builder/run_tokens.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

/// The part, with the parts that it needs.
struct tokens_fixture : part_fixture {
  tokens_fixture()
      : part_fixture(
            flow_of({start(), task("a"), task("b")}, {edge("start", "a"), edge("start", "b")})) {}

  run_tokens& begin_tokens() {
    change_set& changes = begin();
    data.emplace(changes);
    calls.emplace(changes, failures);
    return tokens.emplace(changes, *data, *calls);
  }

  std::optional<run_data> data;
  std::optional<run_calls> calls;
  std::optional<run_tokens> tokens;
};

}  // namespace

TEST_CASE("a token is placed with the next id and arrives at its node", "[builder]") {
  tokens_fixture f;
  f.run.next_token = 5;
  auto& tokens = f.begin_tokens();
  const token& t = tokens.place(f.index_of("b"));
  CHECK(t.id == 5);
  CHECK(t.runnable());
  CHECK(t.on_trunk());
  CHECK(f.run.next_token == 6);
  f.finish();
}

TEST_CASE("a child is on a branch of its own and sees what its parent wrote", "[builder]") {
  tokens_fixture f;
  token& added = f.add_branch("a", "start", 1);
  added.writes = json{{"x", 1}};
  added.condition_result = true;
  auto& tokens = f.begin_tokens();
  const token parent = f.run.tokens.front();
  const token& child = tokens.place_child(parent, f.index_of("b"), 3);
  CHECK(child.branch == std::vector<std::uint32_t>{1, 3});
  CHECK(child.forks == std::vector<node_index>{f.index_of("start"), f.index_of("a")});
  CHECK(*child.writes == json{{"x", 1}});
  CHECK(child.condition_result == true);
  f.finish();
}

TEST_CASE("a removed token takes its map along", "[builder]") {
  tokens_fixture f;
  f.add_token("a");
  f.run.maps[1].items = json::array();
  auto& tokens = f.begin_tokens();
  tokens.remove(1);
  CHECK(f.run.tokens.empty());
  CHECK(f.run.maps.empty());
  const auto made = f.finish();
  CHECK(made.change.tokens_removed == std::vector<token_id>{1});
  CHECK(made.change.maps_removed == std::vector<token_id>{1});
}

TEST_CASE("a dropped token abandons what it waits for", "[builder]") {
  tokens_fixture f;
  f.add_token("a");
  auto& tokens = f.begin_tokens();
  tokens.drop(1);
  const auto made = f.finish();
  REQUIRE(made.effects.size() == 1);
  CHECK(std::get<abandon_effect>(made.effects.front()).token == 1);
}

TEST_CASE("a branch is dropped with the forks inside it, except for one token", "[builder]") {
  tokens_fixture f;
  f.add_branch("a", "start", 0);
  f.add_branch("a", "start", 1, token_phase::ended);
  f.add_branch("a", "start", 1).branch = {1, 0};
  f.run.tokens.back().forks = {0, 0};
  f.add_branch("a", "start", 1, token_phase::gathering);
  auto& tokens = f.begin_tokens();
  CHECK(tokens.count_alive() == 3);
  tokens.drop_branch({1}, 1, 4);
  REQUIRE(f.run.tokens.size() == 2);
  CHECK(f.run.tokens[0].id == 1);
  CHECK(f.run.tokens[1].id == 4);
  CHECK(f.events() == std::vector<std::string>{"branch_dropped"});  // the other one had ended
  f.finish();
}
