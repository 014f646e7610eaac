#include "flow/machine/builder/run_compensations.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// The part, with the parts that it needs.
struct compensations_fixture : part_fixture {
  compensations_fixture()
      : part_fixture(chain(
            {start(), task("a", {{"compensate", {{"code_ref", "t.undo"}}}}), task("b"), end()})) {}

  run_compensations& begin_compensations() {
    change_set& changes = begin();
    status.emplace(changes);
    data.emplace(changes);
    calls.emplace(changes, failures);
    tokens.emplace(changes, *data, *calls);
    return compensations.emplace(changes, *status, *calls, *tokens);
  }

  std::optional<lifecycle> status;
  std::optional<run_data> data;
  std::optional<run_calls> calls;
  std::optional<run_tokens> tokens;
  std::optional<run_compensations> compensations;
};

}  // namespace

TEST_CASE("a run without compensable steps does not compensate", "[builder]") {
  compensations_fixture f;
  f.add_token("a");
  auto& compensations = f.begin_compensations();
  CHECK_FALSE(compensations.begin(run_status::failed, run_error{}, ""));
  CHECK(compensations.place_last() == nullptr);
  CHECK(f.events().empty());
}

TEST_CASE("steps are compensated in reverse order, then the run ends", "[builder]") {
  compensations_fixture f;
  f.run.compensations = {{f.index_of("a"), 1, {{"n", 1}}}};
  f.add_token("a");
  auto& compensations = f.begin_compensations();
  compensations.add(f.run.tokens.front(), {{"n", 2}});
  REQUIRE(f.run.compensations.size() == 2);
  REQUIRE(compensations.begin(run_status::cancelled, std::nullopt, "too late"));
  CHECK_FALSE(compensations.begin(run_status::cancelled, std::nullopt, ""));  // it does already
  f.tokens->remove(1);
  for (int left = 2; left > 0; --left) {
    token* const t = compensations.place_last();
    REQUIRE(t != nullptr);
    CHECK(t->compensates);
    CHECK(f.run.compensations.back().args == json{{"n", left}});
    compensations.finish(*t);
  }
  CHECK(compensations.place_last() == nullptr);
  CHECK(compensations.end().to == run_status::cancelled);
  CHECK_FALSE(f.run.compensating.has_value());
  CHECK(f.finish().change.compensations_dropped == 1);  // the other was added by this transition
}

TEST_CASE("what is under way is cancelled and awaited, other tokens are removed", "[builder]") {
  compensations_fixture f;
  f.run.compensations = {{f.index_of("a"), 1, {}}};
  f.add_token("b");                                    // a call of the process
  f.add_token("b", token_phase::sleeping);             // a wait
  f.add_token("b").task = remote_task{"q", "test.b"};  // a task that no worker has
  f.add_token("b").task = remote_task{"q", "test.b"};  // a task that a worker has
  f.run.tokens.back().task->lease = 3;
  f.add_token("b").child = child_run{run_id{"child"}, true};
  f.run.tokens.back().timer = timer{f.context.now, false};
  auto& compensations = f.begin_compensations();
  REQUIRE(compensations.begin(run_status::failed, run_error{"broken", "no", "b", 1}, ""));
  std::vector<token_id> left;
  for (const auto& t : f.run.tokens) left.push_back(t.id);
  CHECK(left == std::vector<token_id>{1, 4, 5});
  CHECK_FALSE(f.run.tokens.back().timer.has_value());
  const auto made = f.finish();
  CHECK(made.effects.size() == 2);
  CHECK(
      made.change.events.front().detail ==
      json{{"to", "failed"}, {"steps", 1}, {"awaited", 3}, {"type", "broken"}, {"message", "no"}});
}

TEST_CASE("a paused run resumes to compensate", "[builder]") {
  compensations_fixture f;
  f.run.compensations = {{f.index_of("a"), 1, {}}};
  f.run.status = run_status::paused;
  f.run.frozen_at = f.context.now;
  auto& compensations = f.begin_compensations();
  REQUIRE(compensations.begin(run_status::cancelled, std::nullopt, ""));
  CHECK(f.run.status == run_status::running);
  CHECK_FALSE(f.run.frozen_at.has_value());
  f.finish();
}
