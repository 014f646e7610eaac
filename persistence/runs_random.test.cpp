// Random runs of random flows, stored and loaded again after every step. A run depends only on its
// seed, which is printed on a failure.

#include <map>
#include <set>

#include <pawl/detail/placement.hpp>

#include "flow/testing/invariants.hpp"
#include "flow/testing/random_run.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/run_counts.hpp"
#include "persistence/run_recorder.hpp"
#include "persistence/runs.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using flow::testing::random_run;
using flow::testing::random_source;

namespace {

/// A run that stores every transition. With `restarts` it is also loaded again after each.
class durable_run {
 public:
  durable_run(persistence::store& store, std::uint64_t seed, run_key key, bool restarts)
      : store_(store),
        sim_(seed, options()),
        key_(std::move(key)),
        min_tail_bytes_(1 + random_source{seed}.below(800)),
        restarts_(restarts) {}

  [[nodiscard]] const flow::run_state& state() { return sim_.run().state(); }
  [[nodiscard]] random_run& sim() { return sim_; }

  bool begin() {
    flow::start_command start;
    start.key = key_;
    start.flow = sim_.run().flow().id();
    start.input = sim_.input();
    start.metadata = sim_.metadata();
    start.fingerprint = 17;
    return give(std::move(start));
  }

  /// Applies one random command. False: there is none any more.
  bool step() {
    auto next = sim_.next_command();
    if (!next) return false;
    static_cast<void>(give(*std::move(next)));
    return true;
  }

 private:
  /// The result of a run must not depend on when it is restarted.
  static random_run::options options() {
    random_run::options chosen;
    chosen.flow.notices_crashes = false;
    return chosen;
  }

  bool give(flow::command c) {
    auto& run = sim_.run();
    const auto before = run.state();
    if (!run.apply(std::move(c))) return false;
    if (run.last().changes_nothing()) return true;
    store_transition(before);
    check_reload();
    return true;
  }

  void store_transition(const flow::run_state& before) {
    const auto& run = sim_.run();
    const auto& change = run.last().change;
    check_replay(before, change);
    CHECK(recorder_.indexes() == index_state_of(before, run.flow()));
    const auto open = flow::open_tasks(before);
    CHECK(std::equal(open.begin(), open.end(), recorder_.tasks().begin(), recorder_.tasks().end(),
                     [](const auto& task, const auto& entry) { return task == entry.second; }));
    const batch writes = recorder_.record(run.state(), run.flow(), change, min_tail_bytes_).writes;
    const batch* const all[] = {&writes};
    store_.publish(store_.write(all).value());
  }

  /// The decoded delta, applied to the state before, yields the state after.
  void check_replay(flow::run_state state, const flow::delta& change) {
    auto without_input = change;
    without_input.input.reset();
    if (state.sequence == 0) {
      const auto input = decode_input(encode_input(*change.input));
      REQUIRE(input);
      REQUIRE(*input == *change.input);
      state = flow::initial_state(*input);
    }
    const auto stored = decode_delta(encode_delta(change));
    REQUIRE(stored);
    REQUIRE(*stored == without_input);
    flow::apply(state, *stored);
    REQUIRE(state == sim_.run().state());
  }

  void check_reload() {
    auto& run = sim_.run();
    auto loaded = load_run(*store_.durable_view(), key_);
    REQUIRE(loaded);
    REQUIRE(*loaded);
    REQUIRE(encode_state((*loaded)->state) == encode_state(run.state()));
    REQUIRE((*loaded)->state == run.state());
    if (!restarts_) return;
    recorder_ = run_recorder{(*loaded)->state, run.flow(), (*loaded)->size};
    auto before = (*loaded)->state;
    run.restart_from(std::move((*loaded)->state), [&] {
      store_transition(before);
      before = run.state();
    });
  }

