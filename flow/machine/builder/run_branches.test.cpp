#include "flow/machine/builder/run_branches.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// The part, with the parts that it needs.
struct branches_fixture : part_fixture {
  explicit branches_fixture(const json& source, const limits& allowed = {})
      : part_fixture(source, allowed) {}

  run_branches& begin_branches() {
    change_set& changes = begin();
    data.emplace(changes);
    calls.emplace(changes, failures);
    tokens.emplace(changes, *data, *calls);
    return branches.emplace(changes, *data, *tokens, failures);
  }
  [[nodiscard]] token& t() { return run.tokens.front(); }
  [[nodiscard]] std::string node_of_t() { return flow->at(t().node).id; }

  std::optional<run_data> data;
  std::optional<run_calls> calls;
  std::optional<run_tokens> tokens;
  std::optional<run_branches> branches;
};

json three_ways() {
  return flow_of(
      {start(), condition("c", true), task("a"), task("b"), task("d")},
      {edge("start", "c"), edge("c", "a", true), edge("c", "b", var("x")), edge("c", "d")});
}

json handled_failure() {
  return flow_of(
      {start(), task("a"), task("b"), end()},
      {edge("start", "a"), edge("a", "end"), edge_on("on_error", "a", "b"), edge("b", "end")});
}

}  // namespace

TEST_CASE("a token follows the first conditional edge that is true", "[builder]") {
  branches_fixture f{three_ways()};
  f.add_token("c");
  f.run.data = shared_json{json{{"x", true}}};
  auto& branches = f.begin_branches();
  SECTION("the result of its condition") {
    branches.note_condition(f.t(), true);
    branches.leave(f.t());
    CHECK(f.node_of_t() == "a");
  }
  SECTION("a rule") {
    branches.note_condition(f.t(), false);
    branches.leave(f.t());
    CHECK(f.node_of_t() == "b");
  }
  CHECK(f.events() == lines{"condition_evaluated", "edge_taken"});
  CHECK(f.t().runnable());
  CHECK(f.t().visit == 0);
  f.finish();
}

TEST_CASE("a token follows the plain edge where no condition is true", "[builder]") {
  branches_fixture f{three_ways()};
  f.add_token("c").condition_result = false;
  auto& branches = f.begin_branches();
  branches.leave(f.t());
  CHECK(f.node_of_t() == "d");
  CHECK(f.finish().change.events.front().detail == json{{"to", "d"}, {"why", "default"}});
}

TEST_CASE("a rule that fails on an edge is a failure to leave", "[builder]") {
  branches_fixture f{flow_of({start(), task("a"), task("b")},
                             {edge("start", "a"), edge("a", "b", {{"*", json::array()}})})};
  f.add_token("a");
  f.begin_branches().leave(f.t());
  REQUIRE(f.failures.all().size() == 1);
  CHECK(mentions(f.failures.all().front(), "fail_leaving"));
}

TEST_CASE("several plain edges fork the token", "[builder]") {
  branches_fixture f{
      flow_of({start(), task("a"), task("b")}, {edge("start", "a"), edge("start", "b")})};
  f.add_token("start");
  f.begin_branches().leave(f.t());
  REQUIRE(f.run.tokens.size() == 2);
  CHECK(f.run.tokens[0].branch == std::vector<std::uint32_t>{0});
  CHECK(f.run.tokens[1].branch == std::vector<std::uint32_t>{1});
  CHECK(f.finish().change.tokens_removed == std::vector<token_id>{1});
}

TEST_CASE("a fork into more branches than are allowed is a failure to leave", "[builder]") {
  limits allowed;
  allowed.max_tokens = 2;
  branches_fixture f{
      flow_of({start(), task("a"), task("b")}, {edge("start", "a"), edge("start", "b")}), allowed};
  f.add_token("start");
  f.add_token("a");
  f.begin_branches().leave(f.t());
  CHECK(f.failures.all() == lines{"fail_leaving limit_exceeded"});
  CHECK(f.run.tokens.size() == 2);
}

TEST_CASE("a token ends on the trunk by its removal, on a branch it waits for the merge",
          "[builder]") {
  branches_fixture f{handled_failure()};
  f.add_token("end");
  f.add_branch("end", "start", 0);
  auto& branches = f.begin_branches();
  branches.end(f.run.tokens[1]);
  branches.end(f.run.tokens[0]);
  REQUIRE(f.run.tokens.size() == 1);
  CHECK(f.t().phase == token_phase::ended);
  CHECK(f.events() == lines{"branch_ended"});
  f.finish();
}

TEST_CASE("an on_error edge takes the error into the data", "[builder]") {
  branches_fixture f{handled_failure()};
  f.add_token("a");
  auto& branches = f.begin_branches();
  const error declined{errc::function_failed, "no", "declined"};
  const auto edge_of_t = [&] {
    const json value = error_value(declined, f.flow->at(f.t().node), f.t());
    return branches.find_error_edge(f.t(), declined, value).value();
  };
  const auto* const edge = edge_of_t();
  REQUIRE(edge != nullptr);
  branches.follow_error(f.t(), *edge, error_value(declined, f.flow->at(f.t().node), f.t()));
  CHECK(f.node_of_t() == "b");
  CHECK((*f.run.data)["error"] ==
        json{{"type", "declined"}, {"message", "no"}, {"node", "a"}, {"attempt", 1}});
  CHECK(edge_of_t() == nullptr);  // b has no such edge
  CHECK_FALSE(branches.follow_timeout(f.t()));
  f.finish();
}

TEST_CASE("an on_error edge takes the classes that it names, or all", "[builder]") {
  const error declined{errc::function_failed, "no", "declined"};
  compiled_edge on_error;
  CHECK(takes(on_error, declined));
  on_error.errors = {"timed_out", "declined"};
  CHECK(takes(on_error, declined));
  on_error.errors = {"timed_out"};
  CHECK_FALSE(takes(on_error, declined));
}

TEST_CASE("branches that have all ended are merged into the data", "[builder]") {
  branches_fixture f{handled_failure()};
  f.add_branch("end", "start", 0, token_phase::ended).writes = json{{"x", 1}, {"same", 0}};
  f.add_branch("end", "start", 1, token_phase::ended).writes = json{{"y", 2}, {"same", 0}};
  auto& branches = f.begin_branches();
  CHECK_FALSE(branches.merge_ended().has_value());
  CHECK(*f.run.data == json{{"same", 0}, {"x", 1}, {"y", 2}});
  CHECK(f.run.tokens.empty());
  f.finish();
}

TEST_CASE("branches that wrote different values to a key are not merged", "[builder]") {
  branches_fixture f{handled_failure()};
  f.add_branch("end", "start", 0, token_phase::ended).writes = json{{"x", 1}};
  f.add_branch("end", "start", 1, token_phase::ended).writes = json{{"x", 2}};
  auto& branches = f.begin_branches();
  const auto conflict = branches.merge_ended();
  REQUIRE(conflict.has_value());
  CHECK(conflict->type == "merge_conflict");
  CHECK(mentions(conflict->message, "different values to \"x\""));
  CHECK(f.run.tokens.size() == 2);
  CHECK(f.run.data->empty());
}
