#include "actors/task_queues.hpp"

#include <string>
#include <vector>

#include "persistence/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using actors::task_queues;
using persistence::keys::queued_task;
using persistence::keys::task_queue;

namespace {

const scope_name in{"default"};
const task_queue gpu{in, "gpu", "f"};

queued_task task_of(const std::string& run, std::uint32_t token, int since_us = 0) {
  return {gpu, from_unix_us(since_us), {{in, run_id{run}}, token}, 1, 1};
}

/// A store whose index has these tasks.
std::shared_ptr<const persistence::view> store_of(const std::vector<queued_task>& tasks) {
  persistence::memory_store store;
  persistence::batch writes;
  for (const auto& t : tasks)
    writes.put(persistence::column::indexes, persistence::keys::queued(t), "");
  const persistence::batch* const group[] = {&writes};
  return *store.write(group);
}

/// Runs and tokens of all tasks that are taken until none is in memory.
std::vector<std::string> take_all(task_queues& queues) {
  std::vector<std::string> taken;
  while (const auto task = queues.take(gpu))
    taken.push_back(task->key.run.id.str() + std::to_string(task->key.token));
  return taken;
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("a queue takes from its runs in turn, oldest task first", "[dispatcher]") {
  task_queues queues;
  queues.add_poll(gpu);
  for (const auto& t : {task_of("a", 1, 1), task_of("a", 2, 2), task_of("a", 3, 3),
                        task_of("b", 1, 4), task_of("c", 1, 0)})
    queues.add(t);
  CHECK(take_all(queues).empty());  // nothing is known before the store was read once
  REQUIRE(queues.needs_refill(gpu));
  CHECK(*queues.refill(gpu, *store_of({task_of("a", 1, 1), task_of("a", 2, 2), task_of("a", 3, 3),
                                       task_of("b", 1, 4), task_of("c", 1, 0)})) == 0);
  CHECK_FALSE(queues.needs_refill(gpu));
  CHECK(take_all(queues) == names{"a1", "b1", "c1", "a2", "a3"});
  CHECK_FALSE(queues.needs_refill(gpu));
}

TEST_CASE("a queue that was read takes new tasks and drops removed ones", "[dispatcher]") {
  task_queues queues;
  queues.add_poll(gpu);
  REQUIRE(queues.refill(gpu, *store_of({})));
  queues.add(task_of("a", 1));
  queues.add(task_of("a", 1));  // a repeat
  queues.add(task_of("b", 1));
  queues.remove(task_of("a", 1));
  queues.remove(task_of("c", 1));
  CHECK(take_all(queues) == names{"b1"});
}

TEST_CASE("a queue holds a maximum number of tasks and reads the others later", "[dispatcher]") {
  task_queues queues{2};
  queues.add_poll(gpu);
  const auto store = store_of({task_of("a", 1, 1), task_of("a", 2, 2), task_of("a", 3, 3)});
  REQUIRE(queues.refill(gpu, *store));
  CHECK_FALSE(queues.needs_refill(gpu));
  queues.add(task_of("a", 4, 4));  // comes after what was not read
  CHECK(take_all(queues) == names{"a1", "a2"});
  REQUIRE(queues.needs_refill(gpu));
  REQUIRE(queues.refill(gpu, *store_of({task_of("a", 3, 3), task_of("a", 4, 4)})));
  CHECK(take_all(queues) == names{"a3", "a4"});
}

TEST_CASE("a full queue leaves the newest task in the store", "[dispatcher]") {
  task_queues queues{2};
  queues.add_poll(gpu);
  REQUIRE(queues.refill(gpu, *store_of({})));
  for (std::uint32_t t = 1; t <= 3; ++t) queues.add(task_of("a", t, static_cast<int>(t)));
  CHECK(take_all(queues) == names{"a1", "a2"});
  CHECK(queues.needs_refill(gpu));
}

TEST_CASE("index entries that name no task are counted", "[dispatcher]") {
  persistence::memory_store store;
  persistence::batch writes;
  writes.put(persistence::column::indexes, persistence::keys::queued_in(gpu).from + "x", "");
  const persistence::batch* const group[] = {&writes};
  task_queues queues;
  queues.add_poll(gpu);
  CHECK(*queues.refill(gpu, **store.write(group)) == 1);
}

TEST_CASE("a queue exists while it is polled or has tasks", "[dispatcher]") {
  task_queues queues;
  queues.add(task_of("a", 1));
  CHECK_FALSE(queues.take(gpu));
  queues.add_poll(gpu);
  queues.add_poll(gpu);
  REQUIRE(queues.refill(gpu, *store_of({task_of("a", 1)})));
  queues.remove_poll(gpu);
  queues.remove_poll(gpu);
  CHECK(take_all(queues) == names{"a1"});  // was kept for the next poll
  queues.add_poll(gpu);
  queues.remove_poll(gpu);
  CHECK_FALSE(queues.needs_refill(gpu));
}

TEST_CASE("the oldest poll that wants a task of a queue is first", "[dispatcher]") {
  task_queues queues;
  CHECK_FALSE(queues.first_waiting(gpu));
  for (const actors::poll_id poll : {2, 1}) {
    queues.add_poll(gpu);
    queues.add_waiting(gpu, poll);
  }
  CHECK(queues.first_waiting(gpu) == actors::poll_id{1});
  queues.remove_waiting(gpu, 1);
  CHECK(queues.first_waiting(gpu) == actors::poll_id{2});
  queues.remove_waiting(gpu, 2);
  CHECK_FALSE(queues.first_waiting(gpu));
  queues.add_waiting(gpu, 1);
  CHECK(queues.first_waiting(gpu) == actors::poll_id{1});
}
