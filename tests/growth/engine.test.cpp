// What one of many waits, polls, watchers and versions costs an engine. Measured in CPU time of the
// whole process: several threads work for a call.

#include <latch>
#include <memory>
#include <string>
#include <vector>

#include "tests/engine/fixture.hpp"
#include "tests/growth/measure.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;
using growth::check_flat;
using growth::process_seconds;

namespace {

/// An engine in memory that accepts as many calls as the tests make.
class wide_engine {
 public:
  explicit wide_engine(const json& flow) : engine_(wide_settings()) {
    REQUIRE(engine_.open());
    REQUIRE(engine_.put_flow(flow));
  }

  /// Starts n runs, and returns when all have started.
  void start(std::size_t n) {
    for_each(n, [&](std::size_t i, auto done) {
      start_options options;
      options.id = id_of(i);
      engine_.runs().start_async("f", json::object(), options,
                                 [done](const result<run_started>& made) { done(bool{made}); });
    });
  }

  /// Makes n calls at once, and returns when all were answered. `call(i, done)` calls `done` with
  /// whether it was answered well.
  template <class Call>
  static void for_each(std::size_t n, Call call) {
    const auto left = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(n));
    const auto failed = std::make_shared<std::atomic<std::size_t>>(0);
    for (std::size_t i = 0; i < n; ++i) {
      call(i, [left, failed](bool good) {
        if (!good) ++*failed;
        left->count_down();
      });
    }
    left->wait();
    REQUIRE(*failed == 0);
  }

  static run_id id_of(std::size_t i) { return run_id{"r" + std::to_string(i)}; }

  engine* operator->() noexcept { return &engine_; }

 private:
  static settings wide_settings() {
    settings s = quiet_settings();
    s.engine.max_waits = 200'000;
    s.worker.max_polls = 200'000;
    s.worker.default_queue = "default";
    return s;
  }

  engine engine_;
};

json waiting_flow() {
  return single("f", "signal", {{"name", "go"}});
}

}  // namespace

TEST_CASE("a wait for a run costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    wide_engine e{waiting_flow()};
    e.start(n);
    return growth::timed(process_seconds, [&] {
      const auto waits = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(n));
      for (std::size_t i = 0; i < n; ++i) {
        e->runs().wait_async(e.id_of(i), 100s,
                             [waits](const result<run_view>&) { waits->count_down(); });
      }
      e.for_each(n, [&](std::size_t i, auto done) {
        e->runs().signal_async(e.id_of(i), "go", json::object(), {},
                               [done](const auto& made) { done(bool{made}); });
      });
      waits->wait();
    });
  });
}

TEST_CASE("a wait for one run costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    wide_engine e{waiting_flow()};
    e.start(1);
    return growth::timed(process_seconds, [&] {
      const auto waits = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(n));
      for (std::size_t i = 0; i < n; ++i) {
        e->runs().wait_async(e.id_of(0), 100s,
                             [waits](const result<run_view>&) { waits->count_down(); });
      }
      REQUIRE(e->signal(e.id_of(0), "go"));
      waits->wait();
    });
  });
}

TEST_CASE("a poll of a worker costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    wide_engine e{task_flow("f", "w.step")};
    return growth::timed(process_seconds, [&] {
      const auto polls = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(n));
      for (std::size_t i = 0; i < n; ++i) {
        task_poll wanted;
        wanted.worker = "w" + std::to_string(i);
        wanted.functions = {"w.step"};
        wanted.wait = 30s;
        e->workers().poll_async(wanted, [polls](const result<std::vector<worker_task>>& tasks) {
          if (tasks && tasks->size() == 1) polls->count_down();
        });
      }
      e.start(n);
      polls->wait();
    });
  });
}

TEST_CASE("a watcher of a run costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    wide_engine e{waiting_flow()};
    e.start(n);
    return growth::timed(process_seconds, [&] {
      std::vector<std::shared_ptr<subscription>> watchers;
      watchers.reserve(n);
      for (std::size_t i = 0; i < n; ++i) watchers.push_back(e->events().watch(e.id_of(i)));
      e.for_each(n, [&](std::size_t i, auto done) {
        e->runs().signal_async(e.id_of(i), "go", json::object(), {},
                               [done](const auto& made) { done(bool{made}); });
      });
      for (const auto& each : watchers) CHECK(each->next(10s));
    });
  });
}

TEST_CASE("a version of a flow costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    wide_engine e{waiting_flow()};
    return growth::timed(process_seconds, [&] {
      e.for_each(n, [&](std::size_t i, auto done) {
        json flow = single("f", "signal", {{"name", "go" + std::to_string(i)}});
        flow["version"] = "2.0." + std::to_string(i);
        e->flows().put_async(flow, {}, [done](const auto& made) { done(bool{made}); });
      });
      REQUIRE(e->flows().get(flow_name{"f"}));
    });
  });
}
