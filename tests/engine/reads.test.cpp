// No thread of the scheduler reads the store, whatever the engine is asked for.

#include <pthread.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/testing/wrapped_store.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using persistence::column;

namespace {

/// The names of the threads that have read a store. CAF calls those of its scheduler
/// `caf.multiplexer`.
class readers {
 public:
  void note() {
    char name[32] = {};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    const std::lock_guard lock{mutex_};
    names_.insert(name);
    ++reads_;
  }
  [[nodiscard]] std::size_t reads() const {
    const std::lock_guard lock{mutex_};
    return reads_;
  }
  void clear() {
    const std::lock_guard lock{mutex_};
    names_.clear();
  }
  [[nodiscard]] bool contains(const std::string& name) const {
    const std::lock_guard lock{mutex_};
    return names_.contains(name);
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> names_;
  std::size_t reads_ = 0;
};

class watched_view final : public persistence::view {
 public:
  watched_view(readers& by, std::shared_ptr<const persistence::view> inner)
      : by_(by), inner_(std::move(inner)) {}
  result<std::optional<std::string>> get(column where, std::string_view key) const override {
    by_.note();
    return inner_->get(where, key);
  }
  result<void> scan(column where, const range& keys, const visitor& visit) const override {
    by_.note();
    return inner_->scan(where, keys, visit);
  }
  result<std::int64_t> counter(std::string_view key) const override {
    by_.note();
    return inner_->counter(key);
  }

 private:
  readers& by_;
  const std::shared_ptr<const persistence::view> inner_;
};

class watched_store final : public persistence::testing::wrapped_store {
 public:
  watched_store(readers& by, std::unique_ptr<persistence::store> inner)
      : wrapped_store(std::move(inner)), by_(by) {}
  std::shared_ptr<const persistence::view> durable_view() const override {
    return std::make_shared<watched_view>(by_, wrapped_store::durable_view());
  }

 private:
  readers& by_;
};

engine open_engine(const settings& s, readers& by) {
  engine_components parts;
  parts.open_store = [&by, path = s.storage.data_dir]() {
    auto opened = persistence::open_rocksdb_store(path, {});
    if (!opened) return result<std::unique_ptr<persistence::store>>{opened.error()};
    return result<std::unique_ptr<persistence::store>>{
        std::make_unique<watched_store>(by, *std::move(opened))};
  };
  engine e = engine_access::make(s, std::move(parts));
  REQUIRE(e.functions().add("t.work", [](const json& state) -> result<json> {
    if (state.value("fail", false)) return fail("bad_day", "as asked");
    return json{{"worked", true}};
  }));
  REQUIRE(e.open());
  return e;
}

void put_flows(engine& e) {
  REQUIRE(e.put_flow(task_flow("work", "t.work")));
  REQUIRE(e.put_flow(single("signal", "signal", {{"name", "go"}})));
  REQUIRE(e.put_flow(single("wait", "wait", {{"duration", "1ms"}})));
  REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "work"}})));
  REQUIRE(e.put_flow(single("waiting_parent", "subflow", {{"flow", "signal"}})));
}

}  // namespace

