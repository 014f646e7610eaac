#include <array>
#include <initializer_list>

#include "flow/testing/random_source.hpp"
#include "persistence/keys.hpp"
#include "persistence/runs.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;

namespace {

/// A run "p" that waits for a child, which waits for a signal.
class family {
 public:
  explicit family(std::uint64_t seed) : world_{seed} {
    world_.crashes = [](const actors::invocation&) { return false; };
    settings_.engine.shards = 3;
    start_engine(std::make_shared<persistence::memory_store>());
    for (const auto& [name, type, data] : std::initializer_list<std::array<json, 3>>{
             {"parent", "subflow", {{"flow", "child"}}}, {"child", "signal", {{"name", "go"}}}}) {
      put_flow(*engine_, {{"name", name},
                          {"nodes",
                           {{{"id", "begin"}, {"type", "start"}},
                            {{"id", "work"}, {"type", type}, {"data", data}}}},
                          {"edges", {{{"source", "begin"}, {"target", "work"}}}}});
    }
    run_until_idle();
    send(parent_, start_of(parent_, "parent", {{"n", 1}}));
    run_until_idle();
    for (const auto& run : all_runs(*now()))
      if (run.parent) child_ = run.key;
    REQUIRE(status(parent_) == run_status::running);
    REQUIRE(status(child_) == run_status::running);
  }

  [[nodiscard]] const run_key& parent() const noexcept { return parent_; }
  [[nodiscard]] const run_key& child() const noexcept { return child_; }
  [[nodiscard]] std::shared_ptr<const persistence::view> now() const {
    return engine_->store().durable_view();
  }
  [[nodiscard]] run_status status(const run_key& run) const {
    return (*persistence::load_record(*now(), run))->summary.status;
  }
  [[nodiscard]] json data(const run_key& run) const {
    return *(*persistence::load_run(*now(), run))->state.data;
  }
  [[nodiscard]] std::size_t number_of_runs() const { return all_runs(*now()).size(); }
  [[nodiscard]] std::uint64_t runs_in_memory() const {
    return engine_->context().active_runs.used();
  }

  void send(const run_key& to, flow::command what) {
    static_cast<void>(send_command(*engine_, to, std::move(what)));
  }
  [[nodiscard]] bool step() { return engine_->step(); }
  void run_until_idle() { simulation::run_until_idle(*engine_); }
  /// The power fails, and the engine starts again with what was durable.
  void lose_power() {
    auto kept = engine_->store().after_power_loss();
    engine_.reset();
    start_engine(std::move(kept));
  }
  /// Whether no run has to be notified of another.
  [[nodiscard]] bool all_notified() const {
    bool none = true;
    for (const auto& range :
         {persistence::keys::orphaned_runs(), persistence::keys::ended_children(),
          persistence::keys::resumed_children()}) {
      REQUIRE(now()->scan(persistence::column::indexes, range, [&](auto, auto) {
        none = false;
        return persistence::view::next::stop;
      }));
    }
    return none;
  }

 private:
  void start_engine(std::shared_ptr<persistence::memory_store> store) {
    engine_ = std::make_unique<engine_life>(world_, std::move(store), settings_,
                                            simulated_functions(world_.draw(100), true));
  }

  world world_;
  settings settings_;
  run_key parent_{in, run_id{"p"}};
  run_key child_;
  std::unique_ptr<engine_life> engine_;
};

const json merged{{"n", 1}, {"m", 2}};  // of the parent, after the child's signal

}  // namespace

TEST_CASE("a run that waits for a child uses no memory, and the child's end resumes it",
          "[simulation][subflow]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    family f{seed};
    CHECK(f.runs_in_memory() == 0);
    if (seed % 2 == 0) f.lose_power();
    f.run_until_idle();
    CHECK(f.runs_in_memory() == 0);  // recovery does not load it either
    f.send(f.child(), flow::signal_command{"go", {{"m", 2}}, ""});
    f.run_until_idle();
    CHECK(f.status(f.parent()) == run_status::completed);
    CHECK(f.data(f.parent()) == merged);
    CHECK(f.all_notified());
  }
}

