#include <chrono>
#include <optional>
#include <utility>

#include "persistence/clock_lead.hpp"
#include "persistence/runs.hpp"
#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;
using namespace std::chrono_literals;

namespace {

/// A run that waits for a duration and one that waits until a time, while the wall clock is set at
/// random and the power fails.
class clock_trial {
 public:
  explicit clock_trial(std::uint64_t seed) : world_{seed} {
    world_.crashes = [](const actors::invocation&) { return false; };
    settings_.engine.shards = 2;
    start_engine(std::make_shared<persistence::memory_store>());
  }

  /// Both wait for this time, as of now.
  void start(std::chrono::seconds length) {
    // What the text of a time can show.
    until_ = std::chrono::ceil<std::chrono::seconds>(world_clock{world_}.now()) + length;
    put_wait("duration", {{"duration", length.count()}});
    put_wait("time", {{"until", to_rfc3339(until_)}});
    run_until_idle(*engine_);
    begun_us_ = world_.now_us;
    for (const auto& [key, flow] : {std::pair{duration_, "duration"}, std::pair{time_, "time"}})
      static_cast<void>(send_command(*engine_, key, start_of(key, flow, json::object())));
    engine_->settle();
  }

  [[nodiscard]] world& of() noexcept { return world_; }
  /// Until the engine does something.
  void pass_time() {
    const bool waits = engine_->advance_time();
    REQUIRE((waits || (is_over(duration_) && is_over(time_))));
    engine_->settle();
  }
  /// Stops the engine in order and starts it again.
  void restart() {
    auto kept = engine_->disk();
    engine_.reset();
    start_engine(std::move(kept));
  }
  void lose_power() {
    auto kept = engine_->store().after_power_loss();
    engine_.reset();
    start_engine(std::move(kept));
    engine_->settle();
  }
  /// Whether the store has how far the clock was set back in all.
  [[nodiscard]] bool has_lead(std::chrono::microseconds lead) const {
    return persistence::load_clock_lead(*engine_->store().durable_view()).value() == lead;
  }
  [[nodiscard]] std::optional<run_status> duration_run() const { return find(duration_); }
  [[nodiscard]] std::optional<run_status> time_run() const { return find(time_); }
  [[nodiscard]] std::chrono::microseconds since_start() const {
    return std::chrono::microseconds{world_.now_us - begun_us_};
  }
  /// How long ago it was, by the wall clock, that the time came.
  [[nodiscard]] std::chrono::microseconds since_until() {
    return world_clock{world_}.now() - until_;
  }

 private:
  void put_wait(const char* name, const json& data) {
    put_flow(
        *engine_,
        {{"name", name},
         {"nodes",
          {{{"id", "begin"}, {"type", "start"}}, {{"id", "w"}, {"type", "wait"}, {"data", data}}}},
         {"edges", {{{"source", "begin"}, {"target", "w"}}}}});
  }
  void start_engine(std::shared_ptr<persistence::memory_store> store) {
    engine_ = std::make_unique<engine_life>(world_, std::move(store), settings_,
                                            simulated_functions(1, true));
  }
  [[nodiscard]] std::optional<run_status> find(const run_key& key) const {
    const auto record = persistence::load_record(*engine_->store().durable_view(), key);
    return *record ? std::optional{(*record)->summary.status} : std::nullopt;
  }

  [[nodiscard]] bool is_over(const run_key& key) const {
    return find(key) == run_status::completed;
  }

  world world_;
  settings settings_;
  const run_key duration_{in, run_id{"d"}};
  const run_key time_{in, run_id{"t"}};
  std::int64_t begun_us_ = 0;
  time_point until_{};
  std::unique_ptr<engine_life> engine_;
};

}  // namespace

TEST_CASE("a duration ends in time and a wait until a time not before, if the clock is set back",
          "[simulation]") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    clock_trial trial{seed};
    world& w = trial.of();
    const std::chrono::seconds length{1 + w.draw(seed % 2 == 0 ? 10 : 10'000)};
    trial.start(length);
    std::chrono::microseconds set_back{0};
    int times_set = 0, power_losses = 0;
    bool duration_over = false, time_over = false;
    const auto observe = [&] {
      if (!duration_over && trial.duration_run() == run_status::completed) {
        duration_over = true;
        CHECK(trial.since_start() >= length);
        CHECK(trial.since_start() < length + 1s);
      }
      if (!time_over && trial.time_run() == run_status::completed) {
        time_over = true;
        CHECK(trial.since_until() >= 0s);
        CHECK(trial.since_until() < 1s);
      }
    };
    while (!duration_over || !time_over) {
      if (times_set < 5 && w.draw(5) == 0) {
        const std::chrono::microseconds by{w.draw(7'200'000'000)};
        w.wall_clock_lag_us += by.count();
        set_back += by;
        ++times_set;
      }
      // What was not stored would be lost.
      if (power_losses < 3 && trial.has_lead(set_back) && w.draw(10) == 0) {
        trial.lose_power();
        ++power_losses;
        observe();
      }
      trial.pass_time();
      observe();
    }
  }
}

TEST_CASE("an engine that stops in order keeps how far the clock was set back", "[simulation]") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    clock_trial trial{seed};
    trial.start(1h);
    trial.of().wall_clock_lag_us += std::chrono::microseconds{1h}.count();
    trial.restart();
    CHECK(trial.has_lead(1h));
  }
}
