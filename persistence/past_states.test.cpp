#include "persistence/past_states.hpp"

#include <string>
#include <vector>

#include <pawl/detail/placement.hpp>

#include "flow/testing/driven_run.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/run_recorder.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

const run_key looped_key{default_scope(), run_id{"r1"}};

void write_to(memory_store& store, const batch& what) {
  const batch* const all[] = {&what};
  store.publish(store.write(all).value());
}

/// Stores a run of five steps; whole states are as frequent as `min_tail_bytes` says. Returns the
/// state at each of its checkpoints.
std::vector<flow::run_state> store_steps(memory_store& store, std::uint64_t min_tail_bytes) {
  using namespace flow::testing;
  driven_run run{chain({start(), task("a"), task("b"), task("c"), task("d"), task("e"), end()})};
  run_recorder recorder{looped_key};
  std::vector<flow::run_state> states;
  const auto commit = [&] {
    write_to(store,
             recorder.record(run.state(), run.flow(), run.last().change, min_tail_bytes).writes);
    states.push_back(run.state());
  };
  REQUIRE(run.begin({{"n", 1}}));
  commit();
  for (const char* const step : {"a", "b", "c", "d", "e"}) {
    REQUIRE(run.finish(step, json{{step, std::string(40, 'x')}}));
    commit();
  }
  return states;
}

/// The state at a checkpoint, read one record at a time.
result<flow::run_state> state_at(const memory_store& store, std::uint64_t checkpoint) {
  const auto now = store.durable_view();
  auto state = load_state_before(*now, looped_key, checkpoint);
  REQUIRE(state);
  REQUIRE(*state);
  while (true) {
    const auto complete =
        advance_state(*now, **state, checkpoint, [](std::size_t) { return view::next::stop; });
    if (!complete) return complete.error();
    if (*complete) return **state;
  }
}

}  // namespace

TEST_CASE("the state at every checkpoint is read, wherever the whole states are", "[past_states]") {
  const auto min_tail_bytes =
      GENERATE(std::uint64_t{1}, std::uint64_t{300}, std::uint64_t{1'000'000});
  CAPTURE(min_tail_bytes);
  memory_store store;
  const auto states = store_steps(store, min_tail_bytes);
  for (std::uint64_t checkpoint = 1; checkpoint <= states.size(); ++checkpoint) {
    CAPTURE(checkpoint);
    const auto found = state_at(store, checkpoint);
    REQUIRE(found);
    CHECK(*found == states.at(checkpoint - 1));
  }
  CHECK(last_checkpoint(*store.durable_view(), looped_key).value() == states.size());
}

TEST_CASE("a checkpoint that a run has not reached is not found", "[past_states]") {
  memory_store store;
  const auto states = store_steps(store, 1'000'000);
  const auto found = state_at(store, 99);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == errc::not_found);
  CHECK(found.error().message == "run r1 in scope default has no checkpoint 99; its last one is 6");
  const run_key none{default_scope(), run_id{"none"}};
  CHECK(last_checkpoint(*store.durable_view(), none).value() == 0);
  CHECK_FALSE(load_state_before(*store.durable_view(), none, 1).value());
}

TEST_CASE("a state whose history was deleted is not made up", "[past_states]") {
  memory_store store;
  const auto states = store_steps(store, 1'000'000);
  batch whole;
  whole.put(column::checkpoints, keys::state(pawl::detail::run_hash(looped_key)),
            encode_state(states.back()));
  write_to(store, whole);
  const auto erase = [&](std::uint64_t from, std::uint64_t to) {
    batch pruned;
    for (auto number = from; number <= to; ++number)
      pruned.erase(column::checkpoints,
                   keys::checkpoint(pawl::detail::run_hash(looped_key), number));
    write_to(store, pruned);
  };
  erase(1, 3);
  const auto gone = state_at(store, 2);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == errc::not_found);
  CHECK(gone.error().message ==
        "checkpoint 1 of run r1 in scope default was pruned; the oldest one is 4");
  erase(4, 6);
  const auto all_gone = state_at(store, 2);
  REQUIRE_FALSE(all_gone);
  CHECK(all_gone.error().code == errc::not_found);
  CHECK(state_at(store, 6).value() == states.back());  // the whole state is left
}
