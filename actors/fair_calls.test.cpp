// Which of the calls that wait begins next, and which threads they may use.
#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "actors/executor_fixture.hpp"

using namespace pawl;                          // NOLINT
using namespace pawl::actors;                  // NOLINT
using namespace pawl::actors::executor_tests;  // NOLINT

namespace {

/// What has begun, in order.
class begun_list {
 public:
  functions::function_ptr adds(std::string name) {
    return function_of([this, name = std::move(name)] {
      const std::lock_guard lock{mutex_};
      all_.push_back(name);
    });
  }
  std::size_t place_of(const std::string& name) {
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(std::find(all_.begin(), all_.end(), name) - all_.begin());
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> all_;
};

}  // namespace

TEST_CASE("a call of another flow begins next, however many calls of one flow wait") {
  const auto executor = make_thread_executor(options_with(1));
  const auto door = std::make_shared<gate>();
  begun_list begun;
  auto running = submit(*executor, asked{blocked_at(door)}.in("s", "busy"));
  door->await_arrivals(1);
  std::vector<std::future<outcome>> answers;
  for (int i = 0; i < 1'000; ++i)
    answers.push_back(submit(*executor, asked{begun.adds("busy")}.in("s", "busy")));
  answers.push_back(submit(*executor, asked{begun.adds("other")}.in("s", "other")));
  door->open();
  for (auto& answer : answers) CHECK(get(answer).value);
  CHECK(begun.place_of("other") <= 1);
  get(running);
}

TEST_CASE("functions of one scope that hang on all threads do not stop another scope") {
  for (const std::uint32_t threads : {1u, 4u}) {
    CAPTURE(threads);
    const auto executor = make_thread_executor(options_with(threads));
    const auto door = std::make_shared<gate>();
    std::vector<std::future<outcome>> hanging;
    for (int i = 0; i < 1'000; ++i)
      hanging.push_back(submit(*executor, asked{blocked_at(door)}.in("mine")));
    door->await_arrivals(static_cast<int>(threads));
    for (int i = 0; i < 20; ++i) {
      auto other = submit(*executor, asked{function_of([] { return 1; })}.in("other"));
      CHECK(*get(other).value == 1);
    }
    // It gets no more than what is configured, although there was a thread for the other one.
    CHECK(executor->current_load().running == threads);
    CHECK(executor->current_load().queued == 1'000 - threads);
    door->open();
    for (auto& answer : hanging) CHECK(get(answer).value);
  }
}

TEST_CASE("two calls of one step do not overlap, even if both had to wait") {
  const auto executor = make_thread_executor(options_with(2));
  const auto door = std::make_shared<gate>();
  auto first_door = submit(*executor, asked{blocked_at(door)});
  auto second_door = submit(*executor, asked{blocked_at(door)});
  door->await_arrivals(2);
  std::atomic<int> inside{0};
  std::atomic<bool> overlap{false};
  const auto step = function_of([&] {
    if (++inside > 1) overlap = true;
    std::this_thread::sleep_for(1ms);
    --inside;
  });
  std::vector<std::future<outcome>> answers;
  for (int i = 0; i < 4; ++i) {
    asked a{step};
    a.call.idempotency_key = "one step";
    answers.push_back(submit(*executor, std::move(a)));
  }
  door->open();
  for (auto& answer : answers) CHECK(get(answer).value);
  CHECK_FALSE(overlap);
  get(first_door);
  get(second_door);
}
