#include "persistence/history_pruning.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <pawl/detail/placement.hpp>

#include "flow/testing/random_run.hpp"
#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/past_states.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/run_recorder.hpp"
#include "persistence/run_removal.hpp"
#include "persistence/runs.hpp"
#include "persistence/testing/stored_runs.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using flow::testing::random_run;
using flow::testing::random_source;

namespace {

const run_key pruned_key{default_scope(), run_id{"looped"}};

result<flow::run_state> state_of(const view& now, std::uint64_t checkpoint) {
  auto state = load_state_before(now, pruned_key, checkpoint);
  if (!state) return std::move(state).error();
  REQUIRE(*state);
  const auto done =
      advance_state(now, **state, checkpoint, [](std::size_t) { return view::next::more; });
  if (!done) return done.error();
  REQUIRE(*done);
  return **std::move(state);
}

/// A random run that is stored in a store, which dies and is pruned between its transitions.
class pruned_run {
 public:
  /// `reopen` returns the store as the death of the process leaves it.
  using reopener = std::function<std::unique_ptr<store>(std::unique_ptr<store>)>;

  pruned_run(std::uint64_t seed, std::unique_ptr<store> in, reopener reopen)
      : random_(seed), sim_(seed, {}), store_(std::move(in)), reopen_(std::move(reopen)) {
    flow::start_command start;
    start.key = pruned_key;
    start.flow = sim_.run().flow().id();
    start.input = sim_.input();
    start.metadata = sim_.metadata();
    give(std::move(start));
  }

  void live(int steps) {
    for (int i = 0; i < steps; ++i) {
      auto next = sim_.next_command();
      if (!next) return;
      give(*std::move(next));
      const auto dice = random_.below(6);
      if (dice == 0) prune();
      if (dice == 1) store_ = reopen_(std::move(store_));
      if (dice <= 2) check();
    }
    prune();
    check();
  }

  [[nodiscard]] std::uint64_t pruned() const noexcept { return pruned_; }

 private:
  void give(flow::command c) {
    auto& run = sim_.run();
    if (!run.apply(std::move(c)) || run.last().changes_nothing()) return;
    const auto made = recorder_.record(run.state(), run.flow(), run.last().change, 1);
    REQUIRE(commit_durably(*store_, made.writes));
    states_.push_back(run.state());
  }

  void prune() {
    const std::uint64_t keep = random_.below(random_.below(3) == 0 ? 12 : 2);
    while (true) {
      const auto part = prune_history(*store_->durable_view(), pruned_key, keep);
      REQUIRE(part);
      if (!*part) return;
      pruned_ += (*part)->checkpoints;
      // The process may die before the batch is written, or after it.
      if (random_.below(4) == 0) store_ = reopen_(std::move(store_));
      REQUIRE(commit_durably(*store_, (*part)->writes));
      CHECK(states_.size() - pruned_ >= std::min<std::size_t>(keep, states_.size()));
      if (random_.below(4) == 0) return;
    }
  }

  /// Whatever is not pruned can be read, and the rest says so.
  void check() {
    const auto now = store_->durable_view();
    const auto loaded = load_run(*now, pruned_key);
    REQUIRE(loaded);
    REQUIRE(*loaded);
    REQUIRE((*loaded)->state == states_.back());
    REQUIRE(load_input(*now, pruned_key).value());
    CHECK(last_pruned(*now, pruned_key).value() == pruned_);
    const auto history = load_history(*now, pruned_key, 1, 100'000);
    REQUIRE(history);
    REQUIRE(history->size() == states_.size() - pruned_);
    for (std::uint64_t number = 1; number <= states_.size(); ++number) {
      CAPTURE(number, pruned_);
      const auto state = state_of(*now, number);
      if (number >= std::max<std::uint64_t>(pruned_, 1)) {
        REQUIRE(state);
        REQUIRE(*state == states_[number - 1]);
      } else {
        REQUIRE_FALSE(state);
        CHECK(state.error().message == "checkpoint " + std::to_string(number) +
                                           " of run looped in scope default was pruned; the oldest "
                                           "one is " +
                                           std::to_string(pruned_ + 1));
      }
    }
  }

  random_source random_;
  random_run sim_;
  std::unique_ptr<store> store_;
  reopener reopen_;
  run_recorder recorder_{pruned_key};
  std::vector<flow::run_state> states_;  ///< at each checkpoint
  std::uint64_t pruned_ = 0;             ///< checkpoints, the oldest ones
};

}  // namespace

TEST_CASE("whatever random pruning keeps can be read, in memory", "[pruning][random]") {
  std::uint64_t pruned = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    pruned_run run{seed, std::make_unique<memory_store>(), [](std::unique_ptr<store> dead) {
                     return static_cast<memory_store&>(*dead).after_process_death();
                   }};
    run.live(60);
    pruned += run.pruned();
  }
  CHECK(pruned > 100);
}

TEST_CASE("whatever random pruning keeps can be read, on disk", "[pruning][random]") {
  std::uint64_t pruned = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    INFO("seed " << seed);
    const rocks::test_folder folder;
    pruned_run run{seed, rocks::open_good(folder.store()), [&](std::unique_ptr<store> dead) {
                     dead.reset();
                     return rocks::open_good(folder.store());
                   }};
    run.live(40);
    pruned += run.pruned();
  }
  CHECK(pruned > 2);
}

TEST_CASE("a pruned run is deleted with the subflows that only pruned checkpoints name",
          "[pruning][removal]") {
  using testing::run_to_store;
  memory_store store;
  const run_to_store parent{"p", run_status::completed, 3, {"c1", "c2"}};
  run_to_store first{"c1"}, second{"c2"};
  first.parent = second.parent = "p";
  for (const auto& run : {parent, first, second})
    REQUIRE(commit_durably(store, testing::writes_of(run)));
  batch noted;
  noted.put(column::indexes, keys::child_of_pruned({parent.key(), run_id{"c1"}}), {});
  noted.erase(column::checkpoints, keys::checkpoint(pawl::detail::run_hash(parent.key()), 1));
  REQUIRE(commit_durably(store, noted));
  const auto family = load_family(*store.durable_view(), parent.key());
  REQUIRE(family);
  CHECK(family->size() == 3);
  run_removal removal{store.durable_view(), *family};
  while (true) {
    const auto writes = removal.next();
    REQUIRE(writes);
    if (!*writes) break;
    REQUIRE(commit_durably(store, **writes));
  }
  for (const auto where : {column::runs, column::checkpoints, column::indexes}) {
    std::size_t left = 0;
    REQUIRE(store.durable_view()->scan(where, {}, [&](std::string_view, std::string_view) {
      ++left;
      return view::next::more;
    }));
    CHECK(left == 0);
  }
}
