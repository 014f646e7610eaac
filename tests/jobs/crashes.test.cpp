// Jobs whose process dies, or is stopped, while they are at work.

#include "tests/jobs/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;

namespace {

/// What a process left that died while a job was at work.
struct dead_process {
  std::shared_ptr<dying_store::images> images = std::make_shared<dying_store::images>();
  job_id job;
};

dead_process died_during(const job_request& what, int runs, const json& flow,
                         const std::string& ready) {
  dead_process left;
  engine e = engine_on(std::make_shared<persistence::memory_store>(), left.images);
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow));
  start_runs(e, flow.at("name"), "r-", runs);
  until_count(e, ready, static_cast<std::uint64_t>(runs));
  left.job = run_job(e, what).id;
  REQUIRE(e.stop());
  return left;
}

}  // namespace

TEST_CASE("no run gets the command of a job twice, wherever the process dies", "[jobs][crash]") {
  constexpr int runs = 40;
  const auto dead = died_during(request_of(job_command::retry, "flow=bad status=failed"), runs,
                                failing_flow("bad"), "status=failed");
  REQUIRE(dead.images->size() >= 4);  // before the first command, and before each record of 16
  for (const auto& [when, image] : *dead.images) {
    INFO((when == job_write::selected ? "selected" : "commands sent"));
    engine e = engine_on(image, std::make_shared<dying_store::images>());
    REQUIRE(e.open());
    const auto ended = e.jobs().wait(dead.job, 60s);
    REQUIRE(ended);
    CHECK(ended->state == job_state::finished);
    CHECK(ended->counts == job_counts{runs, runs, 0, 0, 0});
    for (int i = 0; i < runs; ++i) {
      const run_id id{"r-" + std::to_string(i)};
      once(e, id, [](const run_view& run) { return run.summary.status == run_status::failed; });
      CHECK(count_of(kinds_of(e, id), "run_retried") == 1);
    }
  }
}

TEST_CASE("no run gets the signal of a job twice, wherever the process dies", "[jobs][crash]") {
  job_request what = request_of(job_command::signal, "flow=order status=running");
  what.signal = "other";
  what.payload = {{"from", "a job"}};
  const auto dead = died_during(what, 20, waiting_flow("order"), "status=running");
  for (const auto& [when, image] : *dead.images) {
    engine e = engine_on(image, std::make_shared<dying_store::images>());
    REQUIRE(e.open());
    const auto ended = e.jobs().wait(dead.job, 60s);
    REQUIRE(ended);
    CHECK(ended->counts == job_counts{20, 20, 0, 0, 0});
    CHECK(count_of(kinds_of(e, run_id{"r-5"}), "signal_received") == 1);
  }
}

TEST_CASE("a deletion that the process died over is completed by its job", "[jobs][crash]") {
  const auto dead = died_during(request_of(job_command::remove, "flow=bad"), 20,
                                failing_flow("bad"), "status=failed");
  for (const auto& [when, image] : *dead.images) {
    engine e = engine_on(image, std::make_shared<dying_store::images>());
    REQUIRE(e.open());
    const auto ended = e.jobs().wait(dead.job, 60s);
    REQUIRE(ended);
    CHECK(ended->counts == job_counts{20, 20, 0, 0, 0});
    CHECK(e.runs().list()->runs.empty());
  }
}

TEST_CASE("a run that changes between its selection and its turn is left and listed", "[jobs]") {
  const auto dead = died_during(request_of(job_command::cancel, "status=running flow=order"), 3,
                                waiting_flow("order"), "status=running");
  REQUIRE(dead.images->front().first == job_write::selected);
  // An engine that resumes nothing until it is asked.
  settings s = quiet_settings();
  s.engine.recovery_batch = 0;
  engine e = engine_on(dead.images->front().second, std::make_shared<dying_store::images>(), s);
  REQUIRE(e.open());
  REQUIRE(e.runs().pause(run_id{"r-1"}));
  CHECK(e.jobs().get(dead.job)->counts.handled() == 0);
  const auto ended = e.jobs().wait(dead.job, 60s);
  REQUIRE(ended);
  CHECK(ended->counts == job_counts{3, 2, 1, 0, 0});
  job_results_options refused;
  refused.outcome = job_outcome::refused;
  const auto left = results_of(e, dead.job, refused);
  REQUIRE(left.size() == 1);
  CHECK(left.front() == job_result{run_id{"r-1"}, job_outcome::refused,
                                   "run r-1 no longer fits the filter: it is paused"});
  CHECK(e.get(run_id{"r-1"})->summary.status == run_status::paused);
  CHECK(e.metrics().job_runs_refused == 1);
}

TEST_CASE("a job that is aborted or deleted before it goes on sends no command", "[jobs]") {
  const auto dead = died_during(request_of(job_command::cancel, "flow=order"), 3,
                                waiting_flow("order"), "status=running");
  settings s = quiet_settings();
  s.engine.recovery_batch = 0;
  engine e = engine_on(dead.images->front().second, std::make_shared<dying_store::images>(), s);
  REQUIRE(e.open());
  CHECK(e.jobs().remove(dead.job).error().code == errc::illegal_transition);
  const auto aborted = e.jobs().abort(dead.job);
  REQUIRE(aborted);
  CHECK(aborted->counts == job_counts{3, 0, 0, 0, 0});
  until_count(e, "status=running", 3);
  CHECK(e.jobs().remove(dead.job));
}

TEST_CASE("a job goes on when an engine that was stopped is opened again", "[jobs]") {
  const data_folder folder;
  job_options named;
  named.id = job_id{"slow"};
  {
    engine e{folder.used()};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(waiting_flow("order")));
    start_runs(e, "order", "o-", 40);
    job_request slow = request_of(job_command::pause, "flow=order");
    slow.rate = 40;
    REQUIRE(e.jobs().start(slow, named));
    until([&] { return e.jobs().get(*named.id)->counts.done > 0; });
    REQUIRE(e.stop());
  }
  engine e{folder.used()};
  REQUIRE(e.open());
  const auto ended = e.jobs().wait(*named.id, 60s);
  REQUIRE(ended);
  CHECK(ended->counts == job_counts{40, 40, 0, 0, 0});
  until_count(e, "status=paused", 40);
}
