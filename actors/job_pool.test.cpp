#include "actors/job_pool.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::job_pool;
using kind = job_pool::kind;

namespace {

/// A job that blocks its thread until it is told to end.
class blocking_job {
 public:
  job_pool::job run() {
    return [this] {
      begun_.set_value();
      open_.wait();
    };
  }
  void wait_until_begun() { begun_.get_future().wait(); }
  void end() { opened_.set_value(); }

 private:
  std::promise<void> begun_, opened_;
  std::shared_future<void> open_ = opened_.get_future().share();
};

}  // namespace

TEST_CASE("brief jobs run while long ones have all the threads that they may have", "[job_pool]") {
  job_pool pool{"test", 3};
  blocking_job first, second;
  std::atomic<bool> third{false};
  pool.post({kind::lengthy, "s", "a"}, first.run());
  pool.post({kind::lengthy, "t", "b"}, second.run());
  pool.post({kind::lengthy, "u", "c"}, [&] { third = true; });
  first.wait_until_begun();
  second.wait_until_begun();
  std::promise<void> ran;
  pool.post({kind::brief, "s", "a"}, [&] { ran.set_value(); });
  ran.get_future().wait();
  CHECK_FALSE(third);
  first.end();
  second.end();
  pool.stop();
  CHECK(third);
}

TEST_CASE("on the only thread of a pool, brief and long jobs take turns", "[job_pool]") {
  job_pool pool{"test", 1};
  blocking_job first;
  std::string order;
  pool.post({kind::brief, "s", "a"}, first.run());
  first.wait_until_begun();
  for (int i = 0; i < 4; ++i) {
    pool.post({kind::lengthy, "s", "a"}, [&] { order += 'l'; });
    pool.post({kind::brief, "s", "a"}, [&] { order += 'b'; });
  }
  first.end();
  pool.stop();
  CHECK(order == "lblblblb");
}

TEST_CASE("scopes take turns, and so do the groups of a scope", "[job_pool]") {
  job_pool pool{"test", 1};
  blocking_job first;
  std::string order;
  pool.post({kind::lengthy, "s", "a"}, first.run());
  first.wait_until_begun();
  for (int i = 0; i < 50; ++i) pool.post({kind::lengthy, "s", "a"}, [&] { order += 'a'; });
  for (int i = 0; i < 2; ++i) pool.post({kind::lengthy, "s", "b"}, [&] { order += 'b'; });
  for (int i = 0; i < 2; ++i) pool.post({kind::lengthy, "t", "a"}, [&] { order += 't'; });
  first.end();
  pool.stop();
  CHECK(order.size() == 54);
  CHECK(order.find_last_of('b') <= 6);
  CHECK(order.find_last_of('t') <= 4);
}

TEST_CASE("a job that is withdrawn while it waits leaves the queue", "[job_pool]") {
  job_pool pool{"test", 2};
  blocking_job first;
  pool.post({kind::lengthy, "s", "a"}, first.run());
  first.wait_until_begun();
  std::stop_source one, other;
  std::promise<void> withdrawn;
  bool ran = false, other_ran = false, other_withdrawn = false;
  pool.post({kind::lengthy, "s", "a"}, [&] { ran = true; },
            {one.get_token(), [&] { withdrawn.set_value(); }});
  pool.post({kind::lengthy, "s", "a"}, [&] { other_ran = true; },
            {other.get_token(), [&] { other_withdrawn = true; }});
  one.request_stop();
  withdrawn.get_future().wait();  // while the job before it is still under way
  first.end();
  pool.stop();
  other.request_stop();
  CHECK_FALSE(ran);
  CHECK(other_ran);
  CHECK_FALSE(other_withdrawn);
}

TEST_CASE("a job that is unfinished waits again behind those that came meanwhile", "[job_pool]") {
  job_pool pool{"test", 1};
  blocking_job first;
  std::string order;
  pool.post({kind::lengthy, "s", "a"}, first.run());
  first.wait_until_begun();
  int left = 3;
  pool.post_turns({kind::lengthy, "s", "a"}, [&] {
    order += 'x';
    return --left == 0 ? job_pool::progress::finished : job_pool::progress::unfinished;
  });
  for (int i = 0; i < 2; ++i) pool.post({kind::lengthy, "s", "a"}, [&] { order += 'a'; });
  pool.post({kind::lengthy, "s", "b"}, [&] { order += 'b'; });
  pool.post({kind::lengthy, "t", "a"}, [&] { order += 't'; });
  first.end();
  pool.stop();
  CHECK(order.size() == 7);
  CHECK(std::count(order.begin(), order.end(), 'x') == 3);
  CHECK(order.substr(order.size() - 2) == "xx");
}

TEST_CASE("a job that is withdrawn between two turns gets no further one", "[job_pool]") {
  job_pool pool{"test", 1};
  std::stop_source gone;
  int runs = 0, withdrawn = 0;
  pool.post_turns({kind::lengthy, "s", "a"},
                  [&] {
                    if (++runs == 3) gone.request_stop();
                    return job_pool::progress::unfinished;
                  },
                  {gone.get_token(), [&] { ++withdrawn; }});
  pool.stop();
  CHECK(runs == 3);
  CHECK(withdrawn == 1);
}

TEST_CASE("a job whose withdrawal was requested before does not run", "[job_pool]") {
  job_pool pool{"test", 1};
  std::stop_source gone;
  gone.request_stop();
  bool ran = false, withdrawn = false;
  pool.post({}, [&] { ran = true; }, {gone.get_token(), [&] { withdrawn = true; }});
  pool.stop();
  CHECK_FALSE(ran);
  CHECK(withdrawn);
}

TEST_CASE("each job that is withdrawn at any time is run or replaced, once", "[job_pool]") {
  constexpr std::size_t count = 5'000;
  std::vector<std::atomic<int>> ends(count);
  std::vector<std::stop_source> sources(count);
  job_pool pool{"test", 3};
  std::thread withdraws{[&] {
    for (auto& each : sources) each.request_stop();
  }};
  for (std::size_t i = 0; i < count; ++i) {
    const auto takes = i % 3 == 0 ? kind::lengthy : kind::brief;
    pool.post({takes, std::to_string(i % 7), "a"}, [&, i] { ++ends[i]; },
              {sources[i].get_token(), [&, i] { ++ends[i]; }});
  }
  withdraws.join();
  pool.stop();
  CHECK(std::all_of(ends.begin(), ends.end(), [](const auto& n) { return n == 1; }));
}

TEST_CASE("a job that is posted to a pool that has stopped is dropped", "[job_pool]") {
  job_pool pool{"test", 1};
  pool.stop();
  const auto held = std::make_shared<int>(1);
  std::stop_source gone;
  pool.post({}, [held] {}, {gone.get_token(), [held] {}});
  CHECK(held.use_count() == 1);
  gone.request_stop();
}
