// Blobs: stored, held by runs, and deleted when no run holds them, on a real engine.

#include <atomic>
#include <thread>

#include <pawl/blobs.hpp>
#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>

#include "actors/engine_context.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"
#include "tests/engine/shifted_clock.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// An engine that looks for blobs to delete all the time.
struct blob_engine {
  explicit blob_engine(settings s = quiet_settings()) : e(make(std::move(s), clock)) {
    REQUIRE(e.functions().add("b.unknown", [](step_context&) -> result<json> {
      return json{{"made", {{"$blob", "sha256:" + std::string(64, '0')}}}};
    }));
    REQUIRE(e.functions().add("b.asks", [](step_context& step) -> result<json> {
      return step.interrupt({{"seen", {{"$blob", "sha256:" + std::string(64, '0')}}}});
    }));
    REQUIRE(e.functions().add("b.leaves", [](step_context& step) -> result<json> {
      return step.interrupt("go on?", {{"made", {{"$blob", "sha256:" + std::string(64, '0')}}}});
    }));
    REQUIRE(e.open());
    REQUIRE(e.put_flow(task_flow("asks", "b.asks")));
    REQUIRE(e.put_flow(task_flow("leaves", "b.leaves")));
    REQUIRE(e.put_flow(single("wait", "signal", {{"name", "go"}})));
    REQUIRE(e.put_flow(task_flow("unknown", "b.unknown")));
  }

  static engine make(settings s, std::shared_ptr<shifted_clock> time) {
    s.blobs.interval_ms = 10ms;
    engine_components given;
    given.clock = std::move(time);
    return engine_access::make(std::move(s), std::move(given));
  }

  [[nodiscard]] scope_blobs blobs() const { return scope_blobs{e.scope("default").value()}; }

  [[nodiscard]] std::size_t records() {
    const auto now = engine_access::core(e).running()->store->durable_view();
    return persistence::conformance::scan(*now, persistence::column::blobs).size();
  }

  template <class Condition>
  void until(Condition holds) const {
    for (int looks = 0; looks < 1'500; ++looks) {
      if (holds()) return;
      std::this_thread::sleep_for(20ms);
    }
    FAIL("the condition did not come true");
  }

  std::shared_ptr<shifted_clock> clock = std::make_shared<shifted_clock>();
  engine e;
};

std::string long_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  return bytes;
}

}  // namespace

TEST_CASE("a blob is read as it was sent, whatever its size", "[engine][blobs]") {
  const data_folder folder;
  const std::size_t chunk = std::size_t{256} << 10;
  std::vector<blob_info> stored;
  {
    blob_engine of{folder.used()};
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, chunk, chunk + 1, 5 * chunk}) {
      CAPTURE(size);
      const std::string bytes = long_bytes(size);
      const auto made = of.blobs().put(bytes, "image/png");
      REQUIRE(made);
      CHECK(made->hash == detail::to_hex(detail::sha256_bytes(bytes)));
      CHECK(made->size == size);
      CHECK(made->type == "image/png");
      CHECK(of.blobs().read(made->hash).value() == bytes);
      stored.push_back(*made);
    }
    // 9 chunks and 5 heads: nothing else is left of an upload.
    CHECK(of.records() == 1 + 1 + 2 + 5 + 5);
  }
  blob_engine of{folder.used()};
  for (const auto& each : stored) CHECK(of.blobs().get(each.hash).value() == each);
  CHECK(of.blobs().read(stored[4].hash).value() == long_bytes(5 * chunk));
  CHECK(of.blobs().get(std::string(64, 'e')).error().code == errc::not_found);
  CHECK(of.blobs().read(stored[1].hash, 1).error().code == errc::not_found);
  CHECK(of.blobs().get("e").error().code == errc::invalid_argument);
}

TEST_CASE("a sweep deletes no chunks of an upload that is ending", "[engine][blobs]") {
  blob_engine of;
  const std::string bytes = long_bytes((std::size_t{256} << 10) + 8);
  for (int i = 0; i < 200; ++i) {
    const auto made = of.blobs().put(bytes + std::to_string(i));
    REQUIRE(made);
    const auto read = of.blobs().read(made->hash);
    REQUIRE(read);
    CHECK(*read == bytes + std::to_string(i));
  }
}

