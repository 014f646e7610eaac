#include "persistence/runs.hpp"

#include "flow/testing/driven_run.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using flow::testing::chain;
using flow::testing::condition;
using flow::testing::driven_run;
using flow::testing::end;
using flow::testing::mentions;
using flow::testing::start;
using flow::testing::task;

namespace {

/// A run that stores its transitions.
class stored_run {
 public:
  stored_run(memory_store& store, const json& flow, std::uint32_t snapshot_every = 4)
      : store_(store), snapshot_every_(snapshot_every), run_(flow) {}

  void begin(json input = json::object()) {
    REQUIRE(run_.begin(std::move(input)));
    commit({});
  }
  void give(flow::command c) {
    const auto before = index_state_of(run_.state());
    REQUIRE(run_.apply(std::move(c)));
    commit(before);
  }
  void finish(const std::string& node, result<json> value = json::object()) {
    give(run_.outcome_of(*run_.call_of(node), std::move(value)));
  }

  [[nodiscard]] const flow::run_state& state() const { return run_.state(); }
  [[nodiscard]] const batch& last_batch() const { return last_; }

 private:
  void commit(const index_state& before) {
    last_ = transition_batch(run_.state(), run_.last().change, before, snapshot_every_);
    const batch* const all[] = {&last_};
    auto written = store_.write(all);
    REQUIRE(written);
    store_.publish(*written);
  }

  memory_store& store_;
  std::uint32_t snapshot_every_;
  driven_run run_;
  batch last_;
};

json two_steps() {
  return chain({start(), task("a"), task("b"), end()});
}

const run_key key{default_scope(), run_id{"r1"}};

std::int64_t count(const memory_store& store, run_status status) {
  return store.durable_view()->counter(keys::runs_with_status(default_scope(), status)).value();
}

std::vector<std::string> indexed(const memory_store& store, const view::range& keys) {
  std::vector<std::string> found;
  REQUIRE(store.durable_view()->scan(column::indexes, keys,
                                     [&](std::string_view index_key, std::string_view) {
                                       found.push_back(keys::run_of(index_key)->id.str());
                                       return view::next::more;
                                     }));
  return found;
}

/// Replaces the record of a checkpoint.
void put_checkpoint(memory_store& store, std::uint64_t sequence, std::string bytes) {
  batch damage;
  damage.put(column::checkpoints, keys::checkpoint(key, sequence), std::move(bytes));
  const batch* const all[] = {&damage};
  store.publish(store.write(all).value());
}

void erase_checkpoint(memory_store& store, std::uint64_t sequence) {
  batch damage;
  damage.erase(column::checkpoints, keys::checkpoint(key, sequence));
  const batch* const all[] = {&damage};
  store.publish(store.write(all).value());
}

}  // namespace

TEST_CASE("a start writes its input, a snapshot, the record, both indexes and the counter",
          "[runs]") {
  memory_store store;
  stored_run run{store, two_steps()};
  run.begin();
  CHECK(run.last_batch().operations().size() == 7);
  CHECK(count(store, run_status::running) == 1);
  CHECK(indexed(store, keys::runs_by_creation(default_scope())) == std::vector<std::string>{"r1"});
  CHECK(indexed(store, keys::runs_by_status(default_scope(), run_status::running)) ==
        std::vector<std::string>{"r1"});
  const auto record = load_record(*store.durable_view(), key);
  REQUIRE(record);
  REQUIRE(*record);
  CHECK((*record)->summary == flow::summarize(run.state()));
}

TEST_CASE("a step that does not change the status writes one record", "[runs]") {
  memory_store store;
  stored_run run{store, two_steps()};
  run.begin();
  run.finish("a");
  REQUIRE(run.last_batch().operations().size() == 1);
  CHECK(run.last_batch().operations()[0].where == column::checkpoints);
}

