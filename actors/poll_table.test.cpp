#include "actors/poll_table.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::poll_id;
using actors::poll_table;
using namespace std::chrono_literals;

namespace {

constexpr actors::steady_time began{};

task_poll poll_of(std::vector<std::string> functions, std::chrono::milliseconds wait = 0ms) {
  task_poll made;
  made.queue = "gpu";
  made.functions = std::move(functions);
  made.max = 2;
  made.wait = wait;
  return made;
}

}  // namespace

TEST_CASE("the functions of a poll take turns, and polls start with different ones",
          "[dispatcher]") {
  poll_table polls;
  const auto first = polls.add(scope_name{"s"}, poll_of({"f", "g"}), {}, began);
  const auto second = polls.add(scope_name{"s"}, poll_of({"f", "g"}), {}, began);
  const auto next = [&](poll_id id) { return polls.at(id).next_queue().code_ref; };
  const auto begin = next(first);
  CHECK(next(second) != begin);
  CHECK(next(first) != begin);
  CHECK(next(first) == begin);
  CHECK(polls.at(first).next_queue().scope == scope_name{"s"});
}

TEST_CASE("a poll wants as many tasks as it has asked for", "[dispatcher]") {
  poll_table polls;
  actors::poll& p = polls.at(polls.add(scope_name{"s"}, poll_of({"f"}), {}, began));
  CHECK(p.wants_more());
  p.asked = 1;
  CHECK(p.wants_more());
  p.got.emplace_back();
  CHECK_FALSE(p.wants_more());
}

TEST_CASE("polls that wait have deadlines, which pass in order", "[dispatcher]") {
  poll_table polls;
  CHECK_FALSE(polls.next_deadline());
  const auto late = polls.add(scope_name{"s"}, poll_of({"f"}, 30ms), {}, began);
  const auto early = polls.add(scope_name{"s"}, poll_of({"f"}, 10ms), {}, began);
  const auto at_once = polls.add(scope_name{"s"}, poll_of({"f"}), {}, began);
  CHECK(polls.next_deadline() == began + 10ms);
  CHECK(polls.take_passed_deadlines(began + 9ms).empty());
  CHECK(polls.take_passed_deadlines(began + 10ms) == std::vector<poll_id>{early});
  CHECK(polls.size() == 3);
  polls.erase(late);
  CHECK_FALSE(polls.next_deadline());
  CHECK(polls.find(late) == nullptr);
  CHECK(polls.find(at_once) != nullptr);
}

TEST_CASE("a poll whose wait has ended still gets tasks", "[dispatcher]") {
  poll_table polls;
  const auto id = polls.add(scope_name{"s"}, poll_of({"f"}, 30ms), {}, began);
  polls.end_wait(polls.at(id), id, began + 1ms);
  CHECK(polls.at(id).wants_more());
  CHECK(polls.at(id).deadline == began + 1ms);
  CHECK_FALSE(polls.next_deadline());
}

TEST_CASE("a withdrawn poll wants nothing and its time is over", "[dispatcher]") {
  poll_table polls;
  const auto id = polls.add(scope_name{"s"}, poll_of({"f"}, 30ms), {}, began);
  polls.withdraw(polls.at(id), id, began + 1ms);
  CHECK_FALSE(polls.at(id).wants_more());
  CHECK(polls.at(id).deadline == began + 1ms);
  CHECK_FALSE(polls.next_deadline());
}
