#include "actors/parked_states.hpp"

#include <string>
#include <utility>

#include "flow/definition/compiled.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using actors::parked_states;

namespace {

run_key key_of(int number) {
  return {scope_name{"default"}, run_id{"r" + std::to_string(number)}};
}

actors::run_in_memory parked(int number, std::size_t data_bytes = 0) {
  flow::run_state state;
  state.key = key_of(number);
  state.sequence = 5;
  state.data_bytes = data_bytes;
  persistence::run_recorder recorder{state.key};
  return {std::move(state), nullptr, std::move(recorder)};
}

}  // namespace

TEST_CASE("a parked state is taken out once", "[parked_states]") {
  parked_states states{1 << 20};
  states.put(parked(1));
  CHECK(states.size() == 1);
  const auto taken = states.take(key_of(1));
  REQUIRE(taken);
  CHECK(taken->state.key == key_of(1));
  CHECK(taken->state.sequence == 5);
  CHECK_FALSE(states.take(key_of(1)));
  CHECK_FALSE(states.take(key_of(2)));
  CHECK(states.bytes() == 0);
}

TEST_CASE("a full cache of parked states drops those that were put first", "[parked_states]") {
  parked_states states{3 * actors::estimated_bytes(parked(1)) + 1};
  for (int i = 1; i <= 4; ++i) states.put(parked(i));
  CHECK(states.size() == 3);
  CHECK_FALSE(states.take(key_of(1)));
  CHECK(states.take(key_of(2)));
  states.put(parked(2));  // now the last
  states.put(parked(5));
  CHECK_FALSE(states.take(key_of(3)));
  for (const int kept : {2, 4, 5}) CHECK(states.take(key_of(kept)));
}

TEST_CASE("the size of the parked states stays within its maximum", "[parked_states]") {
  const std::uint64_t most = 20 * actors::estimated_bytes(parked(1));
  parked_states states{most};
  for (int i = 0; i < 500; ++i) {
    states.put(parked(i % 50, static_cast<std::size_t>(i) * 37 % 4000));
    CHECK(states.bytes() <= most);
  }
  for (int i = 0; i < 50; ++i) states.erase(key_of(i));
  CHECK(states.bytes() == 0);
  CHECK(states.size() == 0);
}

TEST_CASE("a state larger than the cache is not kept, and evicts only its predecessor",
          "[parked_states]") {
  parked_states states{3 * actors::estimated_bytes(parked(1))};
  states.put(parked(1));
  states.put(parked(2));
  states.put(parked(1, 1'000'000));
  CHECK_FALSE(states.take(key_of(1)));
  CHECK(states.take(key_of(2)));
  parked_states off{0};
  off.put(parked(1));
  CHECK(off.size() == 0);
}