TEST_CASE("a change of status updates the index and the counters", "[runs]") {
  memory_store store;
  stored_run run{store, two_steps()};
  run.begin();
  run.finish("a");
  run.finish("b");
  CHECK(count(store, run_status::running) == 0);
  CHECK(count(store, run_status::completed) == 1);
  CHECK(indexed(store, keys::runs_by_status(run_status::running)).empty());
  CHECK(indexed(store, keys::runs_by_status(run_status::completed)).size() == 1);
  CHECK(indexed(store, keys::runs_by_creation(default_scope())).size() == 1);
  CHECK((*load_record(*store.durable_view(), key))->summary.status == run_status::completed);
}

TEST_CASE("a run that its start completes is counted once", "[runs]") {
  memory_store store;
  stored_run run{store, chain({start(), end()})};
  run.begin();
  CHECK(count(store, run_status::completed) == 1);
  CHECK(count(store, run_status::running) == 0);
}

TEST_CASE("a retry that fails at once updates the error and the end time", "[runs]") {
  memory_store store;
  stored_run run{
      store,
      chain({start(), task("a"),
             condition("c", {{"if", {{{"var", "ok"}}, true, {{"*", json::array()}}}}}), end()})};
  run.begin();
  run.give(flow::quarantine_command{"its actor crashed"});
  CHECK((*load_record(*store.durable_view(), key))->summary.error->type == "engine.quarantined");
  run.give(flow::retry_command{});
  run.finish("a");  // fails at the next condition
  const auto first = (*load_record(*store.durable_view(), key))->summary;
  CHECK(first.error->node == "c");
  run.give(flow::retry_command{});
  REQUIRE(run.state().status == run_status::failed);
  const auto second = (*load_record(*store.durable_view(), key))->summary;
  CHECK(second == flow::summarize(run.state()));
  CHECK(second.error->attempt == 2);
  CHECK(second.finished_at > first.finished_at);
  CHECK(count(store, run_status::failed) == 1);
  CHECK(indexed(store, keys::runs_by_status(run_status::failed)).size() == 1);
}

TEST_CASE("every snapshot_every-th checkpoint is a snapshot", "[runs]") {
  for (const std::uint32_t every : {1u, 2u, 3u, 100u}) {
    memory_store store;
    stored_run run{store,
                   flow::testing::flow_of({start(), task("a"), end()},
                                          {flow::testing::edge("start", "a"),
                                           flow::testing::edge("a", "a", {{"var", "more"}}),
                                           flow::testing::edge("a", "end")}),
                   every};
    run.begin();
    for (int i = 0; i < 8; ++i) run.finish("a", json{{"more", i < 7}});
    std::vector<bool> whole;
    REQUIRE(store.durable_view()->scan(column::checkpoints, keys::checkpoints(key),
                                       [&](std::string_view, std::string_view bytes) {
                                         whole.push_back(is_snapshot(bytes));
                                         return view::next::more;
                                       }));
    REQUIRE(whole.size() == 9);
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK(whole[i] == (i % every == 0));
    CHECK(**load_run(*store.durable_view(), key) == run.state());
  }
}

TEST_CASE("a run can be loaded at any of its checkpoints", "[runs]") {
  memory_store store;
  stored_run run{store, two_steps()};
  std::vector<flow::run_state> states;
  run.begin({{"x", 1}});
  states.push_back(run.state());
  run.finish("a", json{{"a", 1}});
  states.push_back(run.state());
  run.finish("b", json{{"b", 1}});
  states.push_back(run.state());
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    const auto loaded = load_run(*store.durable_view(), key, sequence);
    REQUIRE(loaded);
    REQUIRE(*loaded);
    CHECK(**loaded == states[sequence - 1]);
  }
  for (const std::uint64_t none : {std::uint64_t{0}, std::uint64_t{4}, ~std::uint64_t{0}}) {
    const auto loaded = load_run(*store.durable_view(), key, none);
    REQUIRE(loaded);
    CHECK_FALSE(loaded->has_value());
  }
}

