#include "functions/http/transfer_loop.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "functions/http/test_client.hpp"
#include "functions/http/test_server.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;                   // NOLINT
using namespace pawl::functions;        // NOLINT
using namespace pawl::functions::http;  // NOLINT
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

const auto rules = std::make_shared<const policy>(loopback_policy());

request get_of(const std::string& address) {
  auto step = step_with({{"url", "http://" + address + "/"}});
  const step_observer observer;
  const call_context context{{step.run, "node", 1, 1, step.key, step.args}, observer, {}, {}};
  auto made = read_request(context, *rules);
  REQUIRE(made);
  return *std::move(made);
}

/// Sends a request through the loop. Returns the future of its response.
std::future<result<response>> send(transfer_loop& loop, const std::string& address,
                                   const std::stop_token& stop, steady::duration timeout = 1h) {
  const auto promise = std::make_shared<std::promise<result<response>>>();
  REQUIRE(loop.post([&loop, promise, what = get_of(address), stop, timeout] {
    loop.send(what, rules, default_scope(), steady::now() + timeout, stop,
              [promise](result<response> got) { promise->set_value(std::move(got)); });
  }));
  return promise->get_future();
}

result<response> get(std::future<result<response>>& from) {
  REQUIRE(from.wait_for(20s) == std::future_status::ready);
  return from.get();
}

/// Answers no request.
test_server::handler never() {
  return [](const test_request&, const test_connection& c) {
    c.wait_for_end();
    return std::string{};
  };
}

}  // namespace

TEST_CASE("while transfers hang the loop sleeps, and others are answered") {
  const test_server hangs{never()};
  const test_server answers{always(answer_with(200, "yes"))};
  REQUIRE(hangs.ready());
  REQUIRE(answers.ready());
  transfer_loop loop;
  std::stop_source stop;
  std::vector<std::future<result<response>>> hanging;
  for (int i = 0; i < 50; ++i) hanging.push_back(send(loop, hangs.address(), stop.get_token()));
  while (hangs.requests().size() < 50) std::this_thread::sleep_for(1ms);
  // libcurl has a few timers for each new connection; after that it waits for bytes only.
  const auto is_quiet = [&] {
    const auto before = loop.wake_ups();
    std::this_thread::sleep_for(200ms);
    return loop.wake_ups() == before;
  };
  bool quiet = is_quiet();
  for (int i = 0; i < 20 && !quiet; ++i) quiet = is_quiet();
  CHECK(quiet);
  for (int i = 0; i < 20; ++i) {
    auto answer = send(loop, answers.address(), {});
    const auto got = get(answer);
    REQUIRE(got);
    CHECK(got->body == "yes");
  }
  stop.request_stop();
  for (auto& each : hanging) {
    const auto got = get(each);
    REQUIRE_FALSE(got);
    CHECK(got.error().type == "cancelled");
  }
}

TEST_CASE("each transfer has its own time limit") {
  const test_server hangs{never()};
  transfer_loop loop;
  auto late = send(loop, hangs.address(), {}, 1h);
  auto second = send(loop, hangs.address(), {}, 60ms);
  auto first = send(loop, hangs.address(), {}, 10ms);
  CHECK(get(first).error().type == "timed_out");
  CHECK(get(second).error().type == "timed_out");
  CHECK(late.wait_for(0ms) == std::future_status::timeout);
}

TEST_CASE("a transfer whose stop was requested before it began ends at once") {
  const test_server hangs{never()};
  transfer_loop loop;
  std::stop_source stop;
  stop.request_stop();
  auto got = send(loop, hangs.address(), stop.get_token());
  CHECK(get(got).error().type == "cancelled");
}

