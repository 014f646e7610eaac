// An engine whose store fails: it reports the failure, reopens the store and loses nothing.

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <pawl/blobs.hpp>

#include "persistence/testing/wrapped_store.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// What survives a store: its records, and whether the disk is full.
struct disk {
  std::mutex mutex;
  std::shared_ptr<persistence::memory_store> kept =
      std::make_shared<persistence::memory_store>();  ///< guarded by mutex
  std::atomic<bool> full{false};
  std::atomic<bool> seems_writable{true};  ///< although it is full
  std::atomic<int> refused_opens{0};
  std::atomic<int> refused_checks{0};
};

error no_room() {
  return {errc::storage_full, "no room is left on the disk of the test"};
}

/// A store that refuses all writes after it has found the disk full.
class store_on_disk final : public persistence::testing::wrapped_store {
 public:
  explicit store_on_disk(disk& on) : wrapped_store(on.kept), disk_(on) {}

  result<std::shared_ptr<const persistence::view>> write(
      std::span<const persistence::batch* const> batches) override {
    if (disk_.full) failed_ = true;
    if (failed_) return no_room();
    return wrapped_store::write(batches);
  }
  result<void> sync() override {
    if (failed_) return no_room();
    return wrapped_store::sync();
  }
  result<void> check_writable() override {
    if (!disk_.full || disk_.seems_writable) return {};
    ++disk_.refused_checks;
    return no_room();
  }
  result<void> close() override { return {}; }

 private:
  disk& disk_;
  std::atomic<bool> failed_{false};
};

engine engine_on(disk& d, settings s = quiet_settings()) {
  s.engine.restart_first_delay_ms = 5ms;
  s.engine.restart_max_delay_ms = 20ms;
  engine_components components;
  components.log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  components.open_store = [&d]() -> result<std::unique_ptr<persistence::store>> {
    const std::lock_guard lock{d.mutex};
    if (d.full) {
      ++d.refused_opens;
      return no_room();
    }
    d.kept = d.kept->after_power_loss();
    return std::unique_ptr<persistence::store>{std::make_unique<store_on_disk>(d)};
  };
  return engine_access::make(s, std::move(components));
}

/// Waits until a condition holds.
template <class Condition>
void until(const engine& e, Condition is_so) {
  const auto events = e.watch_steps();
  for (int looks = 0; looks < 3000; ++looks) {
    if (is_so()) return;
    static_cast<void>(events->next(10ms));
  }
  FAIL("what is waited for does not come");
}

}  // namespace

TEST_CASE("an engine reports why its store failed and continues when there is space again",
          "[engine][reopen]") {
  disk d;
  engine e = engine_on(d);
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  std::vector<run_id> acknowledged;
  for (int i = 0; i < 20; ++i) acknowledged.push_back(e.start("f")->id);
  const auto watching = e.events().watch(acknowledged[0]);
  REQUIRE(e.ready());

  for (int round = 0; round < 3; ++round) {
    INFO("round " << round);
    d.refused_opens = 0;
    d.full = true;
    const auto refused = e.start("f");
    REQUIRE_FALSE(refused);
    until(e, [&] { return d.refused_opens > 2; });
    const auto ready = e.ready();
    REQUIRE_FALSE(ready);
    CHECK(ready.error().code == errc::unavailable);
    CHECK(ready.error().message.find("no room is left") != std::string::npos);
    CHECK(ready.error().message.find("opened again") != std::string::npos);
    for (const auto& command : {e.signal(acknowledged[0], "go"), e.runs().cancel(acknowledged[1]),
                                e.runs().pause(acknowledged[2])}) {
      REQUIRE_FALSE(command);
      CHECK(command.error().code == errc::unavailable);
      CHECK(command.error().message.find("no room is left") != std::string::npos);
    }
    d.full = false;
    until(e, [&] { return e.ready().has_value(); });
    for (const auto& id : acknowledged) REQUIRE(e.get(id));
    acknowledged.push_back(e.start("f")->id);
  }
  for (const auto& id : acknowledged) REQUIRE(e.signal(id, "go", {{"n", 1}}));
  for (const auto& id : acknowledged) {
    const auto done = e.wait(id, 30s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
  }
  // A watcher from before the failure still receives events.
  std::vector<std::string> seen;
  while (const auto event = watching->next(10ms)) seen.push_back(event->what.kind);
  CHECK(count_of(seen, "run_completed") == 1);
}

TEST_CASE("a step that was running when the store failed is called again with its idempotency key",
          "[engine][reopen]") {
  disk d;
  engine e = engine_on(d);
  std::mutex mutex;
  std::vector<std::string> keys;
  std::promise<void> began;
  REQUIRE(e.functions().add("t.step", [&](step_context& step) -> result<json> {
    const bool first = [&] {
      const std::lock_guard lock{mutex};
      keys.push_back(step.idempotency_key());
      return keys.size() == 1;
    }();
    if (!first) return json{{"done", true}};
    began.set_value();
    while (!step.stop_requested()) std::this_thread::yield();
    return fail("stopped", "told to stop");
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "task", {{"code_ref", "t.step"}})));
  const auto id = e.start("f")->id;
  REQUIRE(began.get_future().wait_for(30s) == std::future_status::ready);
  d.full = true;
  REQUIRE_FALSE(e.start("f"));
  until(e, [&] { return d.refused_opens > 0; });
  d.full = false;
  until(e, [&] { return e.ready().has_value(); });
  const auto done = e.wait(id, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data["done"] == true);
  REQUIRE(keys.size() == 2);
  CHECK(keys[0] == keys[1]);
}

TEST_CASE("an engine can be stopped while its store cannot be opened", "[engine][reopen]") {
  disk d;
  engine e = engine_on(d);
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  d.full = true;
  REQUIRE_FALSE(e.start("f"));
  until(e, [&] { return d.refused_opens > 0; });
  const auto stopped = e.stop();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == errc::storage_full);
  CHECK(e.ready().error().message.find("stopping") != std::string::npos);
}

