// The places that queued tasks take from their scope.

#include <memory>
#include <string>
#include <utility>

#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;

namespace {

/// An engine whose runs wait for a worker. At most 8 tasks may be queued.
class queueing_engine {
 public:
  queueing_engine() {
    world_.crashes = [](const actors::invocation&) { return false; };
    settings_.worker.default_queue = "default";
    settings_.worker.max_queued_tasks = 8;
    open(std::make_shared<persistence::memory_store>());
    put_flow(*engine_,
             {{"name", "flow"},
              {"nodes",
               {{{"id", "begin"}, {"type", "start"}},
                {{"id", "work"}, {"type", "task"}, {"data", {{"code_ref", "of.a_worker"}}}}}},
              {"edges", {{{"source", "begin"}, {"target", "work"}}}}});
    run_until_idle(*engine_);
  }

  /// Whether the command was carried out.
  bool give(const char* id, flow::command what) {
    const auto answer = send_command(*engine_, key(id), std::move(what));
    run_until_idle(*engine_);
    REQUIRE(answer->has_value());
    return (*answer)->has_value();
  }
  bool start(const char* id) { return give(id, start_of(key(id), "flow", json::object())); }

  /// Opens the store again as it is after a loss of power, and handles nothing.
  void lose_power() {
    auto disk = engine_->disk()->after_power_loss();
    engine_.reset();
    open(std::move(disk));
  }
  void run() { run_until_idle(*engine_); }
  /// The next write fails, and all after it.
  void fill_disk() { world_.writes_until_full = 1; }

  [[nodiscard]] std::size_t used_places() const {
    return engine_->context().queued_tasks.now().used;
  }

 private:
  static run_key key(const char* id) { return {in, run_id{id}}; }
  void open(std::shared_ptr<persistence::memory_store> disk) {
    engine_ = std::make_unique<engine_life>(world_, std::move(disk), settings_,
                                            simulated_functions(1, true));
  }

  world world_{1};
  settings settings_;
  std::unique_ptr<engine_life> engine_;
};

}  // namespace

TEST_CASE("the queued tasks of a store are counted once, before any actor runs",
          "[simulation][workers]") {
  queueing_engine e;
  for (const char* const id : {"a", "b", "c"}) REQUIRE(e.start(id));
  REQUIRE(e.used_places() == 3);

  e.lose_power();
  CHECK(e.used_places() == 3);
  e.run();
  CHECK(e.used_places() == 3);
}

TEST_CASE("a step that does not become durable changes no places of queued tasks",
          "[simulation][workers]") {
  queueing_engine e;
  for (const char* const id : {"a", "b", "c"}) REQUIRE(e.start(id));
  e.fill_disk();
  SECTION("one that queues a task") {
    CHECK_FALSE(e.start("d"));
  }
  SECTION("one that removes a task") {
    CHECK_FALSE(e.give("a", flow::cancel_command{}));
  }
  CHECK(e.used_places() == 3);
}
