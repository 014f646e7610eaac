// Who reads the store. Every test of this folder fails if a run's actor or a shard of the directory
// does; here are the paths that need no read at all.

#include <memory>
#include <string>
#include <utility>

#include "persistence/runs.hpp"
#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;

namespace {

/// A run "r" that takes three signals one after the other and is not in memory.
class waiting_run {
 public:
  explicit waiting_run(std::uint64_t cache_bytes = 1 << 20) {
    world_.crashes = [](const actors::invocation&) { return false; };
    settings_.engine.shards = 2;
    settings_.engine.parked_cache_bytes = cache_bytes;
    start_engine(std::make_shared<persistence::memory_store>());
    json nodes = json::array();
    nodes.push_back({{"id", "begin"}, {"type", "start"}});
    json edges = json::array();
    std::string last = "begin";
    for (const char* const id : {"a", "b", "c"}) {
      nodes.push_back({{"id", id}, {"type", "signal"}, {"data", {{"name", "go"}}}});
      edges.push_back({{"source", std::exchange(last, id)}, {"target", id}});
    }
    put_flow(*engine_, {{"name", "flow"}, {"nodes", nodes}, {"edges", edges}});
    run_until_idle(*engine_);
    start(key_.id.str(), false);
    REQUIRE(runs_in_memory() == 0);
  }

  /// Carries a command to the run out. Returns how often the store was read for it.
  std::size_t command(flow::command what) { return command_to(key_, std::move(what)); }
  std::size_t start(const std::string& id, bool id_is_new) {
    const run_key key{in, run_id{id}};
    flow::start_command wanted = start_of(key, "flow", json::object());
    wanted.id_is_new = id_is_new;
    return command_to(key, std::move(wanted));
  }
  std::size_t command_to(const run_key& key, flow::command what) {
    world_.reads.clear();
    const auto answer = send_command(*engine_, key, std::move(what));
    run_until_idle(*engine_);
    REQUIRE(answer->has_value());
    REQUIRE((*answer)->has_value());
    CHECK(world_.readers_on_scheduler() == "");
    return world_.reads["loader"];
  }
  std::size_t signal() {
    return command(flow::signal_command{"go", json::object(), "s" + std::to_string(++signals_)});
  }

  /// The engine starts again with what is on the disk.
  void restart() {
    auto disk = engine_->disk();
    engine_.reset();
    start_engine(disk->after_power_loss());
    run_until_idle(*engine_);
  }

  [[nodiscard]] std::uint64_t runs_in_memory() const {
    return engine_->context().active_runs.used();
  }
  [[nodiscard]] actors::parked_states& parked() { return engine_->context().parked; }
  [[nodiscard]] run_status status() const {
    return (*persistence::load_record(*engine_->store().durable_view(), key_))->summary.status;
  }

 private:
  void start_engine(std::shared_ptr<persistence::memory_store> disk) {
    engine_ = std::make_unique<engine_life>(world_, std::move(disk), settings_,
                                            simulated_functions(1, true));
  }

  world world_{1};
  settings settings_;
  const run_key key_{in, run_id{"r"}};
  std::unique_ptr<engine_life> engine_;
  int signals_ = 0;
};

}  // namespace

TEST_CASE("a signal to a run that waits reads nothing", "[simulation][reads]") {
  waiting_run run;
  CHECK(run.parked().size() == 1);
  for (int i = 0; i < 3; ++i) {
    CHECK(run.signal() == 0);
    CHECK(run.runs_in_memory() == 0);
  }
  CHECK(run.status() == run_status::completed);
  CHECK(run.parked().size() == 0);  // what has ended is not kept
}

TEST_CASE("a pause and a resume of a run that waits read nothing", "[simulation][reads]") {
  waiting_run run;
  CHECK(run.command(flow::pause_command{}) == 0);
  CHECK(run.command(flow::resume_command{}) == 0);
  for (int i = 0; i < 3; ++i) CHECK(run.signal() == 0);
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a run whose state is not kept is read by the loader", "[simulation][reads]") {
  waiting_run run{0};
  CHECK(run.parked().size() == 0);
  for (int i = 0; i < 3; ++i) CHECK(run.signal() > 0);
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("an engine that starts knows no parked states", "[simulation][reads]") {
  waiting_run run;
  run.restart();
  CHECK(run.parked().size() == 0);
  CHECK(run.signal() > 0);
  CHECK(run.signal() == 0);
  CHECK(run.signal() == 0);
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a start with a new id of a flow in memory reads nothing", "[simulation][reads]") {
  waiting_run run;
  CHECK(run.start("new", true) == 0);
  // Another id may be that of a run.
  CHECK(run.start("named", false) > 0);
  CHECK(run.parked().size() == 3);
}
