#include "actors/event_hub.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::event_hub;

namespace {

run_key run_of(const std::string& scope, const std::string& id) {
  return {scope_name{scope}, run_id{id}};
}

live_event event_of(const run_key& run, std::uint64_t checkpoint, const std::string& kind = "x") {
  live_event made;
  made.run = run;
  made.what.checkpoint = checkpoint;
  made.what.kind = kind;
  return made;
}

std::size_t count(subscription& of) {
  std::size_t events = 0;
  while (of.try_next()) ++events;
  return events;
}

}  // namespace

TEST_CASE("subscribers of a run, a scope or all steps receive those events only", "[hub]") {
  event_hub hub;
  const auto run = hub.subscribe(run_of("a", "1"), 10), other = hub.subscribe(run_of("a", "2"), 10);
  const auto scope = hub.subscribe(run_of("a", ""), 10), steps = hub.subscribe({}, 10);
  hub.publish(event_of(run_of("a", "1"), 7));
  hub.publish(event_of(run_of("a", "1"), 0, "step_log"));
  hub.publish(event_of(run_of("b", "1"), 7));
  hub.publish(event_of(run_of("b", "1"), 0, "step_log"));
  CHECK(count(*run) == 2);
  CHECK(count(*other) == 0);
  CHECK(count(*scope) == 2);
  CHECK(count(*steps) == 2);
}

TEST_CASE("a run is watched by subscribers of the run and of its scope", "[hub]") {
  event_hub hub;
  CHECK_FALSE(hub.is_watched(run_of("a", "1")));
  const auto steps = hub.subscribe({}, 10);
  CHECK(hub.has_subscribers());
  CHECK_FALSE(hub.is_watched(run_of("a", "1")));
  const auto run = hub.subscribe(run_of("a", "1"), 10);
  CHECK(hub.is_watched(run_of("a", "1")));
  CHECK_FALSE(hub.is_watched(run_of("a", "2")));
  CHECK_FALSE(hub.is_watched(run_of("b", "1")));
  const auto scope = hub.subscribe(run_of("b", ""), 10);
  CHECK(hub.is_watched(run_of("b", "1")));
  hub.close();
  CHECK(scope->ended());
  CHECK_FALSE(hub.is_watched(run_of("b", "1")));
}

TEST_CASE("ended subscriptions are removed while others are used", "[hub]") {
  event_hub hub;
  for (int i = 0; i < 10'000; ++i)
    static_cast<void>(hub.subscribe(run_of("a", std::to_string(i)), 1));
  const auto slow = hub.subscribe(run_of("a", "slow"), 1);
  for (int i = 0; i < 2; ++i) hub.publish(event_of(run_of("a", "slow"), 1));
  CHECK(slow->overflowed());
  CHECK(count(*slow) == 1);
  for (int i = 0; i < 5'000; ++i) hub.publish(event_of(run_of("b", "1"), 1));
  CHECK_FALSE(hub.is_watched(run_of("a", "5")));
  CHECK_FALSE(hub.is_watched(run_of("a", "slow")));
  CHECK_FALSE(hub.has_subscribers());
}

TEST_CASE("events of jobs are received by subscribers to the jobs of the scope only", "[hub]") {
  event_hub hub;
  const auto jobs = hub.subscribe(actors::jobs_of(scope_name{"a"}), 10);
  const auto runs = hub.subscribe(run_of("a", ""), 10);
  const auto steps = hub.subscribe(run_of("", ""), 10);
  const auto others = hub.subscribe(actors::jobs_of(scope_name{"b"}), 10);
  hub.publish_job(event_of(actors::jobs_of(scope_name{"a"}), 0, "job_progress"));
  hub.publish(event_of(run_of("a", "r"), 1));
  CHECK(count(*jobs) == 1);
  CHECK(count(*runs) == 1);
  CHECK(count(*steps) == 0);
  CHECK(count(*others) == 0);
}

TEST_CASE("no run has the id of the jobs of a scope", "[hub]") {
  CHECK_FALSE(parse_new_run_id(actors::jobs_of(scope_name{"a"}).id.str()));
  event_hub hub;
  const auto jobs = hub.subscribe(actors::jobs_of(scope_name{"a"}), 10);
  hub.publish(event_of(run_of("a", "/jobs"), 1));
  CHECK(count(*jobs) == 0);
}

TEST_CASE("deletions are delivered to all that watch the run, and to those that watch deletions",
          "[event_hub]") {
  event_hub hub;
  const auto deletions = hub.subscribe_to_deletions(10);
  CHECK_FALSE(hub.has_subscribers());
  const auto of_run = hub.subscribe(run_of("a", "1"), 10);
  const auto of_other = hub.subscribe(run_of("a", "2"), 10);
  hub.publish(event_of(run_of("a", "1"), 7));
  hub.publish(event_of(run_of("a", "1"), 0, "step_log"));
  hub.publish_deletion(event_of(run_of("a", "1"), 0, "run_deleted"));
  const auto seen = deletions->try_next();
  REQUIRE(seen);
  CHECK(seen->run.id == run_id{"1"});
  CHECK(seen->what.kind == "run_deleted");
  CHECK_FALSE(deletions->try_next());
  for (const auto* const kind : {"step_started", "step_log", "run_deleted"}) {
    const auto event = of_run->try_next();
    REQUIRE(event);
    if (event->what.checkpoint == 0) CHECK(event->what.kind == kind);
  }
  CHECK_FALSE(of_other->try_next());
  hub.close();
  CHECK(deletions->ended());
}