  persistence::store& store_;
  random_run sim_;
  run_key key_;
  std::uint64_t min_tail_bytes_;
  run_recorder recorder_{key_};
  bool restarts_;
};

using flows_of_runs = std::map<run_id, const flow::compiled_flow*>;

/// The first inconsistency between run records, indexes and counters of a store, or "".
std::string broken_reference(const view& now, const flows_of_runs& flows) {
  auto recounted = recount_runs(now);
  REQUIRE(recounted);
  std::map<std::string, std::int64_t> counted = *std::move(recounted);
  std::map<std::string, int> indexed;
  std::set<std::string> owners;
  std::string wrong;
  REQUIRE(now.scan(column::runs, {}, [&](std::string_view key, std::string_view bytes) {
    const auto record = decode_run(bytes);
    REQUIRE(record);
    const auto& run = record->summary;
    if (keys::run(run.key) != key) wrong = "a record has the key of another run";
    owners.insert(pawl::detail::run_hash(run.key));
    const auto state = load_run(now, run.key);
    REQUIRE(state);
    if (!*state) {
      wrong = "a record has no checkpoints";
    } else if (flow::summarize((*state)->state) != run) {
      wrong = "a record differs from its last checkpoint";
    } else {
      const index_state index = index_state_of((*state)->state, *flows.at(run.key.id));
      const auto listed = load_listed(now, run.key);
      REQUIRE(listed);
      REQUIRE(*listed);
      if (terms_of((*listed)->record.summary) != index.terms)
        wrong = "a list entry differs from the state of its run";
      for (const auto& entry : index_keys((*listed)->record.summary, index.runnable))
        ++indexed[entry];
      if (index.timers.time) ++indexed[keys::timer(timer_kind::time, run.key, *index.timers.time)];
      if (index.timers.duration)
        ++indexed[keys::timer(timer_kind::duration, run.key, *index.timers.duration)];
    }
    return view::next::more;
  }));
  REQUIRE(now.scan(column::indexes, {}, [&](std::string_view key, std::string_view) {
    // The children do not exist in this test, so nothing erases these entries.
    if (key.front() == keys::orphaned_runs().from.front()) return view::next::more;
    if (--indexed[std::string{key}] != 0) wrong = "an index entry names no existing run";
    return view::next::more;
  }));
  for (const auto& [key, missing] : indexed)
    if (missing != 0) wrong = "a run is missing from an index";
  REQUIRE(now.scan(column::counters, {}, [&](std::string_view key, std::string_view bytes) {
    if (decode_counter(bytes).value() != counted[std::string{key}])
      wrong = "a counter differs from the number of runs";
    counted.erase(std::string{key});
    return view::next::more;
  }));
  for (const auto& [key, runs] : counted)
    if (runs != 0) wrong = "a counter is missing";
  REQUIRE(now.scan(column::checkpoints, {}, [&](std::string_view key, std::string_view) {
    if (!owners.contains(std::string{key.substr(0, keys::run_hash_bytes)}))
      wrong = "a checkpoint belongs to no run";
    return view::next::more;
  }));
  return wrong;
}

run_key key_of(std::uint64_t seed) {
  const scope_name scope = seed % 3 == 0 ? scope_name{"other"} : default_scope();
  return {scope, run_id{"r" + std::to_string(seed)}};
}

/// Many random runs, checked now and then.
void check_consistency(store& in, std::uint64_t group) {
  INFO("group " << group);
  random_source random{group};
  std::vector<std::unique_ptr<durable_run>> runs;
  flows_of_runs flows;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const std::uint64_t seed = group * 20 + i;
    runs.push_back(std::make_unique<durable_run>(in, seed, key_of(seed), false));
    REQUIRE(runs.back()->begin());
    flows.emplace(key_of(seed).id, &runs.back()->sim().run().flow());
  }
  for (int step = 0; step < 400; ++step) {
    static_cast<void>(random.pick(runs)->step());
    if (step % 50 == 0) REQUIRE(broken_reference(*in.durable_view(), flows) == "");
  }
  REQUIRE(broken_reference(*in.durable_view(), flows) == "");
}

}  // namespace

TEST_CASE("a run that is reloaded after every step has the same states as one that is not",
          "[runs][random]") {
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    INFO("seed " << seed);
    memory_store store, undisturbed_store;
    durable_run restarted{store, seed, key_of(seed), true};
    durable_run undisturbed{undisturbed_store, seed, key_of(seed), false};
    INFO(restarted.sim().source().dump());
    REQUIRE(restarted.begin());
    REQUIRE(undisturbed.begin());
    for (int i = 0; i < 120; ++i) {
      const bool goes_on = restarted.step();
      REQUIRE(undisturbed.step() == goes_on);
      REQUIRE(flow::testing::without_repeats(restarted.state(), undisturbed.state()) ==
              undisturbed.state());
      if (!goes_on) break;
    }
    REQUIRE(flow::testing::broken_invariant(restarted.state()) == "");
  }
}

TEST_CASE("counters, indexes and records of many runs stay consistent", "[runs][random]") {
  for (std::uint64_t group = 0; group < 25; ++group) {
    memory_store store;
    check_consistency(store, group);
  }
}

TEST_CASE("counters, indexes and records on RocksDB stay consistent", "[runs][random][rocksdb]") {
  for (std::uint64_t group = 25; group < 28; ++group) {
    const rocks::test_folder folder;
    const auto store = rocks::open_good(folder.store(), {.mode = durability::off});
    check_consistency(*store, group);
  }
}