TEST_CASE("the end of a loop ends its transfers, those that follow, and the tasks") {
  const test_server hangs{never()};
  std::vector<std::future<result<response>>> all;
  std::atomic<int> ended{0};
  {
    transfer_loop loop;
    for (int i = 0; i < 20; ++i) all.push_back(send(loop, hangs.address(), {}));
    REQUIRE(loop.post([&] {
      loop.send(get_of(hangs.address()), rules, default_scope(), steady::now() + 1h, {},
                [&](result<response>) {
                  ++ended;  // sends another one, as a redirect does
                  loop.send(get_of(hangs.address()), rules, default_scope(), steady::now() + 1h, {},
                            [&](result<response>) { ++ended; });
                });
    }));
  }
  CHECK(ended == 2);
  for (auto& each : all) CHECK(get(each).error().type == "cancelled");
}

TEST_CASE("a loop may be destroyed by its own thread") {
  const test_server answers{always(answer_with(200, "yes"))};
  auto loop = std::make_shared<transfer_loop>();
  auto* const of = loop.get();
  std::promise<int> status;
  REQUIRE(of->post([&, last = loop]() mutable {
    of->send(get_of(answers.address()), rules, default_scope(), steady::now() + 1h, {},
             [&status, own = std::move(last)](result<response> got) mutable {
               own.reset();
               status.set_value(got ? got->status : 0);
             });
  }));
  loop.reset();
  CHECK(status.get_future().get() == 200);
}

TEST_CASE("a loop that is not used starts no thread") {
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/task"},
                         std::filesystem::directory_iterator{});
  };
  const auto before = threads();
  const transfer_loop loop;
  CHECK(threads() == before);
}

TEST_CASE("random transfers and stops are each answered once") {
  const test_server answers{always(answer_with(200, "yes"))};
  transfer_loop loop;
  std::vector<std::pair<std::stop_source, std::future<result<response>>>> all;
  for (int i = 0; i < 300; ++i) {
    std::stop_source stop;
    auto got = send(loop, answers.address(), stop.get_token(), i % 7 == 0 ? 1ms : 20s);
    all.emplace_back(std::move(stop), std::move(got));
    if (i % 3 == 0) all[static_cast<std::size_t>(i / 2)].first.request_stop();
  }
  int good = 0;
  for (auto& [stop, answer] : all) {
    const auto got = get(answer);  // a second answer would throw
    if (got) ++good;
    if (!got) CHECK((got.error().type == "cancelled" || got.error().type == "timed_out"));
  }
  CHECK(good > 0);
}

TEST_CASE("large bodies that have no room wait, and are complete in the end") {
  const std::string body(1'000'000, 'x');
  const test_server answers{always(answer_with(200, body))};
  const test_server small{always(answer_with(200, "yes"))};
  // A large body of the default `max_bytes`, 4 MB, takes a quarter of this.
  transfer_loop loop{4u << 20};
  std::vector<std::future<result<response>>> all;
  for (int i = 0; i < 20; ++i) all.push_back(send(loop, answers.address(), {}));
  auto quick = send(loop, small.address(), {});
  CHECK(get(quick));
  for (auto& each : all) {
    const auto got = get(each);
    REQUIRE(got);
    CHECK(got->body == body);
  }
}

TEST_CASE("transfers whose bodies hang leave memory to another scope, and give it back") {
  body_budget budget{100};
  std::vector<std::unique_ptr<body_budget::share>> mine;
  int owner = 0;
  for (int i = 0; i < 5; ++i) {
    mine.push_back(std::make_unique<body_budget::share>(budget, "mine", 20, &owner));
    CHECK(mine.back()->take() == (i < 3));
  }
  int other_owner = 0;
  auto other = std::make_unique<body_budget::share>(budget, "other", 1'000, &other_owner);
  CHECK(other->take());  // at most a quarter each
  CHECK(budget.used() == 85);
  CHECK(budget.next() == nullptr);
  mine[0].reset();
  mine[3].reset();  // does not wait any more
  CHECK(budget.next() == &owner);
  CHECK(budget.next() == nullptr);
  other.reset();
  mine.clear();
  CHECK(budget.used() == 0);
}