TEST_CASE("loading a run that does not exist returns nothing", "[runs]") {
  memory_store store;
  stored_run run{store, two_steps()};
  run.begin();
  for (const run_key& other :
       {run_key{default_scope(), run_id{"r"}}, run_key{default_scope(), run_id{"r10"}},
        run_key{scope_name{"elsewhere"}, run_id{"r1"}}}) {
    const auto now = store.durable_view();
    REQUIRE(load_run(*now, other));
    CHECK_FALSE(load_run(*now, other)->has_value());
    REQUIRE(load_record(*now, other));
    CHECK_FALSE(load_record(*now, other)->has_value());
    REQUIRE(load_history(*now, other, 1, 100));
    CHECK(load_history(*now, other, 1, 100)->empty());
  }
}

TEST_CASE("the history is read from any checkpoint, up to a limit", "[runs]") {
  memory_store store;
  stored_run run{store, two_steps(), 2};
  run.begin();
  run.finish("a");
  run.finish("b");
  const auto now = store.durable_view();
  const auto all = load_history(*now, key, 0, 100);
  REQUIRE(all);
  REQUIRE(all->size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK((*all)[i].sequence == i + 1);
  CHECK((*all)[0].events.front().kind == flow::event_kind::run_created);
  CHECK((*all)[1].events.front().kind == flow::event_kind::step_finished);
  CHECK((*all)[2].events.back().kind == flow::event_kind::run_completed);
  CHECK((*all)[2].at == run.state().updated_at);
  const auto middle = load_history(*now, key, 2, 1);
  REQUIRE(middle);
  REQUIRE(middle->size() == 1);
  CHECK(middle->front().sequence == 2);
  CHECK(load_history(*now, key, 1, 0)->empty());
  CHECK(load_history(*now, key, 4, 10)->empty());
}

TEST_CASE("an error about a damaged checkpoint names the run and the checkpoint",
          "[runs][corrupt]") {
  for (const std::uint64_t damaged : {1u, 2u, 3u}) {
    memory_store store;
    stored_run run{store, two_steps()};
    run.begin();
    run.finish("a");
    run.finish("b");
    auto bytes = **store.durable_view()->get(column::checkpoints, keys::checkpoint(key, damaged));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    put_checkpoint(store, damaged, bytes);
    for (const auto& failed : {load_run(*store.durable_view(), key).error(),
                               load_history(*store.durable_view(), key, 1, 10).error()}) {
      CHECK(failed.code == errc::corrupt);
      CHECK(mentions(failed.message, "run r1"));
      CHECK(mentions(failed.message, "checkpoint " + std::to_string(damaged)));
    }
  }
}

TEST_CASE("a missing checkpoint is reported", "[runs][corrupt]") {
  memory_store store;
  stored_run run{store, two_steps()};
  run.begin();
  run.finish("a");
  run.finish("b");
  SECTION("between the snapshot and the newest") {
    erase_checkpoint(store, 2);
    const auto loaded = load_run(*store.durable_view(), key);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == errc::corrupt);
    CHECK(mentions(loaded.error().message, "checkpoint 2 is missing"));
  }
  SECTION("the snapshot itself") {
    erase_checkpoint(store, 1);
    const auto loaded = load_run(*store.durable_view(), key);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == errc::corrupt);
    CHECK(mentions(loaded.error().message, "no snapshot"));
  }
}

TEST_CASE("an error about a damaged run record names the run", "[runs][corrupt]") {
  memory_store store;
  batch damage;
  damage.put(column::runs, keys::run(key), "not a record");
  const batch* const all[] = {&damage};
  store.publish(store.write(all).value());
  const auto record = load_record(*store.durable_view(), key);
  REQUIRE_FALSE(record);
  CHECK(record.error().code == errc::corrupt);
  CHECK(mentions(record.error().message, "run r1"));
}

TEST_CASE("a delta with writes of a token that does not exist is corrupt", "[runs][corrupt]") {
  memory_store store;
  stored_run run{store, two_steps()};
  run.begin();
  flow::delta odd;
  odd.sequence = 2;
  odd.writes_set[99] = {{"k", 1}};
  put_checkpoint(store, 2, encode_delta(odd));
  const auto loaded = load_run(*store.durable_view(), key);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == errc::corrupt);
}
