#include "persistence/runs.hpp"

#include <pawl/detail/placement.hpp>

#include "flow/testing/driven_run.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/query/run_finder.hpp"
#include "persistence/run_index.hpp"
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
  stored_run(memory_store& store, const json& flow, std::uint64_t min_tail_bytes = 100'000)
      : store_(store), min_tail_bytes_(min_tail_bytes), run_(flow, many_visits()) {}

  void begin(json input = json::object()) {
    REQUIRE(run_.begin(std::move(input)));
    commit();
  }
  void give(flow::command c) {
    REQUIRE(run_.apply(std::move(c)));
    commit();
  }
  void finish(const std::string& node, result<json> value = json::object()) {
    give(run_.outcome_of(*run_.call_of(node), std::move(value)));
  }

  [[nodiscard]] const flow::run_state& state() const { return run_.state(); }
  [[nodiscard]] const batch& last_batch() const { return last_; }

 private:
  void commit() {
    last_ = recorder_.record(run_.state(), run_.flow(), run_.last().change, min_tail_bytes_).writes;
    const batch* const all[] = {&last_};
    auto written = store_.write(all);
    REQUIRE(written);
    store_.publish(*written);
  }

  static flow::limits many_visits() {
    flow::limits allowed;
    allowed.max_visits = 1'000'000;
    return allowed;
  }

  memory_store& store_;
  std::uint64_t min_tail_bytes_;
  driven_run run_;
  run_recorder recorder_{run_key{default_scope(), run_id{"r1"}}};
  batch last_;
};

json two_steps() {
  return chain({start(), task("a"), task("b"), end()});
}

const run_key key{default_scope(), run_id{"r1"}};
const std::string hash = pawl::detail::run_hash(key);

std::int64_t count(const memory_store& store, run_status status) {
  return store.durable_view()->counter(keys::runs_with_status(default_scope(), status)).value();
}

/// The ids in the lists of the runs; each entry holds the run's record.
std::vector<std::string> listed(const memory_store& store, std::optional<run_status> status) {
  const auto now = store.durable_view();
  run_query query;
  if (status) query.terms.push_back({run_field::status, comparison::equal, {*status}});
  auto search = run_finder::make(*now, default_scope(), query, run_order::newest);
  REQUIRE(search);
  std::vector<std::string> found;
  while (true) {
    auto step = search->next();
    REQUIRE(step);
    if (step->at_end) return found;
    REQUIRE(step->run);
    CHECK(*step->run == (*load_record(*now, step->run->key))->summary);
    found.push_back(step->run->key.id.str());
  }
}

/// Replaces the record of a checkpoint.
void put_checkpoint(memory_store& store, std::uint64_t sequence, std::string bytes) {
  batch damage;
  damage.put(column::checkpoints, keys::checkpoint(hash, sequence), std::move(bytes));
  const batch* const all[] = {&damage};
  store.publish(store.write(all).value());
}

void erase_checkpoint(memory_store& store, std::uint64_t sequence) {
  batch damage;
  damage.erase(column::checkpoints, keys::checkpoint(hash, sequence));
  const batch* const all[] = {&damage};
  store.publish(store.write(all).value());
}

}  // namespace

TEST_CASE(
    "a start writes its input, its checkpoint, the record, two index entries and three counters",
    "[runs]") {
  memory_store store;
  stored_run run{store, two_steps()};
  run.begin();
  CHECK(run.last_batch().operations().size() == 8);
  CHECK(count(store, run_status::running) == 1);
  CHECK(listed(store, run_status::running) == std::vector<std::string>{"r1"});
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
  CHECK(listed(store, run_status::running).empty());
  CHECK(listed(store, run_status::completed).size() == 1);
  CHECK(listed(store, std::nullopt).size() == 1);
  CHECK((*load_record(*store.durable_view(), key))->summary.status == run_status::completed);
}

