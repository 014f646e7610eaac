#include "server/live/event_digest.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;

namespace {

history_event event_of(const std::string& kind) {
  history_event event;
  event.checkpoint = 1;
  event.kind = kind;
  return event;
}

}  // namespace

TEST_CASE("a digest counts events and has the newest runs first", "[events]") {
  event_digest digest;
  CHECK(digest.empty());
  digest.add(run_id{"a"}, event_of("run_created"));
  digest.add(run_id{"b"}, event_of("run_created"));
  digest.add(run_id{"a"}, event_of("step_started"));
  digest.add(run_id{"a"}, event_of("run_failed"));
  CHECK_FALSE(digest.empty());
  const json expected{{"events", 4},
                      {"kinds", {{"run_created", 2}, {"step_started", 1}, {"run_failed", 1}}},
                      {"runs",
                       {{{"id", "a"}, {"events", 3}, {"status", "failed"}},
                        {{"id", "b"}, {"events", 1}, {"status", "running"}}}},
                      {"more_runs", false},
                      {"jobs", json::array()},
                      {"flow_files", false}};
  CHECK(digest.take() == expected);
  CHECK(digest.empty());
}

TEST_CASE("the size of a digest does not grow with the number of runs", "[events]") {
  event_digest digest;
  const std::string long_id(max_id_bytes - 6, 'r');
  for (int i = 100'000; i < 110'000; ++i)
    for (const auto* kind : {"run_created", "step_started", "step_finished", "run_completed"})
      digest.add(run_id{long_id + std::to_string(i)}, event_of(kind));
  const json all = digest.take();
  CHECK(all["events"] == 40'000);
  CHECK(all["runs"].size() == event_digest::max_runs);
  CHECK(all["runs"][0]["id"] == long_id + "109999");
  CHECK(all["more_runs"] == true);
  CHECK(all.dump().size() < 32'000);
  digest.add(run_id{"a"}, event_of("step_started"));
  CHECK(digest.take()["more_runs"] == false);
}

TEST_CASE("a digest has whether flow files changed", "[events]") {
  event_digest digest;
  digest.add_flow_files();
  CHECK_FALSE(digest.empty());
  CHECK(digest.take()["flow_files"] == true);
  CHECK(digest.empty());
  CHECK(digest.take()["flow_files"] == false);
}

TEST_CASE("a digest has the last progress of each job", "[events]") {
  event_digest digest;
  for (int done : {16, 32}) digest.add_job({{"job", "a"}, {"done", done}});
  CHECK_FALSE(digest.empty());
  digest.add_job({{"job", "b"}, {"done", 1}});
  json all = digest.take();
  CHECK(all["events"] == 0);
  CHECK(all["jobs"] == json{{{"job", "b"}, {"done", 1}}, {{"job", "a"}, {"done", 32}}});
  for (int i = 0; i < 100; ++i) digest.add_job({{"job", std::to_string(i)}});
  all = digest.take();
  CHECK(all["jobs"].size() == event_digest::max_jobs);
  CHECK(all["jobs"][0]["job"] == "99");
  CHECK(digest.empty());
}
