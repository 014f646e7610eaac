#include "tests/linear/audit.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::linear;
using enum pawl::run_status;

namespace {

/// A run that was started, received a signal, and was paused by call 3 while it was running.
run_history good_run() {
  run_history run;
  run.calls = {
      {1, 1, 1, {.what = verb::start}, 1, 2, true, {.status = running, .created = true}, 0},
      {2, 1, 1, {.what = verb::signal, .signal = 7}, 3, 4, true, {.status = running}, 0},
      {3, 1, 1, {.what = verb::pause, .if_status = running}, 5, 6, true, {.status = paused}, 0},
      {4, 2, 1, {.what = verb::pause, .if_status = running}, 7, 8, true, {.error = "conflict"}, 0},
      {5, 2, 1, {.what = verb::cancel}, 9, 20, false, {}, 0},
  };
  run.story = {{1, "run_created", 0, 0},
               {2, "signal_received", 0, 7},
               {2, "signal_claimed", 0, 7},
               {3, "run_pausing", 3, 0},
               {4, "run_paused", 0, 0}};
  return run;
}

/// The only contradiction of a run.
std::string only_finding(const run_history& run) {
  const auto all = audit(run);
  REQUIRE(all.size() == 1);
  return all[0];
}

bool begins(const std::string& text, const std::string& with) {
  return text.rfind(with, 0) == 0;
}

call get_of(std::uint64_t number, std::size_t from, std::uint64_t checkpoint, int note) {
  return {number,    3,        1,    {.what = verb::get},
          from,      from + 1, true, {.status = running, .data = shown_data{1, note, 0, {}}},
          checkpoint};
}

}  // namespace

TEST_CASE("a history that agrees with all answers has no findings", "[linear][audit]") {
  CHECK(audit({}).empty());
  CHECK(audit(good_run()).empty());
  auto run = good_run();
  run.story.push_back({5, "run_cancelled", 5, 0});  // the call without an answer
  CHECK(audit(run).empty());
}

TEST_CASE("a successful command that is not in the history is found", "[linear][audit]") {
  auto run = good_run();
  run.story.erase(run.story.begin() + 3);
  CHECK(begins(only_finding(run), "is in the run's history 0 times"));
  run = good_run();
  run.story.erase(run.story.begin() + 1, run.story.begin() + 3);
  CHECK(begins(only_finding(run), "the signal was received 0 times"));
  run = good_run();
  run.story.erase(run.story.begin());
  const auto all = audit(run);
  REQUIRE_FALSE(all.empty());
  CHECK(begins(all[0], "a start was answered, but the run does not exist"));
}

TEST_CASE("a refused command that is in the history is found", "[linear][audit]") {
  auto run = good_run();
  run.story.push_back({5, "run_pausing", 4, 0});
  const auto all = audit(run);
  REQUIRE(all.size() == 2);  // it also took effect in the wrong status
  CHECK(begins(all[0], "is in the run's history 1 times"));
  CHECK(begins(all[1], "took effect on a run that was paused"));
}

TEST_CASE("a second winner of a compare-and-set is found", "[linear][audit]") {
  auto run = good_run();
  run.calls[3].answer = {.status = paused};
  run.story.push_back({5, "run_pausing", 4, 0});
  CHECK(begins(only_finding(run), "took effect on a run that was paused"));
}

TEST_CASE("a signal that was received or claimed twice is found", "[linear][audit]") {
  auto run = good_run();
  run.story.push_back({5, "signal_received", 0, 7});
  CHECK(begins(only_finding(run), "the signal was received 2 times"));
  run = good_run();
  run.story.push_back({5, "signal_claimed", 0, 7});
  CHECK(begins(only_finding(run), "signals were received as [7] and were claimed as [7,7]"));
}

TEST_CASE("two starts that both created the run are found", "[linear][audit]") {
  auto run = good_run();
  auto again = run.calls[0];
  again.number = 9;
  run.calls.push_back(again);
  CHECK(begins(only_finding(run), "2 times a start returned"));
}

TEST_CASE("events that no call caused are found", "[linear][audit]") {
  auto run = good_run();
  run.story.push_back({5, "run_resumed", 77, 0});
  CHECK(begins(only_finding(run), "no call caused this event"));
  run = good_run();
  run.story.push_back({5, "signal_received", 0, 8});
  CHECK(begins(only_finding(run), "no call sent the signal 8"));
}

TEST_CASE("a history in another order than the answers is found", "[linear][audit]") {
  auto run = good_run();
  run.calls.push_back({6, 1, 1, {.what = verb::resume}, 10, 11, true, {.status = running}, 0});
  run.story.insert(run.story.begin() + 1, {2, "run_resumed", 6, 0});
  CHECK(begins(only_finding(run),
               "was answered before a call that is earlier in the history was made"));
}

TEST_CASE("a run that does not become idle is found", "[linear][audit]") {
  auto run = good_run();
  run.still_active = true;
  CHECK(begins(only_finding(run), "does not become idle"));
}

TEST_CASE("a stale get is found", "[linear][audit]") {
  auto run = good_run();
  run.calls.push_back(get_of(6, 10, 4, 0));
  run.calls.push_back(get_of(7, 12, 3, 0));
  CHECK(begins(only_finding(run), "saw checkpoint 3 after checkpoint 4 had been seen"));
  run.calls.back() = get_of(7, 12, 4, 1);
  CHECK(begins(only_finding(run), "saw checkpoint 4 differently"));
}
