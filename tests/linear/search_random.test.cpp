// Compares the search with an exhaustive one on small random histories.

#include <algorithm>
#include <cstdlib>
#include <random>

#include "tests/linear/search.hpp"
#include "tests/support/catch.hpp"

using namespace pawl::linear;
using pawl::run_status;

namespace {

/// Tries every order.
bool some_order_explains(const std::vector<call>& calls, std::vector<bool> ordered,
                         const run_model& run) {
  const auto all = [&](auto holds) {
    for (std::size_t i = 0; i < calls.size(); ++i)
      if (!holds(calls[i], ordered[i])) return false;
    return true;
  };
  if (all([](const call& c, bool is_ordered) { return is_ordered || !c.known; })) return true;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const call& next = calls[i];
    const bool in_time = all([&](const call& c, bool is_ordered) {
      return is_ordered ? c.called < next.answered : !c.known || next.called <= c.answered;
    });
    if (ordered[i] || !in_time) continue;
    run_model after = run;
    if (after.perform(next.what) != next.answer && next.known) continue;
    ordered[i] = true;
    if (some_order_explains(calls, ordered, after)) return true;
    ordered[i] = false;
  }
  run_model moved = run;
  return moved.move() && some_order_explains(calls, ordered, moved);
}

class generator {
 public:
  explicit generator(std::uint64_t seed) : random_(seed) {}

  /// A few overlapping calls, with the answers of a run that performed them at random times. The
  /// process may die at some position.
  std::vector<call> history() {
    const std::size_t count = 2 + draw(5);
    std::vector<std::size_t> ends(2 * count);
    for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = i / 2;
    // Swaps only adjacent ends, so that a call overlaps with some others, but not with all.
    for (std::size_t i = 0; i < 2 * ends.size(); ++i) {
      const std::size_t at = draw(ends.size() - 1);
      std::swap(ends[at], ends[at + 1]);
    }
    std::vector<call> calls(count);
    for (std::size_t i = 0; i < count; ++i) {
      calls[i].number = i + 1;
      calls[i].what = any_operation();
      calls[i].known = true;
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
      call& c = calls[ends[i]];
      (c.called == 0 ? c.called : c.answered) = 10 * (i + 1);
    }
    const std::size_t death = draw(2) == 0 ? 0 : 10 * (1 + draw(ends.size())) + 5;
    for (auto& c : calls) {
      if (c.called > death || c.answered < death) continue;
      c.answered = death;
      c.known = false;
    }
    answer(calls);
    return calls;
  }

  /// Replaces one answer by one that another run could give.
  void falsify(std::vector<call>& calls) {
    call& c = calls[draw(calls.size())];
    run_model other;
    other.perform({.what = verb::start, .input = 1});
    for (std::size_t i = draw(6); i > 0; --i) {
      if (draw(3) == 0) other.move();
      other.perform(any_operation());
    }
    c.answer = other.perform(c.what);
  }

 private:
  std::size_t draw(std::size_t below) { return random_() % below; }

  operation any_operation() {
    operation what;
    what.what = static_cast<verb>(draw(6));
    if (what.what == verb::start) what.input = 1;
    if (what.what == verb::signal) what.signal = 1 + static_cast<int>(draw(3));
    if (what.what == verb::resume && draw(3) == 0) what.note = 1 + static_cast<int>(draw(2));
    const bool can_expect =
        what.what == verb::pause || what.what == verb::resume || what.what == verb::cancel;
    if (can_expect && draw(2) == 0)
      what.if_status = draw(2) == 0 ? run_status::running : run_status::paused;
    return what;
  }

  void answer(std::vector<call>& calls) {
    std::vector<std::pair<std::size_t, call*>> times;
    for (auto& c : calls) times.emplace_back(c.called + draw(c.answered - c.called), &c);
    std::sort(times.begin(), times.end());
    run_model run;
    if (draw(4) != 0) run.perform({.what = verb::start, .input = 1});
    const bool was_started = run.exists;
    for (auto& [time, c] : times) {
      if (draw(2) == 0) run.move();
      if (c->known || draw(2) == 0) c->answer = run.perform(c->what);
    }
    if (!was_started) return;
    calls.insert(calls.begin(), call{99,
                                     1,
                                     1,
                                     {.what = verb::start, .input = 1},
                                     1,
                                     2,
                                     true,
                                     {.status = run_status::running, .created = true},
                                     0});
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("the search agrees with an exhaustive one", "[linear][search]") {
  const char* const given = std::getenv("PAWL_TEST_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  CAPTURE(seed);
  generator made{seed};
  int linearizable = 0, refuted = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto calls = made.history();
    std::string text;
    for (const auto& c : calls) text += to_text(c) + "\n";
    CAPTURE(i, text);
    if (check_linearizable(calls) != search_result::linearizable)
      FAIL("a real history was rejected");
    made.falsify(calls);
    const bool explained = some_order_explains(calls, std::vector<bool>(calls.size()), {});
    ++(explained ? linearizable : refuted);
    if (explained != (check_linearizable(calls) == search_result::linearizable)) {
      for (const auto& c : calls) text += "false: " + to_text(c) + "\n";
      FAIL((explained ? "an order explains this\n" : "no order explains this\n") << text);
    }
    if (!explained && i % 16 == 0) CHECK_FALSE(refute(calls).calls.empty());
  }
  CHECK(linearizable > 1'000);
  CHECK(refuted > 1'000);
}
