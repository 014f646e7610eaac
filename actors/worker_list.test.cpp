#include "actors/worker_list.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::worker_list;

namespace {

const scope_name in{"default"};

task_poll poll_of(const std::string& worker, const std::string& queue = "gpu") {
  task_poll made;
  made.worker = worker;
  made.queue = queue;
  made.functions = {"f"};
  return made;
}

std::vector<std::string> names(const worker_list& list, const scope_name& scope = in) {
  std::vector<std::string> all;
  list.for_each_in(scope, [&](const std::string& name, const auto&) { all.push_back(name); });
  return all;
}

}  // namespace

TEST_CASE("workers are listed by scope and name, as of their last poll", "[dispatcher]") {
  worker_list list;
  list.on_poll(in, poll_of("b"), from_unix_us(1));
  list.on_poll(in, poll_of("a"), from_unix_us(2));
  list.on_poll(scope_name{"other"}, poll_of("c"), from_unix_us(3));
  list.on_poll(in, poll_of("b", "cpu"), from_unix_us(4));
  CHECK(names(list) == std::vector<std::string>{"a", "b"});
  list.for_each_in(in, [](const std::string& name, const worker_list::worker& w) {
    CHECK(w.queue == (name == "b" ? "cpu" : "gpu"));
    CHECK(w.seen_at == from_unix_us(name == "b" ? 4 : 2));
  });
  CHECK(names(list, scope_name{"none"}).empty());
}

TEST_CASE("workers that are silent are removed, and heartbeats keep them", "[dispatcher]") {
  worker_list list;
  list.on_poll(in, poll_of("a"), from_unix_us(1));
  list.on_poll(in, poll_of("b"), from_unix_us(1));
  list.on_heartbeat(in, "b", from_unix_us(5));
  list.on_heartbeat(in, "unknown", from_unix_us(5));
  list.erase_unseen_since(from_unix_us(5));
  CHECK(names(list) == std::vector<std::string>{"b"});
}

TEST_CASE("a full list ignores new workers and updates known ones", "[dispatcher]") {
  worker_list list{1};
  list.on_poll(in, poll_of("a"), from_unix_us(1));
  list.on_poll(in, poll_of("b"), from_unix_us(2));
  list.on_poll(in, poll_of("a", "cpu"), from_unix_us(3));
  CHECK(names(list) == std::vector<std::string>{"a"});
  list.for_each_in(in, [](const auto&, const worker_list::worker& w) { CHECK(w.queue == "cpu"); });
}
