#include "actors/loader.hpp"

#include <atomic>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::make_thread_loader;

TEST_CASE("a loader with one thread runs jobs in order, on a thread of its own", "[loader]") {
  const auto loader = make_thread_loader(1);
  std::vector<int> order;
  std::set<std::thread::id> threads;
  for (int i = 0; i < 100; ++i) {
    loader->post([&, i] {
      order.push_back(i);
      threads.insert(std::this_thread::get_id());
    });
  }
  loader->stop();
  REQUIRE(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(threads.size() == 1);
  CHECK_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST_CASE("a job that waits delays no other while a thread is free", "[loader]") {
  const auto loader = make_thread_loader(2);
  std::promise<void> second_ran;
  std::atomic<bool> first_saw_it{false};
  loader->post([&] {
    second_ran.get_future().wait();
    first_saw_it = true;
  });
  loader->post([&] { second_ran.set_value(); });
  loader->stop();
  CHECK(first_saw_it);
}

TEST_CASE("stop runs what was posted before and drops what comes later", "[loader]") {
  const auto loader = make_thread_loader(0);  // at least one thread
  std::atomic<int> ran{0};
  for (int i = 0; i < 1'000; ++i) loader->post([&] { ++ran; });
  loader->stop();
  CHECK(ran == 1'000);
  const auto held = std::make_shared<int>(1);
  loader->post([held, &ran] { ++ran; });
  CHECK(ran == 1'000);
  CHECK(held.use_count() == 1);
  loader->stop();
}

namespace {

/// Blocks the jobs that wait at it until it is opened.
class gate {
 public:
  void open() { opened_.set_value(); }
  void pass() const { open_.wait(); }

 private:
  std::promise<void> opened_;
  std::shared_future<void> open_ = opened_.get_future().share();
};

}  // namespace

TEST_CASE("checks leave a thread of the loader to other jobs", "[loader]") {
  gate over;
  const auto loader = make_thread_loader(3);
  std::atomic<int> checking{0}, most{0};
  for (int i = 0; i < 100; ++i) {
    loader->post_check("s", "f", [&] {
      const int now = ++checking;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      over.pass();
      --checking;
    });
  }
  std::promise<void> ran;
  loader->post([&] { ran.set_value(); });
  ran.get_future().wait();
  over.open();
  loader->stop();
  CHECK(checking == 0);
  CHECK(most <= 2);
}