TEST_CASE("an upload that is refused or cut off leaves nothing", "[engine][blobs]") {
  settings s = quiet_settings();
  s.blobs.max_bytes = 1'000'000;
  blob_engine of{s};
  CHECK(of.blobs().put(long_bytes(1'000'001)).error().code == errc::limit_exceeded);
  for (const char* const type :
       {"two\nlines", "image", "image/", "/png", "a b/c", "image/p/ng", ""})
    CHECK(of.blobs().begin(type).error().code == errc::invalid_argument);
  CHECK(of.blobs().begin("Text/Plain ; charset=utf-8"));
  {
    const auto upload = of.blobs().begin();
    REQUIRE(upload);
    REQUIRE(upload->write(long_bytes(900'000)));
    const auto other = upload->finish(std::string(64, '1'));
    REQUIRE_FALSE(other);
    CHECK(other.error().message.find("nothing was stored") != std::string::npos);
    CHECK_FALSE(upload->finish());
  }
  {
    const auto upload = of.blobs().begin();
    REQUIRE(upload);
    REQUIRE(upload->write(long_bytes(900'000)));
    CHECK(of.records() > 0);
  }
  of.until([&] { return of.records() == 0; });
}

TEST_CASE("an upload that has begun is not refused for want of a place", "[engine][blobs]") {
  settings s = quiet_settings();
  s.engine.max_commands_in_flight = 1;
  blob_engine of{s};
  const auto upload = of.blobs().begin();
  REQUIRE(upload);
  REQUIRE(upload->write(long_bytes(300'000)));
  CHECK(of.blobs().put("x").error().code == errc::overloaded);
  REQUIRE(upload->write(long_bytes(300'000)));
  REQUIRE(upload->finish());
  CHECK(of.blobs().put("x"));
}

TEST_CASE("the same bytes are stored once, however many send them at a time", "[engine][blobs]") {
  blob_engine of;
  const std::string bytes = long_bytes(700'000);
  std::vector<std::thread> senders;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    senders.emplace_back([&] {
      const auto made = of.blobs().put(bytes);
      if (made && made->size == bytes.size()) ++good;
    });
  for (auto& each : senders) each.join();
  CHECK(good == 8);
  of.until([&] { return of.records() == 1 + 3; });
  CHECK(of.blobs().read(detail::to_hex(detail::sha256_bytes(bytes))).value() == bytes);
}

TEST_CASE("the blobs of a scope have a limit of bytes", "[engine][blobs]") {
  const data_folder folder;
  settings s = folder.used();
  s.blobs.max_scope_bytes = 1'000'000;
  const auto is_full = [](const result<blob_info>& made) {
    return !made && made.error().code == errc::limit_exceeded &&
           made.error().message.find("blobs.max_scope_bytes") != std::string::npos;
  };
  {
    blob_engine of{s};
    REQUIRE(of.blobs().put(long_bytes(600'000)));
    CHECK(is_full(of.blobs().put(long_bytes(400'001))));
    CHECK(is_full(of.blobs().put(long_bytes(900'000))));
    const scope_blobs others{of.e.scope("others").value()};
    CHECK(others.put(long_bytes(900'000)));
    // What was refused is not counted any more, once it is deleted.
    of.until([&] { return of.blobs().put("x" + long_bytes(399'999)).has_value(); });
    CHECK(is_full(of.blobs().put("y")));
    CHECK(of.e.metrics().blob_bytes == 1'900'000);
  }
  blob_engine of{s};
  CHECK(is_full(of.blobs().put("y")));
  of.clock->hours = 2;
  of.until([&] { return of.records() == 0; });
  of.until([&] { return of.e.metrics().blob_bytes == 0; });
  CHECK(of.blobs().put(long_bytes(1'000'000)));
}

TEST_CASE("a damaged blob is mended when it is sent again", "[engine][blobs]") {
  const std::size_t size = GENERATE(std::size_t{100}, std::size_t{600'000}, std::size_t{6'000'000});
  const std::string bytes = long_bytes(size);
  const persistence::blob_key key{default_scope(), detail::sha256_bytes(bytes)};
  const persistence::blob_head head{
      std::string(persistence::keys::blob_content_bytes, 'c'), size, "image/png", {}, {}};
  const std::string damage =
      GENERATE(as<std::string>{}, "other bytes", "a missing chunk", "no chunk", "the head");
  CAPTURE(size, damage);
  engine_components given;
  given.open_store = [&]() -> result<std::unique_ptr<persistence::store>> {
    auto made = std::make_unique<persistence::memory_store>();
    persistence::batch writes;
    persistence::put_blob_head(writes, key, head);
    const std::uint32_t chunks = persistence::blob_chunks_of(size);
    for (std::uint32_t n = 0; n < chunks && damage != "no chunk"; ++n) {
      std::string chunk =
          bytes.substr(n * persistence::blob_chunk_bytes, persistence::blob_chunk_bytes);
      if (n == chunks - 1 && damage == "a missing chunk") break;
      if (n == chunks - 1 && damage == "other bytes") chunk.back() ^= 1;
      persistence::put_blob_chunk(writes, key.scope, head.content, n, chunk);
    }
    if (damage == "the head")
      writes.put(persistence::column::blobs, persistence::keys::blob_head(key.scope, key.hash),
                 "damaged");
    persistence::conformance::commit(*made, {writes});
    return std::unique_ptr<persistence::store>{std::move(made)};
  };
  settings s = quiet_settings();
  s.blobs.interval_ms = 10ms;
  engine e = engine_access::make(std::move(s), std::move(given));
  REQUIRE(e.open());
  const scope_blobs blobs{e.scope("default").value()};
  const auto mended = blobs.put(bytes, "text/plain");
  REQUIRE(mended);
  // The type of the first time, as far as it is known.
  CHECK(mended->type == (damage == "the head" ? "text/plain" : "image/png"));
  CHECK(blobs.read(mended->hash).value() == bytes);
  CHECK(e.metrics().blob_bytes == size);
  REQUIRE(blobs.put(bytes));
  CHECK(blobs.read(mended->hash).value() == bytes);
  if (damage == "the head") return;
  // The chunks of the damaged one are deleted.
  const auto records = [&] {
    const auto now = engine_access::core(e).running()->store->durable_view();
    return persistence::conformance::scan(*now, persistence::column::blobs).size();
  };
  for (int looks = 0; looks < 1'500 && records() != 1 + persistence::blob_chunks_of(size); ++looks)
    std::this_thread::sleep_for(20ms);
  CHECK(records() == 1 + persistence::blob_chunks_of(size));
}

TEST_CASE("the references in a value have a limit", "[engine][blobs]") {
  blob_engine of;
  const json known = reference_to(of.blobs().put("named often").value());
  CHECK(of.e.start("wait", {{"files", std::vector<json>(10'000, known)}}));
  const auto refused = of.e.start("wait", {{"files", std::vector<json>(10'001, known)}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::limit_exceeded);
}

TEST_CASE("a blob stays while a run names it", "[engine][blobs]") {
  blob_engine of;
  const auto held = of.blobs().put(long_bytes(300'000)).value();
  const auto sent = of.blobs().put("sent by a signal").value();
  const auto loose = of.blobs().put("named by nothing").value();
  const auto first = of.e.start("wait", {{"file", reference_to(held)}});
  const auto second = of.e.start("wait", {{"file", reference_to(held)}});
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(of.e.runs().signal(first->id, "go", reference_to(sent)));
  REQUIRE(of.e.wait(first->id, 30s)->summary.status == run_status::completed);
  of.clock->hours = 2;
  of.until([&] { return !of.blobs().get(loose.hash); });
  CHECK(of.blobs().get(held.hash));
  CHECK(of.blobs().get(sent.hash));

  // Not before the time since its release.
  REQUIRE(of.e.runs().remove(first->id));
  std::this_thread::sleep_for(100ms);
  CHECK(of.blobs().get(sent.hash));
  of.clock->hours = 4;
  of.until([&] { return !of.blobs().get(sent.hash); });
  CHECK(of.blobs().get(held.hash));

  REQUIRE(of.e.runs().signal(second->id, "go"));
  REQUIRE(of.e.wait(second->id, 30s)->summary.status == run_status::completed);
  REQUIRE(of.e.runs().remove(second->id));
  of.clock->hours = 6;
  of.until([&] { return !of.blobs().get(held.hash); });
  of.until([&] { return of.records() == 0; });
}

TEST_CASE("a blob that is made during a sweep is deleted by a later one", "[engine][blobs]") {
  blob_engine of;
  for (int hours = 0; hours < 20; hours += 2) {
    REQUIRE(of.blobs().put("blob " + std::to_string(hours)));
    of.clock->hours = hours + 2;
    of.until([&] { return of.records() == 0; });
  }
}

TEST_CASE("a blob that was released before a restart is kept for its time", "[engine][blobs]") {
  const data_folder folder;
  std::string hash;
  {
    blob_engine of{folder.used()};
    hash = of.blobs().put("released").value().hash;
  }
  const auto clock = std::make_shared<shifted_clock>();
  clock->hours = 2;  // long after it was sent
  engine e = blob_engine::make(folder.used(), clock);
  REQUIRE(e.open());
  const scope_blobs blobs{e.scope("default").value()};
  std::this_thread::sleep_for(100ms);  // of many sweeps
  CHECK(blobs.get(hash));
  clock->hours = 4;
  for (int looks = 0; looks < 1'500 && blobs.get(hash); ++looks) std::this_thread::sleep_for(20ms);
  CHECK_FALSE(blobs.get(hash));
}

TEST_CASE("a reference to a blob that does not exist is refused", "[engine][blobs]") {
  blob_engine of;
  const json unknown = {{"$blob", "sha256:" + std::string(64, '0')}};
  const auto refused = of.e.start("wait", {{"file", {{"deep", {unknown}}}}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(refused.error().type == "unknown_blob");
  CHECK(refused.error().message.find("does not have") != std::string::npos);

  const auto known = of.blobs().put("12345").value();
  json other_size = reference_to(known);
  other_size["size"] = 6;
  CHECK(of.e.start("wait", {{"file", other_size}}).error().message.find("5 bytes") !=
        std::string::npos);

  const auto run = of.e.start("wait", {{"file", reference_to(known)}});
  REQUIRE(run);
  CHECK(of.e.runs().signal(run->id, "go", unknown).error().type == "unknown_blob");

  // Plain data that looks alike is data.
  CHECK(of.e.start("wait", {{"file", {{"$blob", "sha256:0"}, {"size", "x"}}}}));

  for (const char* const flow : {"unknown", "asks", "leaves"}) {
    CAPTURE(flow);
    const auto failed = of.e.start_and_wait(flow, json::object(), 30s);
    REQUIRE(failed);
    REQUIRE(failed->summary.error);
    CHECK(failed->summary.error->type == "unknown_blob");
  }
}

TEST_CASE("a step has done its work although the blob of its result cannot be read",
          "[engine][blobs]") {
  engine_components given;
  given.open_store = []() -> result<std::unique_ptr<persistence::store>> {
    auto made = std::make_unique<persistence::memory_store>();
    persistence::batch damaged;
    damaged.put(persistence::column::blobs,
                persistence::keys::blob_head(default_scope(), std::string(32, '\0')), "damaged");
    persistence::conformance::commit(*made, {damaged});
    return std::unique_ptr<persistence::store>{std::move(made)};
  };
  engine e = engine_access::make(quiet_settings(), std::move(given));
  REQUIRE(e.functions().add("b.damaged", [](step_context&) -> result<json> {
    return json{{"made", {{"$blob", "sha256:" + std::string(64, '0')}}}};
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("damaged", "b.damaged")));
  const auto done = e.start_and_wait("damaged", json::object(), 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
}
