#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "persistence/testing/wrapped_store.hpp"
#include "runtime/core.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

/// How a store was used.
struct store_use {
  std::atomic<int> syncs{0};
  std::atomic<int> syncs_by_writer{0};  ///< on the thread of the last write
  std::atomic<int> overlaps{0};         ///< writes during a sync
};

class counted_store final : public persistence::testing::wrapped_store {
 public:
  explicit counted_store(store_use& use) : use_(use) {}

  result<std::shared_ptr<const persistence::view>> write(
      std::span<const persistence::batch* const> batches) override {
    writer_ = std::this_thread::get_id();
    if (syncing_) ++use_.overlaps;
    return wrapped_store::write(batches);
  }
  result<void> sync() override {
    ++use_.syncs;
    if (writer_ == std::this_thread::get_id()) ++use_.syncs_by_writer;
    syncing_ = true;
    std::this_thread::sleep_for(sync_time);  // a slow disk
    syncing_ = false;
    return wrapped_store::sync();
  }

  std::chrono::milliseconds sync_time{0};

 private:
  store_use& use_;
  std::atomic<std::thread::id> writer_;
  std::atomic<bool> syncing_{false};
};

engine engine_on(store_use& use, std::chrono::milliseconds sync_time = 0ms) {
  settings s;
  s.log.level = log_level::error;
  engine_components components;
  components.open_store = [&use, sync_time] {
    auto store = std::make_unique<counted_store>(use);
    store->sync_time = sync_time;
    return result<std::unique_ptr<persistence::store>>{std::move(store)};
  };
  return engine_access::make(s, std::move(components));
}

json line(int steps) {
  json nodes = json::array({{{"id", "s"}, {"type", "start"}}});
  json edges = json::array();
  for (int i = 0; i < steps; ++i) {
    const std::string before = i == 0 ? "s" : "t" + std::to_string(i - 1);
    const std::string id = "t" + std::to_string(i);
    nodes.push_back({{"id", id}, {"type", "task"}, {"data", {{"code_ref", "t.noop"}}}});
    edges.push_back({{"source", before}, {"target", id}});
  }
  return {{"name", "line" + std::to_string(steps)}, {"nodes", nodes}, {"edges", edges}};
}

}  // namespace

TEST_CASE("a run of n steps waits for n + 1 syncs of the store", "[engine][durability]") {
  store_use use;
  engine e = engine_on(use);
  const bool run_inline = GENERATE(true, false);
  CAPTURE(run_inline);
  REQUIRE(e.functions().add("t.noop", [](step_context&) {}, {.run_inline = run_inline}));
  REQUIRE(e.open());
  for (const int steps : {1, 3, 10}) {
    CAPTURE(steps);
    const json definition = line(steps);
    REQUIRE(e.put_flow(definition));
    const int before = use.syncs;
    const auto done = e.start_and_wait(definition["name"].get<std::string>(), json::object(), 10s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
    CHECK(use.syncs - before == steps + 1);
  }
}

TEST_CASE("a commit that comes alone is synced by the thread that wrote it",
          "[engine][durability]") {
  store_use use;
  engine e = engine_on(use);
  REQUIRE(e.functions().add("t.noop", [](step_context&) {}, {.run_inline = true}));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(line(10)));
  const int others = use.syncs - use.syncs_by_writer;
  for (int i = 0; i < 10; ++i) REQUIRE(e.start_and_wait("line10", json::object(), 10s));
  CHECK(use.syncs_by_writer >= 110);
  CHECK(use.syncs - use.syncs_by_writer == others);
}

TEST_CASE("commits of many runs are written while others are synced", "[engine][durability]") {
  store_use use;
  engine e = engine_on(use, 2ms);
  REQUIRE(e.functions().add("t.noop", [](step_context&) {}, {.run_inline = true}));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(line(10)));
  std::vector<run_id> runs;
  for (int i = 0; i < 100; ++i) {
    const auto started = e.start("line10", json::object());
    REQUIRE(started);
    runs.push_back(started->id);
  }
  for (const auto& run : runs) REQUIRE(e.runs().wait(run, 60s));
  CHECK(use.overlaps > 0);
  CHECK(use.syncs < 600);  // of 1,100 commits
}
