#include "tests/linear/search.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::linear;
using enum pawl::run_status;

namespace {

/// Builds a history. For a call without an answer, `to` is the end of the process.
class made {
 public:
  made& answered(std::size_t from, std::size_t to, operation what, outcome answer) {
    calls.push_back({calls.size() + 1, 1, 1, what, from, to, true, std::move(answer), 0});
    return *this;
  }
  made& open(std::size_t from, std::size_t to, operation what) {
    calls.push_back({calls.size() + 1, 1, 1, what, from, to, false, {}, 0});
    return *this;
  }
  [[nodiscard]] bool is_linearizable() const {
    const auto found = check_linearizable(calls);
    CHECK(found != search_result::undecided);
    return found == search_result::linearizable;
  }

  std::vector<call> calls;
};

const operation start{.what = verb::start, .input = 1};
const operation get{.what = verb::get};
const operation pause_it{.what = verb::pause};
const operation cancel{.what = verb::cancel};
const operation cancel_if_running{.what = verb::cancel, .if_status = running};
const outcome created{.status = running, .created = true};
const outcome cancelled_now{.status = cancelled, .before = running};
const outcome paused_now{.status = paused, .before = running};
const outcome resumed_now{.status = running, .before = paused};
const outcome taken{.status = running, .before = running};
const outcome illegal{.error = "illegal_transition"};
const outcome conflict{.error = "conflict"};
const outcome not_found{.error = "not_found"};

operation signal_of(int id) {
  return {.what = verb::signal, .signal = id};
}
operation resume(int note = 0) {
  return {.what = verb::resume, .note = note};
}
outcome seen(pawl::run_status status, int steps = 0, std::vector<int> claimed = {}, int note = 0) {
  return {.status = status, .data = shown_data{1, note, steps, std::move(claimed)}};
}

/// A run that was started between 1 and 2.
made run() {
  return made{}.answered(1, 2, start, created);
}

}  // namespace

TEST_CASE("a sequential history must agree with the model", "[linear][search]") {
  CHECK(made{}.is_linearizable());
  CHECK(run().answered(3, 4, get, seen(running)).is_linearizable());
  CHECK_FALSE(run().answered(3, 4, get, seen(paused)).is_linearizable());
  CHECK(run()
            .answered(3, 4, pause_it, paused_now)
            .answered(5, 6, get, seen(paused))
            .is_linearizable());
}

TEST_CASE("overlapping calls take effect in either order", "[linear][search]") {
  CHECK(run()
            .answered(3, 6, get, seen(running))
            .answered(4, 5, pause_it, paused_now)
            .is_linearizable());
  CHECK(run()
            .answered(3, 6, get, seen(paused))
            .answered(4, 5, pause_it, paused_now)
            .is_linearizable());
  CHECK(made{}.answered(1, 4, get, not_found).answered(2, 3, start, created).is_linearizable());
}

TEST_CASE("a task may return at any time after it started", "[linear][search]") {
  const auto with_signal = [] { return run().answered(3, 4, signal_of(7), taken); };
  CHECK(with_signal().answered(5, 6, get, seen(running, 0, {7})).is_linearizable());
  CHECK(with_signal().answered(5, 6, get, seen(running, 1, {7})).is_linearizable());
  CHECK_FALSE(with_signal().answered(5, 6, get, seen(running, 2, {7})).is_linearizable());
  CHECK_FALSE(with_signal().answered(5, 6, get, seen(running, 0)).is_linearizable());
  CHECK_FALSE(with_signal()
                  .answered(5, 6, get, seen(running, 1, {7}))
                  .answered(7, 8, get, seen(running, 0, {7}))
                  .is_linearizable());
}

