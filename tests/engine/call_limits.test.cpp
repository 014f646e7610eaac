// What calls in flight can take of an engine: places by kind, and bytes by scope.

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "persistence/testing/wrapped_store.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"
#include "tests/engine/held_queries.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

struct answers {
  std::atomic<int> given{0}, overloaded{0};
};

/// A store whose writes wait while it is closed.
class gated_store final : public persistence::testing::wrapped_store {
 public:
  struct gate {
    std::atomic<bool> closed{false};
    void close() { closed = true; }
    void open() {
      closed = false;
      closed.notify_all();
    }
  };
  explicit gated_store(gate& of) : gate_(of) {}

  result<std::shared_ptr<const persistence::view>> write(
      std::span<const persistence::batch* const> batches) override {
    gate_.closed.wait(true);
    return wrapped_store::write(batches);
  }

 private:
  gate& gate_;
};

engine engine_with(gated_store::gate& gate, settings s) {
  engine_components components;
  components.open_store = [&gate] {
    return result<std::unique_ptr<persistence::store>>{std::make_unique<gated_store>(gate)};
  };
  return engine_access::make(std::move(s), std::move(components));
}

json text_of(std::size_t bytes) {
  return {{"text", std::string(bytes, 'x')}};
}

template <class Condition>
void until(Condition met) {
  while (!met()) std::this_thread::yield();
}

/// Starts runs while the store is closed, and counts the answers.
struct started_runs {
  std::atomic<int> pending{0};
  std::atomic<int> accepted{0};
  std::atomic<int> overloaded{0};

  void start(const scope& in, std::size_t bytes) {
    ++pending;
    in.runs().start_async("f", text_of(bytes), {}, [this](const result<run_started>& r) {
      if (r) ++accepted;
      if (!r && r.error().code == errc::overloaded) ++overloaded;
      --pending;
    });
  }
};

}  // namespace

TEST_CASE("commands are admitted up to a number of bytes, shared by the scopes",
          "[engine][limits]") {
  gated_store::gate gate;
  settings s = quiet_settings();
  s.engine.max_bytes_in_flight = 8 * mib;
  engine e = engine_with(gate, s);
  REQUIRE(e.open());
  const auto a = e.scope("a"), b = e.scope("b");
  REQUIRE((a && b));
  for (const auto* in : {&*a, &*b}) REQUIRE(in->put_flow(single("f", "signal", {{"name", "go"}})));
  CHECK(e.load()->bytes_in_flight == 0);

  started_runs of_a, of_b;
  gate.close();
  for (int i = 0; i < 100; ++i) of_a.start(*a, mib);
  CHECK(of_a.overloaded == 97);  // one scope has at most half
  CHECK(e.load()->bytes_in_flight > 3 * mib);
  for (int i = 0; i < 100; ++i) of_b.start(*b, mib);
  CHECK(of_b.overloaded <= 98);
  CHECK(e.load()->bytes_in_flight <= 8 * mib);
  gate.open();
  until([&] { return of_a.pending == 0 && of_b.pending == 0; });
  CHECK(of_a.accepted == 3);
  CHECK(of_b.accepted >= 2);
  CHECK(e.load()->bytes_in_flight == 0);
  CHECK(e.load()->commands_in_flight == 0);
}

TEST_CASE("a command above the budget of bytes is accepted if it is the only one",
          "[engine][limits]") {
  gated_store::gate gate;
  settings s = quiet_settings();
  s.engine.max_bytes_in_flight = mib;
  engine e = engine_with(gate, s);
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  REQUIRE(e.start("f", text_of(4 * mib)));
  started_runs others;
  gate.close();
  others.start(e.scope(), 4 * mib);
  const auto refused = e.start("f");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(refused.error().message.find("engine.max_bytes_in_flight") != std::string::npos);
  gate.open();
  until([&] { return others.pending == 0; });
  CHECK(others.accepted == 1);
  REQUIRE(e.start("f"));
}

TEST_CASE("waits have places of their own, which are free again when they are withdrawn",
          "[engine][limits][wait]") {
  settings s = quiet_settings();
  s.engine.max_waits = 20;
  s.engine.max_commands_in_flight = 1;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  const auto run = e.start("f");
  REQUIRE(run);
  std::stop_source gone;
  std::atomic<int> cancelled{0}, ended{0};
  const auto wait = [&] {
    e.runs().wait_async(
        run->id, 1h,
        [&](const result<run_view>& r) {
          if (r) ++ended;
          if (!r && r.error().code == errc::cancelled) ++cancelled;
        },
        gone.get_token());
  };
  for (int i = 0; i < 20; ++i) wait();
  CHECK(e.load()->waits == 20);
  const auto refused = e.wait(run->id, 1h);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(refused.error().message.find("engine.max_waits") != std::string::npos);
  REQUIRE(e.signal(run->id, "other"));  // commands are not affected
  CHECK(e.load()->commands_in_flight == 0);

  gone.request_stop();
  until([&] { return cancelled == 20; });
  CHECK(e.load()->waits == 0);
  wait();  // withdrawn before it begins
  until([&] { return cancelled == 21; });
  gone = {};
  wait();
  CHECK(e.load()->waits == 1);
  REQUIRE(e.signal(run->id, "go"));
  until([&] { return ended == 1; });
  CHECK(e.load()->waits == 0);
}

TEST_CASE("a blocking wait ends when another thread withdraws it", "[engine][limits][wait]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  const auto run = e.start("f");
  REQUIRE(run);
  std::stop_source gone;
  auto waiting = std::async(std::launch::async, [&] {
    const auto ended = e.runs().wait(run->id, 1h, gone.get_token());
    return ended ? errc::conflict : ended.error().code;
  });
  until([&] { return e.load()->waits == 1; });
  gone.request_stop();
  CHECK(waiting.get() == errc::cancelled);
  CHECK(e.get(run->id)->summary.status == run_status::running);
}

TEST_CASE("queries that wait for a reader have places of their own", "[engine][limits]") {
  settings s = quiet_settings();
  s.engine.max_queries = 2;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  auto counts = std::make_shared<answers>();
  held_pages pages{e};  // the places of these two queries are free again
  for (int i = 0; i < 5; ++i) {
    e.runs().list_async({}, [counts](const result<run_page>& r) {
      if (r) ++counts->given;
      if (!r && r.error().code == errc::overloaded) ++counts->overloaded;
    });
  }
  CHECK(counts->overloaded == 3);
  CHECK(e.load()->queries_in_flight == 2);
  REQUIRE(e.start("f"));  // commands are not affected
  pages.release();
  until([&] { return counts->given == 2; });
  CHECK(e.load()->queries_in_flight == 0);
}