TEST_CASE("a flow is deleted without reading runs, however many are unfinished",
          "[engine][reads]") {
  readers by;
  const data_folder folder;
  settings s = folder.used();
  s.storage.durability = durability::off;
  engine e = open_engine(s, by);
  put_flows(e);
  std::vector<std::size_t> reads;
  std::optional<run_id> user;
  for (const int unfinished : {1, 2'000}) {
    for (int i = 0; i < unfinished; ++i) user = e.start("signal")->id;
    REQUIRE(e.put_flow(task_flow("unused", "t.work")));
    const auto before = by.reads();
    CHECK(e.flows().remove(flow_name{"signal"}).error().code == errc::conflict);
    CHECK(e.flows().remove(flow_name{"unused"}));
    reads.push_back(by.reads() - before);
  }
  CHECK(reads[1] == reads[0]);
  CHECK(reads[0] <= 6);
}

TEST_CASE("a flow can be deleted when its last run has finished", "[engine][reads]") {
  const data_folder folder;
  run_id id;
  {
    engine e{folder.used()};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
    REQUIRE(e.put_flow(single("g", "signal", {{"name", "go"}})));
    id = e.start("f")->id;
    REQUIRE(e.start("g"));
    REQUIRE(e.runs().pause(id));
    const auto refused = e.flows().remove(flow_name{"f"});
    CHECK(refused.error().code == errc::conflict);
    CHECK(refused.error().message ==
          "cannot delete flow f: 1 unfinished run uses it. Cancel it, or wait until it finishes");
    REQUIRE(e.runs().cancel(id));
    REQUIRE(e.stop());
  }
  engine e{folder.used()};
  REQUIRE(e.open());
  CHECK(e.flows().remove(flow_name{"f"}));
  CHECK_FALSE(e.flows().remove(flow_name{"g"}));
}

TEST_CASE("no scheduler thread reads the store", "[engine][reads]") {
  using namespace std::chrono_literals;
  readers by;
  const data_folder folder;
  settings s = folder.used();
  s.engine.parked_cache_bytes = 0;  // every load reads
  run_id left, left_parent;
  {
    engine e = open_engine(s, by);
    put_flows(e);
    const auto r = e.runs();
    for (const char* const flow : {"work", "wait", "parent"})
      CHECK(r.start_and_wait(flow, json::object(), 10s)->summary.status == run_status::completed);
    const auto failed = r.start_and_wait("parent", {{"fail", true}}, 10s);
    REQUIRE(failed->summary.status == run_status::failed);
    const auto child = r.list({});
    REQUIRE(child);
    for (const auto& each : child->runs) {
      if (each.status != run_status::failed) continue;
      CHECK(r.set_data(each.key.id, {{"fail", false}}));
    }
    CHECK(r.retry(failed->summary.key.id));
    const auto waiting = r.start("signal", json::object());
    REQUIRE(waiting);
    CHECK(r.pause(waiting->id));
    CHECK(r.resume(waiting->id));
    CHECK(r.signal(waiting->id, "go", json::object()));
    CHECK(r.wait(waiting->id, 10s)->summary.status == run_status::completed);
    CHECK(r.wait(waiting->id, 10s));
    CHECK_FALSE(r.wait(run_id{"unknown"}, 10s));
    CHECK(r.list({}));
    start_options named;
    named.key = "key";
    left = r.start("signal", json::object(), named)->id;
    CHECK(r.start("signal", json::object(), named)->id == left);
    left_parent = r.start("waiting_parent", json::object())->id;
    REQUIRE(e.stop());
  }
  {
    engine e = open_engine(s, by);
    const auto r = e.runs();
    CHECK(r.signal(left, "go", json::object()));
    CHECK(r.wait(left, 10s)->summary.status == run_status::completed);
    CHECK(r.cancel(left_parent));
    CHECK(r.wait(left_parent, 10s)->summary.status == run_status::cancelled);
    REQUIRE(e.stop());
  }
  CHECK(by.contains("pawl.loader"));
  CHECK_FALSE(by.contains("caf.multiplexer"));
}

TEST_CASE("a start reads the store on no thread of its caller", "[engine][reads]") {
  using namespace std::chrono_literals;
  readers by;
  const data_folder folder;
  engine e = open_engine(folder.used(), by);
  put_flows(e);
  const auto r = e.runs();
  char caller[32] = {};
  ::pthread_getname_np(::pthread_self(), caller, sizeof caller);
  by.clear();
  start_options named;
  named.id = run_id{"named"};
  start_options numbered;
  numbered.version = version{1, 0, 0};
  start_options unknown;
  unknown.version = version{7, 0, 0};
  for (int i = 0; i < 2; ++i) {
    CHECK(r.start("work", json::object()));
    CHECK(r.start("work", json::object(), named));
    CHECK(r.start("work", json::object(), numbered));
    CHECK(r.start("work", json::object(), unknown).error().code == errc::not_found);
    CHECK(r.start("unknown", json::object()).error().code == errc::not_found);
  }
  CHECK_FALSE(by.contains(caller));
  CHECK_FALSE(by.contains("caf.multiplexer"));
  CHECK(by.contains("pawl.loader"));
  // With the flow in memory, a start with a new id needs no read at all.
  CHECK(r.start("signal", json::object()));
  CHECK(r.start_and_wait("parent", json::object(), 10s));
  by.clear();
  for (const char* const flow : {"work", "signal"}) CHECK(r.start(flow, json::object()));
  CHECK(r.start("signal", json::object(), numbered));
  CHECK_FALSE(by.contains("pawl.loader"));
  CHECK_FALSE(by.contains(caller));
}