TEST_CASE("the end of a child resumes its parent even if the power fails in between",
          "[simulation][subflow]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    family f{seed};
    f.send(f.child(), flow::signal_command{"go", {{"m", 2}}, ""});
    while (f.status(f.child()) == run_status::running) REQUIRE(f.step());
    REQUIRE(f.status(f.parent()) == run_status::running);
    REQUIRE_FALSE(f.all_notified());
    f.lose_power();
    f.run_until_idle();
    CHECK(f.status(f.parent()) == run_status::completed);
    CHECK(f.data(f.parent()) == merged);
    CHECK(f.all_notified());
  }
}

TEST_CASE("a child is cancelled with its parent even if the power fails in between",
          "[simulation][subflow]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    family f{seed};
    f.send(f.parent(), flow::cancel_command{});
    while (f.status(f.parent()) == run_status::running) REQUIRE(f.step());
    REQUIRE(f.status(f.child()) == run_status::running);
    REQUIRE_FALSE(f.all_notified());
    f.lose_power();
    f.run_until_idle();
    CHECK(f.status(f.child()) == run_status::cancelled);
    CHECK(f.all_notified());
    CHECK(f.runs_in_memory() == 0);
  }
}

namespace {

/// Sends both retries, in one order or the other, with a random number of steps between them, and
/// loses the power at a random time, or not.
void retry_both(family& f, std::uint64_t seed) {
  flow::testing::random_source random{seed};
  const bool child_first = random.chance(2);
  const auto retry = [&](bool child) {
    f.send(child ? f.child() : f.parent(), flow::retry_command{});
  };
  const auto steps = [&] {
    for (std::uint64_t left = random.below(30); left > 0 && f.step();) --left;
  };
  const std::uint64_t what = random.below(3);  // both, or only one
  if (what != 1) retry(child_first);
  steps();
  if (random.chance(3)) f.lose_power();
  steps();
  if (what != 0) retry(!child_first);
  steps();
  if (random.chance(2)) f.lose_power();
  f.run_until_idle();
  // The power may have failed before the retries were durable.
  if (f.status(f.parent()) == run_status::failed) retry(random.chance(2));
  f.run_until_idle();
}

void check_that_both_go_on(family& f) {
  CHECK(f.status(f.parent()) == run_status::running);
  CHECK(f.status(f.child()) == run_status::running);
  CHECK(f.number_of_runs() == 2);
  CHECK(f.all_notified());
  f.send(f.child(), flow::signal_command{"go", {{"m", 2}}, ""});
  f.run_until_idle();
  CHECK(f.status(f.child()) == run_status::completed);
  CHECK(f.status(f.parent()) == run_status::completed);
  CHECK(f.data(f.parent()) == merged);
  CHECK(f.all_notified());
}

}  // namespace

TEST_CASE("a retry of a failed child, of its parent, or of both resumes both",
          "[simulation][subflow][retry]") {
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    INFO("seed " << seed);
    family f{seed};
    f.send(f.child(), flow::quarantine_command{"it crashed"});
    f.run_until_idle();
    REQUIRE(f.status(f.child()) == run_status::failed);
    REQUIRE(f.status(f.parent()) == run_status::failed);
    retry_both(f, seed);
    check_that_both_go_on(f);
  }
}

TEST_CASE("a parent that fails halts its child; a retry of either, or of both, resumes both",
          "[simulation][subflow][retry]") {
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    INFO("seed " << seed);
    family f{seed};
    f.send(f.parent(), flow::quarantine_command{"it crashed"});
    if (seed % 3 == 0) {
      while (f.status(f.parent()) == run_status::running) REQUIRE(f.step());
      f.lose_power();
    }
    f.run_until_idle();
    REQUIRE(f.status(f.parent()) == run_status::failed);
    REQUIRE(f.status(f.child()) == run_status::failed);
    retry_both(f, seed);
    check_that_both_go_on(f);
  }
}

TEST_CASE("a child whose parent no longer waits for it cannot be retried",
          "[simulation][subflow][retry]") {
  family f{1};
  f.send(f.child(), flow::quarantine_command{"it crashed"});
  f.run_until_idle();
  f.send(f.parent(), flow::retry_command{});
  f.run_until_idle();
  f.send(f.parent(), flow::terminate_command{});
  f.run_until_idle();
  CHECK(f.status(f.parent()) == run_status::cancelled);
  CHECK(f.status(f.child()) == run_status::cancelled);
  CHECK(f.all_notified());
}
