#include "flow/machine/builder/change_set.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

TEST_CASE("a change set numbers the checkpoint and sets the time of the change", "[builder]") {
  part_fixture f{chain({start(), task("a"), end()})};
  f.begin();
  const auto made = f.finish();
  CHECK(made.change.sequence == 2);
  CHECK(f.run.sequence == 2);
  CHECK(made.change.at == f.context.now);
  CHECK(f.run.updated_at == f.context.now);
}

TEST_CASE("a token is in the delta once, as it is at the end", "[builder]") {
  part_fixture f{chain({start(), task("a"), end()})};
  f.add_token("a");
  auto& changes = f.begin();
  token& t = f.run.tokens.front();
  t.attempt = 2;
  changes.mark_changed(t);
  t.attempt = 3;
  changes.mark_changed(t);
  const auto made = f.finish();
  REQUIRE(made.change.tokens_set.size() == 1);
  CHECK(made.change.tokens_set.front().attempt == 3);
}

TEST_CASE("a token that is placed and removed leaves no trace in the delta", "[builder]") {
  part_fixture f{chain({start(), task("a"), end()})};
  f.add_token("a");
  auto& changes = f.begin();
  changes.mark_changed(token_id{2});  // placed by this transition
  changes.mark_changed(token_id{1});
  f.run.tokens.clear();
  const auto made = f.finish();
  CHECK(made.change.tokens_set.empty());
  CHECK(made.change.tokens_removed == std::vector<token_id>{1});
}

TEST_CASE("an event carries the node, visit and attempt of its token", "[builder]") {
  part_fixture f{chain({start(), task("a"), end()})};
  f.add_token("a").attempt = 4;
  auto& changes = f.begin();
  changes.record(event_kind::run_pausing);
  changes.record(event_kind::step_started, f.run.tokens.front(), {{"x", 1}});
  const auto events = f.finish().change.events;
  REQUIRE(events.size() == 2);
  CHECK_FALSE(events[0].node.has_value());
  CHECK(events[1].node == f.index_of("a"));
  CHECK(events[1].attempt == 4);
  CHECK(events[1].detail == json{{"x", 1}});
}

TEST_CASE("a call can be withdrawn in the transition that requested it", "[builder]") {
  part_fixture f{chain({start(), task("a"), end()})};
  auto& changes = f.begin();
  invoke_effect call;
  call.token = 7;
  changes.request_call(call);
  CHECK_FALSE(changes.withdraw_call(8));
  CHECK(changes.withdraw_call(7));
  CHECK_FALSE(changes.withdraw_call(7));
  CHECK(f.finish().effects.empty());
}

TEST_CASE("a call that the transition makes itself is no effect", "[builder]") {
  part_fixture f{chain({start(), task("a"), end()})};
  std::vector<token_id> asked;
  f.context.call_now = [&](const invoke_effect& call, step_outcome_command& outcome) {
    asked.push_back(call.token);
    outcome.token = call.token;
    return call.token % 2 == 0;
  };
  auto& changes = f.begin();
  for (token_id id = 1; id <= 4; ++id) {
    invoke_effect call;
    call.token = id;
    changes.request_call(call);
  }
  const auto first = changes.make_next_call();
  REQUIRE(first);
  CHECK(first->token == 2);
  CHECK_FALSE(changes.withdraw_call(2));  // made
  CHECK(changes.withdraw_call(1));        // is an effect by now
  CHECK(changes.withdraw_call(4));        // not made yet
  CHECK_FALSE(changes.make_next_call());
  CHECK(asked == std::vector<token_id>{1, 2, 3});
  const auto effects = f.finish().effects;
  REQUIRE(effects.size() == 1);
  CHECK(std::get<invoke_effect>(effects[0]).token == 3);
}

TEST_CASE("the progress of a map is erased from the state and the delta", "[builder]") {
  part_fixture f{chain({start(), task("a"), end()})};
  f.add_token("a");
  f.run.maps[1].items = json::array({1});
  auto& changes = f.begin();
  changes.change().maps_set[1] = {};
  changes.erase_map(1);
  changes.erase_map(1);  // has none any more
  const auto made = f.finish();
  CHECK(made.change.maps_set.empty());
  CHECK(made.change.maps_removed == std::vector<token_id>{1});
}