TEST_CASE("a pause that waits for a task needs no further command", "[linear][search]") {
  const outcome pausing{.status = running, .before = running, .pausing = true};
  const auto begun = [&] {
    return run().answered(3, 4, signal_of(7), taken).answered(5, 6, pause_it, pausing);
  };
  CHECK(begun().answered(7, 8, get, seen(paused, 1, {7})).is_linearizable());
  CHECK_FALSE(begun().answered(7, 8, get, seen(running, 1, {7})).is_linearizable());
  CHECK_FALSE(run().answered(3, 4, pause_it, pausing).is_linearizable());
}

TEST_CASE("an acknowledged effect that a kill undid is rejected", "[linear][search]") {
  // The process dies at 10. From 11 on there is another one.
  CHECK_FALSE(run()
                  .answered(3, 4, pause_it, paused_now)
                  .answered(11, 12, get, seen(running))
                  .is_linearizable());
  CHECK_FALSE(
      made{}.answered(1, 2, start, created).answered(11, 12, get, not_found).is_linearizable());
  CHECK_FALSE(run()
                  .answered(3, 4, signal_of(7), taken)
                  .answered(11, 12, signal_of(8), taken)
                  .answered(13, 14, get, seen(running, 1, {8}))
                  .is_linearizable());
  CHECK_FALSE(run()
                  .answered(3, 4, pause_it, paused_now)
                  .answered(5, 6, resume(3), resumed_now)
                  .answered(11, 12, get, seen(running))
                  .is_linearizable());
}

TEST_CASE("a call that a kill left open took effect before the kill or never", "[linear][search]") {
  const auto killed = [] { return run().open(3, 10, cancel); };
  CHECK(killed().answered(11, 12, get, seen(running)).is_linearizable());
  CHECK(killed().answered(11, 12, get, seen(cancelled)).is_linearizable());
  CHECK_FALSE(killed()
                  .answered(11, 12, get, seen(running))
                  .answered(13, 14, get, seen(cancelled))
                  .is_linearizable());
  CHECK_FALSE(run().answered(3, 4, get, seen(cancelled)).open(5, 10, cancel).is_linearizable());
}

TEST_CASE("open calls of one life may have taken effect in any order", "[linear][search]") {
  const auto killed = [] { return run().open(3, 10, signal_of(7)).open(4, 10, signal_of(8)); };
  CHECK(killed().answered(11, 12, get, seen(running, 1, {8})).is_linearizable());
  CHECK(killed().answered(11, 12, get, seen(running, 1, {7, 8})).is_linearizable());
  CHECK(killed().answered(11, 12, get, seen(running, 1, {8, 7})).is_linearizable());
  CHECK_FALSE(killed()
                  .answered(11, 12, get, seen(running, 1, {7}))
                  .answered(13, 14, get, seen(running, 1, {7, 8}))
                  .answered(15, 16, get, seen(running, 1, {7}))
                  .is_linearizable());
}

TEST_CASE("a read that fits at once must not hide an open call", "[linear][search]") {
  // The signal was received while the run was paused, where no read shows it, and is claimed later.
  CHECK(run()
            .answered(2, 3, pause_it, paused_now)
            .open(4, 10, signal_of(7))
            .answered(11, 12, get, seen(paused))
            .answered(13, 14, resume(), resumed_now)
            .answered(15, 16, get, seen(running, 0, {7}))
            .is_linearizable());
}

TEST_CASE("two winners of one compare-and-set are rejected", "[linear][search]") {
  const auto both = [](const outcome& second) {
    return run()
        .answered(3, 6, cancel_if_running, cancelled_now)
        .answered(4, 5, cancel_if_running, second);
  };
  CHECK(both(conflict).is_linearizable());
  CHECK_FALSE(both(cancelled_now).is_linearizable());
  CHECK_FALSE(run()
                  .answered(3, 6, cancel_if_running, conflict)
                  .answered(4, 5, cancel_if_running, conflict)
                  .is_linearizable());
}

TEST_CASE("two starts that both created the run are rejected", "[linear][search]") {
  CHECK_FALSE(
      made{}.answered(1, 4, start, created).answered(2, 3, start, created).is_linearizable());
}

