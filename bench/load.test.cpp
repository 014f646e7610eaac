#include "bench/load.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "bench/failure.hpp"
#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using pawl::bench::done;
using pawl::bench::load_limits;

namespace {

/// Ends operations on a thread of its own, in order. Each takes no time, except that the server
/// stalls once for a given time, after a given number of operations.
class server {
 public:
  server(std::size_t stalls_after, std::chrono::milliseconds stall)
      : thread_{[=, this] { serve(stalls_after, stall); }} {}
  ~server() {
    {
      const std::lock_guard lock{mutex_};
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void take(done ended) {
    {
      const std::lock_guard lock{mutex_};
      queue_.push_back(std::move(ended));
      most_ = std::max(most_, ++in_flight_);
    }
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t most_in_flight() {
    const std::lock_guard lock{mutex_};
    return most_;
  }

 private:
  void serve(std::size_t stalls_after, std::chrono::milliseconds stall) {
    std::unique_lock lock{mutex_};
    for (std::size_t i = 0;; ++i) {
      changed_.wait(lock, [&] { return ended_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const done next = std::move(queue_.front());
      queue_.pop_front();
      --in_flight_;
      lock.unlock();
      if (i == stalls_after) std::this_thread::sleep_for(stall);
      next("");
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<done> queue_;
  std::size_t in_flight_ = 0, most_ = 0;
  bool ended_ = false;
  std::thread thread_;
};

constexpr std::size_t never = static_cast<std::size_t>(-1);

}  // namespace

TEST_CASE("a stall of the server is in the p90 of the open loop, not of the closed one", "[load]") {
  // The stall takes at least half of the time, so at least a quarter of the requests that are due
  // in that time wait for half of the stall.
  server stalling{20, 500ms};
  const auto op = [&](done ended) { stalling.take(std::move(ended)); };
  const auto open = pawl::bench::open_loop(op, 1'000, {.in_flight = 4, .length = 1s});
  CHECK(open.ended + open.unsent == 1'000);
  CHECK(open.latency_ns.count() == 1'000);
  CHECK(open.latency_ns.quantile(0.9) > 200'000'000);

  server again{20, 500ms};
  const auto repeated = [&](done ended) { again.take(std::move(ended)); };
  const auto closed = pawl::bench::closed_loop(repeated, {.in_flight = 1, .length = 1s});
  CHECK(closed.latency_ns.max() > 400'000'000);
  CHECK(closed.latency_ns.quantile(0.9) < open.latency_ns.quantile(0.9));
}

TEST_CASE("what an open loop could not begin counts with the time that it has waited", "[load]") {
  server stalling{0, 600ms};
  const auto op = [&](done ended) { stalling.take(std::move(ended)); };
  const auto seen = pawl::bench::open_loop(op, 1'000, {.in_flight = 1, .length = 200ms});
  CHECK(seen.ended == 1);
  CHECK(seen.unsent == 199);
  CHECK(seen.latency_ns.count() == 200);
  CHECK(seen.latency_ns.quantile(0.5) > 150'000'000);
}

TEST_CASE("no loop has more operations in flight than allowed", "[load]") {
  server good{never, 0ms};
  const auto op = [&](done ended) { good.take(std::move(ended)); };
  const auto closed = pawl::bench::closed_loop(op, {.in_flight = 7, .length = 100ms});
  CHECK(closed.ended > 7);
  CHECK(closed.latency_ns.count() == closed.ended);
  CHECK(good.most_in_flight() <= 7);
  std::atomic<std::size_t> sum{0};
  const auto counted = pawl::bench::all_of(100,
                                           [&](std::size_t i, done ended) {
                                             sum += i;
                                             good.take(std::move(ended));
                                           },
                                           {.in_flight = 7});
  CHECK(counted.ended == 100);
  CHECK(sum == 4'950);
  CHECK(good.most_in_flight() <= 7);
}

TEST_CASE("a failed operation ends a loop with its text", "[load]") {
  const auto fails = [](const done& ended) { ended("the disk is full"); };
  const load_limits limits{.in_flight = 4, .length = 10s};
  const auto text_of = [](const auto& loop) -> std::string {
    try {
      static_cast<void>(loop());
    } catch (const pawl::bench::failure& why) {
      return why.what();
    }
    return "none";
  };
  CHECK(text_of([&] { return pawl::bench::closed_loop(fails, limits); }) == "the disk is full");
  CHECK(text_of([&] { return pawl::bench::open_loop(fails, 100, limits); }) == "the disk is full");
  const auto numbered = [&](std::size_t, const done& ended) { fails(ended); };
  CHECK(text_of([&] { return pawl::bench::all_of(9, numbered, limits); }) == "the disk is full");
}

TEST_CASE("a stop ends a loop early", "[load]") {
  server good{never, 0ms};
  std::atomic<std::size_t> begun{0};
  const auto op = [&](done ended) {
    ++begun;
    good.take(std::move(ended));
  };
  const load_limits limits{.in_flight = 2, .length = 1h, .stopped = [&] { return begun >= 50; }};
  CHECK(pawl::bench::closed_loop(op, limits).ended >= 50);
  CHECK(pawl::bench::open_loop(op, 10'000, limits).ended <= 50);
}
