#include "actors/wait_table.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::actors;
using namespace std::chrono_literals;

namespace {

run_key key_of(const std::string& id) {
  return {default_scope(), run_id{id}};
}

/// A reply that notes its answer as a text.
reply<ended_run> note_in(std::vector<std::string>& to, const std::string& name) {
  return reply<ended_run>{[&to, name](const result<ended_run>& answer) {
    to.push_back(name + (answer ? " ended" : " " + std::string{to_string(answer.error().code)}));
  }};
}

}  // namespace

TEST_CASE("the waits for a run are taken together, oldest first") {
  std::vector<std::string> answered;
  wait_table waits;
  waits.add(key_of("a"), std::nullopt, note_in(answered, "first"));
  waits.add(key_of("b"), std::nullopt, note_in(answered, "other"));
  waits.add(key_of("a"), std::nullopt, note_in(answered, "second"));
  CHECK(waits.has(key_of("a")));
  for (const auto& answer : waits.take(key_of("a"))) answer(ended_run{});
  CHECK(answered == std::vector<std::string>{"first ended", "second ended"});
  CHECK_FALSE(waits.has(key_of("a")));
  CHECK(waits.size() == 1);
  CHECK(waits.take(key_of("a")).empty());
}

TEST_CASE("a wait that is withdrawn reports its id and leaves the others") {
  std::vector<std::string> answered;
  std::vector<wait_id> withdrawn;
  const auto note = [&](wait_id id) { withdrawn.push_back(id); };
  wait_table waits;
  std::stop_source first, second;
  waits.add(key_of("a"), std::nullopt, note_in(answered, "first"), first.get_token(), note);
  waits.add(key_of("a"), std::nullopt, note_in(answered, "second"), second.get_token(), note);
  first.request_stop();
  REQUIRE(withdrawn.size() == 1);
  const auto taken = waits.take(withdrawn[0]);
  REQUIRE(taken);
  CHECK(taken->first == run_id{"a"});
  taken->second(error{errc::cancelled, "gone"});
  CHECK(answered == std::vector<std::string>{"first cancelled"});
  CHECK_FALSE(waits.take(withdrawn[0]));
  CHECK(waits.take(key_of("a")).size() == 1);
  second.request_stop();  // too late
  CHECK(withdrawn.size() == 1);
}

TEST_CASE("the waits whose deadlines have passed are taken, and no others") {
  std::vector<std::string> answered;
  const steady_time now{100s};
  wait_table waits;
  CHECK_FALSE(waits.next_deadline());
  waits.add(key_of("a"), now + 2s, note_in(answered, "late"));
  waits.add(key_of("b"), now + 1s, note_in(answered, "early"));
  waits.add(key_of("c"), std::nullopt, note_in(answered, "never"));
  CHECK(waits.next_deadline() == now + 1s);
  const auto passed = waits.take_passed(now + 1s);
  REQUIRE(passed.size() == 1);
  CHECK(passed[0].first == run_id{"b"});
  CHECK(waits.next_deadline() == now + 2s);
  CHECK(waits.take_passed(now + 1s).empty());
  static_cast<void>(waits.take(key_of("a")));
  CHECK_FALSE(waits.next_deadline());
}

TEST_CASE("dropped waits are answered as unavailable") {
  std::vector<std::string> answered;
  wait_table waits;
  waits.add(key_of("a"), std::nullopt, note_in(answered, "a"));
  waits.clear();
  CHECK(answered == std::vector<std::string>{"a unavailable"});
}