TEST_CASE("a stale read is rejected", "[linear][search]") {
  CHECK_FALSE(run()
                  .answered(3, 4, pause_it, paused_now)
                  .answered(5, 6, get, seen(running))
                  .is_linearizable());
  CHECK_FALSE(run()
                  .answered(3, 10, pause_it, paused_now)
                  .answered(4, 5, get, seen(paused))
                  .answered(6, 7, get, seen(running))
                  .is_linearizable());
}

TEST_CASE("a signal that a cancelled run accepted is rejected", "[linear][search]") {
  const auto cancelled_run = [] { return run().answered(3, 6, cancel, cancelled_now); };
  const outcome accepted_when_cancelled{.status = cancelled, .before = cancelled};
  CHECK(cancelled_run().answered(4, 5, signal_of(7), taken).is_linearizable());
  CHECK(cancelled_run().answered(7, 8, signal_of(7), illegal).is_linearizable());
  CHECK_FALSE(cancelled_run().answered(7, 8, signal_of(7), taken).is_linearizable());
  CHECK_FALSE(
      cancelled_run().answered(7, 8, signal_of(7), accepted_when_cancelled).is_linearizable());
}

TEST_CASE("a signal that is claimed twice is rejected", "[linear][search]") {
  CHECK_FALSE(run()
                  .answered(3, 4, signal_of(7), taken)
                  .answered(5, 6, signal_of(7), taken)
                  .answered(7, 8, get, seen(running, 1, {7, 7}))
                  .is_linearizable());
}

TEST_CASE("a command that was refused without reason is rejected", "[linear][search]") {
  CHECK_FALSE(run().answered(3, 4, pause_it, illegal).is_linearizable());
  CHECK_FALSE(run().answered(3, 4, cancel_if_running, conflict).is_linearizable());
}

TEST_CASE("concurrent signals in unknown order are checked fast", "[linear][search]") {
  made many = run().answered(2, 3, pause_it, paused_now);
  const outcome kept{.status = paused, .before = paused};
  for (std::size_t i = 0; i < 12; ++i) many.answered(4 + i, 50 + i, signal_of(int(i)), kept);
  many.answered(101, 102, get, seen(paused));
  CHECK(check_linearizable(many.calls, 10'000) == search_result::linearizable);
  many.answered(103, 104, resume(), resumed_now);
  many.answered(105, 106, get, seen(running, 0, {5}));
  CHECK(check_linearizable(many.calls, 10'000) == search_result::linearizable);
  many.answered(107, 108, signal_of(50), taken).answered(109, 110, get, seen(running, 5, {50}));
  CHECK(check_linearizable(many.calls, 10'000) == search_result::not_linearizable);
}

TEST_CASE("a search that exceeds its limit is undecided", "[linear][search]") {
  made many = run();
  for (std::size_t i = 0; i < 12; ++i) many.open(3 + i, 100, signal_of(int(i)));
  many.answered(101, 102, get, seen(running, 9, {1}));
  CHECK(check_linearizable(many.calls, 100) == search_result::undecided);
}

TEST_CASE("a refutation is the shortest prefix with only the calls it needs", "[linear][search]") {
  made history = run();
  history.answered(3, 4, get, seen(running))
      .answered(5, 8, pause_it, paused_now)
      .answered(6, 7, get, seen(paused))
      .answered(9, 10, cancel_if_running, conflict)
      .answered(11, 12, get, seen(running))  // wrong
      .answered(13, 14, get, seen(cancelled));
  const auto why = refute(history.calls);
  CHECK(why.last.number == 6);
  REQUIRE(why.calls.size() == 3);  // the start, the pause, and the last
  CHECK(why.calls[0].number == 1);
  CHECK(why.calls[1].number == 3);
  REQUIRE(why.instead.size() == 1);
  CHECK(why.instead[0].find("paused before signal 1") == 0);
  CHECK(to_text(why).find("#6: get -> running") != std::string::npos);
}