TEST_CASE("a store is opened again at once although a sweep of old runs is planned",
          "[engine][reopen]") {
  disk d;
  settings s = quiet_settings();
  s.retention.completed_for_ms = 24h;
  engine e = engine_on(d, s);
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  d.full = true;
  REQUIRE_FALSE(e.start("f"));
  until(e, [&] { return d.refused_opens > 0; });
  d.full = false;
  until(e, [&] { return e.ready().has_value(); });
  CHECK(e.start("f"));
}

TEST_CASE("queries are answered for as long as the disk stays full", "[engine][reopen]") {
  disk d;
  d.seems_writable = false;
  engine e = engine_on(d);
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  const auto id = e.start("f")->id;
  d.full = true;
  REQUIRE_FALSE(e.start("f"));
  until(e, [&] { return d.refused_checks > 5; });
  CHECK(d.refused_opens == 0);
  CHECK_FALSE(e.ready());
  const auto shown = e.runs().get(id);
  REQUIRE(shown);
  CHECK(shown->summary.status == run_status::running);
  std::promise<result<run_page>> listed;
  e.runs().list_async({}, [&](result<run_page> page) { listed.set_value(std::move(page)); });
  const auto page = listed.get_future().get();
  REQUIRE(page);
  CHECK(page->runs.size() == 1);
  CHECK(e.runs().history(id));
  CHECK(e.flows().get(flow_name{"f"}));
  CHECK(e.signal(id, "go").error().code == errc::unavailable);
  d.full = false;
  until(e, [&] { return e.ready().has_value(); });
  REQUIRE(e.signal(id, "go"));
  CHECK(e.wait(id, 30s)->summary.status == run_status::completed);
}

TEST_CASE("an upload during which the store was opened again is refused", "[engine][reopen]") {
  disk d;
  engine e = engine_on(d);
  REQUIRE(e.open());
  const scope_blobs blobs{e.scope("default").value()};
  const std::string bytes(300'000, 'x');
  const auto writing = blobs.begin();
  const auto ending = blobs.begin();
  REQUIRE(writing);
  REQUIRE(ending);
  REQUIRE(writing->write(bytes));
  REQUIRE(ending->write(bytes));
  d.full = true;
  CHECK_FALSE(blobs.put("no room"));
  until(e, [&] { return d.refused_opens > 0; });
  d.full = false;
  until(e, [&] { return e.ready().has_value(); });

  const auto not_written = writing->write(bytes);
  const auto not_stored = ending->finish();
  REQUIRE_FALSE(not_written);
  REQUIRE_FALSE(not_stored);
  for (const auto& why : {not_written.error(), not_stored.error()}) {
    CHECK(why.code == errc::unavailable);
    CHECK(why.message.find("send the blob again") != std::string::npos);
  }
  const auto sent = blobs.put(bytes);
  REQUIRE(sent);
  CHECK(blobs.read(sent->hash).value() == bytes);
}
