// 10,000 random operations on runs with attributes, with crashes, on both stores: the index always
// has what the runs say, and a search finds what a plain list has. A test depends only on its seed.

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flow/testing/driven_run.hpp"
#include "flow/testing/random_source.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/query/run_finder.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/run_recorder.hpp"
#include "persistence/run_removal.hpp"
#include "persistence/runs.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using flow::testing::driven_run;
using flow::testing::random_source;

namespace {

/// Two signals after each other set `order`, from which attributes are computed.
std::shared_ptr<const flow::compiled_flow> attributed_flow() {
  json made = flow::testing::chain(
      {flow::testing::start(),
       flow::testing::node_of("a", "signal", {{"name", "go"}, {"into", "order"}}),
       flow::testing::node_of("b", "signal", {{"name", "go"}, {"into", "order"}})});
  made["attributes"] = json::parse(R"({
    "customer": {"var": "order.customer"},
    "total": {"rule": {"var": "order.total"}, "type": "number"},
    "due": {"rule": {"var": "order.due"}, "type": "time"},
    "team": {"type": "text"}})");
  return flow::testing::compiled(made);
}

json random_order(random_source& random) {
  json order = json::object();
  if (!random.chance(5)) order["customer"] = random.chance(2) ? "acme" : "acme & sons";
  if (!random.chance(5)) order["total"] = random.between(-5, 20) * 0.5;
  if (random.chance(3)) order["due"] = "2026-01-0" + std::to_string(1 + random.below(9));
  if (random.chance(3)) order["due"] = "2026-01-31T00:00:0" + std::to_string(random.below(9)) + "Z";
  if (random.chance(8)) order["total"] = "many";                    // not a number
  if (random.chance(8)) order["customer"] = std::string(300, 'x');  // too long
  return order;
}

/// Runs, the store that they write, and what the store must have.
class attributed_world {
 public:
  attributed_world(std::uint64_t seed, std::unique_ptr<store> in)
      : random_(seed), store_(std::move(in)) {}

  void operate() {
    const std::size_t dice = random_.below(20);
    if (runs_.empty() || dice < 4) return start();
    auto& [id, run] =
        *std::next(runs_.begin(), static_cast<std::ptrdiff_t>(random_.below(runs_.size())));
    if (is_finished(run.driven.status()) && (dice < 14 || runs_.size() > 60)) return remove(id);
    if (dice < 12) return give(run, flow::signal_command{"go", random_order(random_), ""});
    if (dice < 14) return give(run, flow::pause_command{});
    if (dice < 17)
      return give(run, flow::set_data_command{{}, "", {{"order", random_order(random_)}}});
    if (dice < 19) return give(run, flow::resume_command{});
    give(run, flow::cancel_command{});
  }

  /// Continues on the store as a crash left it.
  void continue_on(std::unique_ptr<store> found) {
    store_ = std::move(found);
    REQUIRE(finish_removals(*store_));
    for (auto& [id, run] : runs_) {
      auto loaded = load_run(*store_->durable_view(), key_of(id));
      REQUIRE(loaded);
      REQUIRE(*loaded);
      REQUIRE((*loaded)->state == run.driven.state());
      run.recorder = run_recorder{(*loaded)->state, *flow_, (*loaded)->size};
    }
  }

  /// Begins to delete a finished run: only its mark is there when the process ends.
  void half_remove() {
    for (auto run = runs_.begin(); run != runs_.end(); ++run) {
      if (!is_finished(run->second.driven.status())) continue;
      batch mark;
      mark.put(column::indexes, keys::removed_run(key_of(run->first)), {});
      write(mark);
      runs_.erase(run);
      return;
    }
  }

  void check() {
    const auto now = store_->durable_view();
    std::set<std::string> expected, found;
    std::vector<run_summary> summaries;
    for (const auto& [id, run] : runs_) {
      const auto& state = run.driven.state();
      const auto record = load_record(*now, key_of(id));
      REQUIRE(record);
      REQUIRE(*record);
      CHECK((*record)->summary == flow::summarize(state));
      const index_state index = index_state_of(state, *flow_);
      run_summary listed = flow::summarize(state);
      listed.waits = index.terms.waits;
      for (auto& key : index_keys(listed, index.runnable)) expected.insert(std::move(key));
      summaries.push_back(std::move(listed));
    }
    REQUIRE(now->scan(column::indexes, {}, [&](std::string_view key, std::string_view) {
      found.emplace(key);
      return view::next::more;
    }));
    CHECK(found == expected);
    for (const char* const filter :
         {"attr.customer=acme", "attr.customer^=acme", "attr.total>2 attr.total<=7.5",
          "attr.due>=2026-01-31", "attr.team!=blue", "attr.team=blue status=running"})
      check_search(*now, summaries, filter);
  }

