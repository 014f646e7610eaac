#include <atomic>
#include <random>
#include <stdexcept>
#include <vector>

#include "actors/executor_fixture.hpp"
#include "actors/thread_executor.hpp"

using namespace pawl;                          // NOLINT
using namespace pawl::actors;                  // NOLINT
using namespace pawl::actors::executor_tests;  // NOLINT

namespace {

/// Counts the calls inside a function, however they end.
struct entered {
  explicit entered(std::atomic<std::uint32_t>& count) : inside(count), number(++count) {}
  ~entered() { --inside; }
  std::atomic<std::uint32_t>& inside;
  const std::uint32_t number;
};

/// Submits random calls and counts their answers.
struct hammer {
  explicit hammer(std::uint32_t seed) : random(seed) {
    auto options = options_with(4);
    options.max_stuck = 100;
    options.grace = 2ms;
    executor = make_thread_executor(options);
    for (std::uint32_t limit : {0u, 0u, 1u, 2u, 3u}) {
      auto& inside = insides.emplace_back(std::make_shared<std::atomic<std::uint32_t>>(0));
      all.push_back(function_of(
          [this, inside, limit](step_context& step) {
            const entered here{*inside};
            if (here.number > limit && limit > 0) ++over_limit;
            work(step);
          },
          limit));
    }
  }

  std::uint32_t below(std::uint32_t n) { return std::uniform_int_distribution{0u, n - 1}(random); }

  /// Some functions watch their stop token, some ignore it.
  static void work(step_context& step) {
    const std::chrono::microseconds time{step.args().at("us").get<int>()};
    if (step.args().at("deaf").get<bool>())
      std::this_thread::sleep_for(time);
    else
      step.sleep_for(std::chrono::ceil<std::chrono::milliseconds>(time));
    if (step.args().at("throws").get<bool>()) throw std::runtime_error{"as planned"};
  }

  void submit_one() {
    asked a{all[below(static_cast<std::uint32_t>(all.size()))]};
    a.call.args = {{"us", below(20) == 0 ? 6'000 : below(300)},
                   {"deaf", below(2) == 0},
                   {"throws", below(5) == 0}};
    if (below(2) == 0) a.call.timeout = std::chrono::milliseconds{1 + below(3)};
    const auto count = answers.emplace_back(std::make_shared<std::atomic<int>>(0));
    a.call.done = [this, count](outcome) {
      ++*count;
      ++answered;
    };
    const auto taken = executor->submit(std::move(a.call));
    REQUIRE(taken);
    ids.push_back(*taken);
    if (executor->current_load().queued > 200) std::this_thread::sleep_for(200us);
  }

  std::mt19937 random;
  std::vector<std::shared_ptr<std::atomic<std::uint32_t>>> insides;
  std::vector<functions::function_ptr> all;
  std::vector<std::shared_ptr<std::atomic<int>>> answers;
  std::vector<invocation_id> ids;
  std::atomic<int> over_limit{0};
  std::atomic<std::size_t> answered{0};
  std::unique_ptr<actors::executor> executor;
};

}  // namespace

TEST_CASE("under random calls, time-outs and cancels each call is answered exactly once") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  auto h = std::make_unique<hammer>(seed);
  const auto until = steady::now() + 5s;
  while (h->answers.size() < 3'000 && steady::now() < until) {
    h->submit_one();
    if (h->below(4) == 0 && !h->ids.empty())
      h->executor->cancel(h->ids[h->below(static_cast<std::uint32_t>(h->ids.size()))]);
    if (h->below(20) == 0 && !h->ids.empty()) h->executor->cancel(h->ids.back());
  }
  if (h->below(2) == 0) CHECK(becomes([&] { return h->answered == h->answers.size(); }));
  h->executor->stop(std::chrono::milliseconds{h->below(20)});
  CHECK(h->answered == h->answers.size());
  for (const auto& count : h->answers) CHECK(*count == 1);
  CHECK(h->over_limit == 0);
  // Deaf functions may still run on abandoned threads; they end before the test does.
  CHECK(becomes([&] { return h->executor->current_load().stuck == 0; }));
}