TEST_CASE("a run with one step writes two keys for being found, and a step none", "[runs][cost]") {
  memory_store store;
  stored_run run{store, two_steps()};
  const auto index_keys_of = [](const batch& writes) {
    std::vector<std::string> kinds;
    for (const auto& each : writes.operations())
      if (each.where == column::indexes) kinds.push_back(each.key.substr(0, 1));
    return kinds;
  };
  run.begin();
  CHECK(index_keys_of(run.last_batch()) == std::vector<std::string>{"m", "i"});
  run.finish("a");
  CHECK(index_keys_of(run.last_batch()).empty());
  run.finish("b");
  CHECK(index_keys_of(run.last_batch()) == std::vector<std::string>{"m", "s", "f"});
  CHECK(run.last_batch().operations().size() == 9);
}

TEST_CASE("a wait for a signal writes one key when it begins and one when it ends",
          "[runs][cost]") {
  memory_store store;
  stored_run run{store, chain({start(),
                               {{"id", "ask"}, {"type", "signal"}, {"data", {{"name", "go"}}}},
                               task("a"),
                               end()})};
  run.begin();
  const auto terms = [&] {
    std::size_t found = 0;
    const std::string list = keys::runs_with_term(default_scope(), *wait_term("signal", "go"));
    REQUIRE(store.durable_view()->scan(column::indexes, {list, list + std::string(9, '\xff')},
                                       [&](auto, auto) {
                                         ++found;
                                         return view::next::more;
                                       }));
    return found;
  };
  CHECK(terms() == 1);
  const auto shown = load_listed(*store.durable_view(), key);
  REQUIRE(shown);
  REQUIRE(*shown);
  CHECK((*shown)->record.summary.waits == std::vector<run_wait>{{"signal", "go", "ask"}});
  run.give(flow::signal_command{"go", nullptr, ""});
  CHECK(terms() == 0);
  CHECK((*load_listed(*store.durable_view(), key))->record.summary.waits.empty());
}

TEST_CASE("an attribute is written when its value changes, and by no other step",
          "[runs][cost][attributes]") {
  memory_store store;
  json flow = chain({start(), task("a", {{"into", "x"}}), task("b", {{"into", "y"}}),
                     task("c", {{"into", "x"}}), end()});
  flow["attributes"] = {{"x", {{"var", "x"}}}};
  stored_run run{store, flow};
  const auto kinds = [&] {
    std::string written;
    for (const auto& each : run.last_batch().operations())
      written += each.where == column::indexes       ? each.key.substr(0, 1)
                 : each.where == column::runs        ? "R"
                 : each.where == column::checkpoints ? "C"
                                                     : "+";
    return written;
  };
  run.begin();
  CHECK(kinds() == "CCRmi+++");  // as without attributes
  run.finish("a", json("v1"));
  CHECK(kinds() == "CRma");
  run.finish("b", json("other"));
  CHECK(kinds() == "C");
  const auto with_value = [&](const char* value) {
    return store.durable_view()
        ->get(column::indexes, keys::run_with_attribute(key, "x", value, run.state().created_at))
        .value()
        .has_value();
  };
  CHECK(with_value("v1"));
  run.finish("c", json("v2"));
  CHECK_FALSE(with_value("v1"));
  CHECK(with_value("v2"));
  CHECK((*load_record(*store.durable_view(), key))->summary.attributes.values ==
        attribute_map{{"x", "v2"}});
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
  CHECK(listed(store, run_status::failed).size() == 1);
}

namespace {

/// A flow whose task is repeated until a result says `{"more": false}`.
json loop() {
  return flow::testing::flow_of(
      {start(), task("a"), end()},
      {flow::testing::edge("start", "a"), flow::testing::edge("a", "a", {{"var", "more"}}),
       flow::testing::edge("a", "end")});
}

/// The bytes of the whole states and of the checkpoints that a run wrote.
struct written_bytes {
  std::uint64_t states = 0;
  std::uint64_t checkpoints = 0;
  int times = 0;

  void add(const batch& writes) {
    for (const auto& each : writes.operations()) {
      if (each.where != column::checkpoints) continue;
      if (keys::is_state(each.key)) {
        states += each.value.size();
        ++times;
      }
      if (keys::sequence_of(each.key)) checkpoints += each.value.size();
    }
  }
};

}  // namespace

