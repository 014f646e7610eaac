#include "flow/machine/builder/run_joins.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// The part, with the parts that it needs, in a run with two branches on their way to a join.
struct joins_fixture : part_fixture {
  explicit joins_fixture(json join = json::object())
      : part_fixture(
            flow_of({start(), task("a"), task("b"), node_of("j", "join", std::move(join)), end()},
                    {edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "j"),
                     edge("j", "end")})) {}

  run_joins& begin_joins() {
    change_set& changes = begin();
    data.emplace(changes);
    calls.emplace(changes, failures);
    tokens.emplace(changes, *data, *calls);
    status.emplace(changes);
    compensations.emplace(changes, *status, *calls, *tokens);
    branches.emplace(changes, *data, *tokens, failures);
    sections.emplace(changes, *data, *calls, *tokens, *compensations, *branches, failures);
    return joins.emplace(changes, *data, *tokens, *compensations, *branches, *sections, failures);
  }

  /// Closes the join of the fork, which is the only one.
  bool close() { return joins->close(*run.tokens.forks().first_changed(), index_of("j")); }

  std::optional<run_data> data;
  std::optional<run_calls> calls;
  std::optional<run_tokens> tokens;
  std::optional<lifecycle> status;
  std::optional<run_compensations> compensations;
  std::optional<run_branches> branches;
  std::optional<run_sections> sections;
  std::optional<run_joins> joins;
};

}  // namespace

TEST_CASE("a join waits while a branch can still arrive", "[builder]") {
  joins_fixture f;
  f.add_branch("j", "start", 0, token_phase::gathering);
  f.add_branch("b", "start", 1);
  auto& joins = f.begin_joins();
  CHECK_FALSE(f.close());
  CHECK_FALSE(joins.fail_deadlocked());
  CHECK(f.run.tokens.size() == 2);
}

TEST_CASE("a join makes one token of the branches that arrived, on the trunk", "[builder]") {
  joins_fixture f;
  f.add_branch("j", "start", 0, token_phase::gathering).writes = json{{"x", 1}};
  f.add_branch("j", "start", 1, token_phase::gathering).writes = json{{"y", 2}};
  for (const auto id : f.run.tokens.ids()) f.run.find_token(id)->condition_result = true;
  f.begin_joins();
  CHECK(f.close());
  REQUIRE(f.run.tokens.size() == 1);
  const token& t = f.run.tokens.front();
  CHECK(t.on_trunk());
  CHECK(t.node == f.index_of("end"));
  CHECK(t.condition_result == true);
  CHECK(*f.run.data == json{{"x", 1}, {"y", 2}});
  CHECK(f.events() == lines{"branches_joined"});
  f.finish();
}

TEST_CASE("a join that needs one branch drops the others", "[builder]") {
  joins_fixture f{json{{"wait_for", "any"}}};
  f.add_branch("a", "start", 0);
  f.add_branch("j", "start", 1, token_phase::gathering);
  f.begin_joins();
  CHECK(f.close());
  CHECK(f.events() == lines{"branch_dropped", "branches_joined"});
  const auto made = f.finish();
  REQUIRE(made.effects.size() == 1);
  CHECK(std::get<abandon_effect>(made.effects.front()).token == 1);
}

TEST_CASE("a join that needs more branches than can arrive fails", "[builder]") {
  joins_fixture f{json{{"wait_for", 2}}};
  f.add_branch("a", "start", 0, token_phase::ended);
  f.add_branch("j", "start", 1, token_phase::gathering);
  f.begin_joins();
  CHECK(f.close());
  CHECK(f.failures.all() == lines{"fail_visit join_unsatisfied"});
}

TEST_CASE("a join fails on different values of a key, unless its policy chooses", "[builder]") {
  const bool chooses = GENERATE(false, true);
  joins_fixture f{chooses ? json{{"merge", "last"}} : json::object()};
  f.add_branch("j", "start", 0, token_phase::gathering).writes = json{{"x", 1}};
  f.add_branch("j", "start", 1, token_phase::gathering).writes = json{{"x", 2}};
  f.begin_joins();
  CHECK(f.close());
  if (chooses) {
    CHECK(*f.run.data == json{{"x", 2}});
    f.finish();
  } else {
    CHECK(f.failures.all() == lines{"fail_visit merge_conflict"});
  }
}

TEST_CASE("a join keeps a key that is empty", "[builder]") {
  joins_fixture f;
  f.add_branch("j", "start", 0, token_phase::gathering).writes = json{{"", 1}};
  f.add_branch("j", "start", 1, token_phase::gathering);
  f.begin_joins();
  CHECK(f.close());
  CHECK(*f.run.data == json{{"", 1}});
  f.finish();
}

TEST_CASE("joins that wait for each other are a deadlock", "[builder]") {
  joins_fixture f;
  f.add_branch("j", "start", 0, token_phase::gathering);
  f.add_branch("b", "start", 1, token_phase::ended);
  auto& joins = f.begin_joins();
  CHECK(joins.fail_deadlocked());
  CHECK(f.failures.all() == lines{"fail_visit join_deadlock"});
}