  [[nodiscard]] store& in() noexcept { return *store_; }
  [[nodiscard]] random_source& random() noexcept { return random_; }

 private:
  struct live_run {
    driven_run driven;
    run_recorder recorder;
  };

  static run_key key_of(const std::string& id) { return {default_scope(), run_id{id}}; }

  void start() {
    const std::string id = "r" + std::to_string(next_++);
    auto [made, is_new] = runs_.emplace(id, live_run{driven_run{flow_}, run_recorder{key_of(id)}});
    made->second.driven.advance_clock(std::chrono::seconds{next_});
    flow::start_command start;
    start.key = key_of(id);
    start.flow = flow_->id();
    if (random_.chance(2)) start.input = {{"order", random_order(random_)}};
    if (random_.chance(2))
      start.attributes["team"] = std::string{random_.chance(2) ? "blue" : "red"};
    give(made->second, std::move(start));
  }

  void give(live_run& run, flow::command what) {
    if (!run.driven.apply(std::move(what)) || run.driven.last().changes_nothing()) return;
    write(run.recorder.record(run.driven.state(), *flow_, run.driven.last().change, 200).writes);
  }

  void remove(const std::string& id) {
    auto family = load_family(*store_->durable_view(), key_of(id));
    REQUIRE(family);
    run_removal removal{store_->durable_view(), *std::move(family)};
    while (true) {
      const auto writes = removal.next();
      REQUIRE(writes);
      if (!*writes) break;
      write(**writes);
    }
    runs_.erase(id);
  }

  void write(const batch& changes) {
    const batch* const all[] = {&changes};
    auto written = store_->write(all);
    REQUIRE(written);
    REQUIRE(store_->sync());
    store_->publish(*written);
  }

  void check_search(const view& now, const std::vector<run_summary>& runs, const char* filter) {
    CAPTURE(filter);
    const auto query = parse_run_query(filter, time_point{});
    REQUIRE(query);
    std::set<std::string> expected, found;
    for (const auto& run : runs)
      if (fits(run, *query)) expected.insert(run.key.id.str());
    auto search = run_finder::make(now, default_scope(), *query, run_order::newest);
    if (!search) {  // no run has such a value, but one has one of another type
      CHECK(search.error().code == errc::invalid_argument);
      CHECK(expected.empty());
      return;
    }
    while (true) {
      const auto step = search->next();
      REQUIRE(step);
      if (step->at_end) break;
      if (step->run) found.insert(step->run->key.id.str());
    }
    CHECK(found == expected);
  }

  random_source random_;
  std::shared_ptr<const flow::compiled_flow> flow_ = attributed_flow();
  std::unique_ptr<store> store_;
  std::map<std::string, live_run> runs_;
  std::uint64_t next_ = 0;
};

constexpr int attributed_operations = 10'000;

}  // namespace

TEST_CASE("the index of attributes is right after random operations and crashes in memory",
          "[attributes][random]") {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    INFO("seed " << seed);
    attributed_world world{seed, std::make_unique<memory_store>()};
    for (int i = 1; i <= attributed_operations / 2; ++i) {
      world.operate();
      if (i % 250 == 0) world.check();
      if (i % 500 != 0) continue;
      if (i % 1'000 == 0) world.half_remove();
      auto& memory = dynamic_cast<memory_store&>(world.in());
      world.continue_on(memory.after_power_loss());
      world.check();
    }
  }
}

TEST_CASE("the index of attributes is right after random operations and crashes on RocksDB",
          "[attributes][random][rocksdb]") {
  const rocks::test_folder folder;
  const auto path = [&](int life) { return folder.root() / ("store" + std::to_string(life)); };
  attributed_world world{3, rocks::open_good(path(0), {.mode = durability::sync})};
  int life = 0;
  for (int i = 1; i <= attributed_operations; ++i) {
    world.operate();
    if (i % 1'000 == 0) world.check();
    if (i % 2'000 != 0) continue;
    world.half_remove();
    rocks::copy_as_killed(path(life), path(life + 1));
    world.continue_on(rocks::open_good(path(++life), {.mode = durability::sync}));
    world.check();
  }
}
