#include <chrono>
#include <memory>

#include "persistence/runs.hpp"
#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;
using namespace std::chrono_literals;

namespace {

/// A run "r" that waits for ten seconds and is not in memory.
class sleeper {
 public:
  sleeper() {
    world_.crashes = [](const actors::invocation&) { return false; };
    settings_.engine.shards = 1;
    settings_.engine.parked_cache_bytes = 0;  // a timer loads its run
    engine_ = std::make_unique<engine_life>(world_, std::make_shared<persistence::memory_store>(),
                                            settings_, simulated_functions(1, true));
    put_flow(*engine_, {{"name", "flow"},
                        {"nodes",
                         {{{"id", "begin"}, {"type", "start"}},
                          {{"id", "w"}, {"type", "wait"}, {"data", {{"duration", "10s"}}}}}},
                        {"edges", {{{"source", "begin"}, {"target", "w"}}}}});
    run_until_idle(*engine_);
    begun_us_ = world_.now_us;
    const auto started = send_command(*engine_, key_, start_of(key_, "flow", json::object()));
    while (!*started || engine_->context().active_runs.used() > 0) REQUIRE(engine_->step());
  }

  [[nodiscard]] world& of() noexcept { return world_; }
  [[nodiscard]] std::chrono::microseconds since_start() const {
    return std::chrono::microseconds{world_.now_us - begun_us_};
  }
  [[nodiscard]] run_status status() const {
    const auto record = persistence::load_record(*engine_->store().durable_view(), key_);
    REQUIRE(record);
    REQUIRE(record->has_value());
    return (*record)->summary.status;
  }
  bool step() { return engine_->step(); }

 private:
  world world_{1};
  settings settings_;
  const run_key key_{in, run_id{"r"}};
  std::int64_t begun_us_ = 0;
  std::unique_ptr<engine_life> engine_;
};

}  // namespace

TEST_CASE("a timer fires again if its run could not be loaded", "[simulation][timer]") {
  sleeper run;
  run.of().checkpoints_readable = false;
  while (run.since_start() < 18s) REQUIRE(run.step());
  CHECK(run.of().failed_reads >= 2);  // fired after 10 and 15 seconds
  CHECK(run.status() == run_status::running);

  run.of().checkpoints_readable = true;
  while (run.step()) continue;
  CHECK(run.status() == run_status::completed);
  CHECK(run.since_start() >= 20s);
  CHECK(run.since_start() < 21s);
}