TEST_CASE("a step that changes a small key writes little, whatever the size of the state",
          "[runs][cost]") {
  for (const std::size_t size :
       {std::size_t{1} << 10, std::size_t{1} << 20, std::size_t{7} << 20}) {
    CAPTURE(size);
    memory_store store;
    stored_run run{store, loop(), 4'096};
    run.begin({{"large", std::string(size, 'x')}});
    written_bytes written;
    for (int i = 0; i < 500; ++i) {
      run.finish("a", json{{"more", true}, {"n", i}});
      written.add(run.last_batch());
    }
    INFO(written.states << " bytes of states, " << written.checkpoints << " of checkpoints");
    CHECK(written.states <= 2 * written.checkpoints);
    CHECK((size > (std::size_t{1} << 10) || written.times > 1));
    CHECK((*load_run(*store.durable_view(), key))->state == run.state());
  }
}

TEST_CASE("loading a run reads a bounded number of bytes, however long its history",
          "[runs][cost]") {
  memory_store store;
  stored_run run{store, loop(), 1'000};
  run.begin({{"large", std::string(5'000, 'x')}});
  for (int i = 0; i < 500; ++i) {
    run.finish("a", json{{"more", true}, {"n", i}});
    const auto size = (*load_run(*store.durable_view(), key))->size;
    CHECK(size.tail <= size.state + 1'000);
    CHECK(size.state < 7'000);
  }
}

TEST_CASE("a run loads from its state although its history and input are gone", "[runs]") {
  memory_store store;
  stored_run run{store, loop(), 1};
  run.begin();
  for (int i = 0; i < 3; ++i) run.finish("a", json{{"more", true}, {"n", i}});
  batch pruned;
  for (std::uint64_t sequence = 1; sequence <= run.state().sequence; ++sequence)
    pruned.erase(column::checkpoints, keys::checkpoint(hash, sequence));
  pruned.erase(column::checkpoints, keys::input(hash));
  const batch* const all[] = {&pruned};
  store.publish(store.write(all).value());
  const auto loaded = load_run(*store.durable_view(), key);
  REQUIRE(loaded);
  REQUIRE(*loaded);
  CHECK((*loaded)->state == run.state());
  CHECK(load_history(*store.durable_view(), key, 0, 100)->empty());
}

TEST_CASE("start and end of a run with one step write at most ten keys", "[runs][cost]") {
  memory_store store;
  stored_run run{store, chain({start(), task("a"), end()})};
  std::size_t keys = 0;
  const auto count_keys = [&] {
    for (const auto& each : run.last_batch().operations())
      if (each.kind != batch::operation_kind::add) ++keys;
  };
  run.begin();
  count_keys();
  run.finish("a");
  count_keys();
  CHECK(run.state().status == run_status::completed);
  CHECK(keys <= 10);
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
  stored_run run{store, two_steps(), 1};
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
    auto bytes = **store.durable_view()->get(column::checkpoints, keys::checkpoint(hash, damaged));
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
  SECTION("between the input and the newest") {
    erase_checkpoint(store, 2);
    const auto loaded = load_run(*store.durable_view(), key);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == errc::corrupt);
    CHECK(mentions(loaded.error().message, "checkpoint 2 is missing"));
  }
  SECTION("the first") {
    erase_checkpoint(store, 1);
    const auto loaded = load_run(*store.durable_view(), key);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == errc::corrupt);
    CHECK(mentions(loaded.error().message, "checkpoint 1 is missing"));
  }
  SECTION("all of them") {
    for (const std::uint64_t each : {1u, 2u, 3u}) erase_checkpoint(store, each);
    CHECK(
        mentions(load_run(*store.durable_view(), key).error().message, "checkpoint 1 is missing"));
  }
  SECTION("the input") {
    batch damage;
    damage.erase(column::checkpoints, keys::input(hash));
    const batch* const all[] = {&damage};
    store.publish(store.write(all).value());
    CHECK(mentions(load_run(*store.durable_view(), key).error().message,
                   "neither a state nor an input"));
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
