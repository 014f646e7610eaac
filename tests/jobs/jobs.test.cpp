// Commands to all runs that fit a filter.

#include <set>

#include "tests/jobs/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;

TEST_CASE("a job sends its command to every run that fits and lists what became of each",
          "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(waiting_flow("order")));
  REQUIRE(e.put_flow(waiting_flow("other")));
  start_runs(e, "order", "o-", 150);
  start_runs(e, "other", "x-", 5);

  job_request cancel = request_of(job_command::cancel, "flow=order status=running");
  cancel.reason = "the shop is closed";
  cancel.by = "ada";
  job_options named;
  named.id = job_id{"close"};
  const auto started = e.jobs().start(cancel, named);
  REQUIRE(started);
  CHECK(started->created);
  const auto ended = e.jobs().wait(started->id, 60s);
  REQUIRE(ended);
  CHECK(ended->state == job_state::finished);
  CHECK(ended->counts == job_counts{150, 150, 0, 0, 0});
  CHECK(ended->ended_at.has_value());
  CHECK(ended->request == cancel);
  CHECK(*e.jobs().get(started->id) == *ended);

  std::set<run_id> runs;
  for (const auto& each : results_of(e, started->id)) {
    CHECK(each.outcome == job_outcome::done);
    runs.insert(each.run);
    CHECK(e.get(each.run)->summary.status == run_status::cancelled);
  }
  CHECK(runs.size() == 150);
  until_count(e, "status=running", 5);
  json reason;
  for (const auto& event : *e.runs().history(run_id{"o-7"}))
    if (event.kind == "run_cancelled") reason = event.detail.at("reason");
  CHECK(reason == "the shop is closed (job close)");
  CHECK(e.metrics().job_runs_done == 150);
  CHECK(e.metrics().jobs_unfinished == 0);

  SECTION("a repeated start returns the job") {
    cancel.by = "bob";
    const auto again = e.jobs().start(cancel, named);
    REQUIRE(again);
    CHECK_FALSE(again->created);
    cancel.filter = "flow=other";
    const auto other = e.jobs().start(cancel, named);
    REQUIRE_FALSE(other);
    CHECK(other.error().code == errc::already_exists);
    until_count(e, "flow=other status=running", 5);
  }
  SECTION("other scopes do not see it") {
    const auto acme = e.scope("acme");
    CHECK(acme->jobs().get(started->id).error().code == errc::not_found);
    CHECK(acme->jobs().list()->jobs.empty());
    CHECK(acme->jobs().abort(started->id).error().code == errc::not_found);
    CHECK(acme->jobs().remove(started->id).error().code == errc::not_found);
    CHECK(acme->jobs().wait(started->id, 1s).error().code == errc::not_found);
  }
  SECTION("it is deleted with its results, and its id can be used again") {
    REQUIRE(e.jobs().remove(started->id));
    CHECK(e.jobs().get(started->id).error().message == "no such job: close");
    CHECK(e.jobs().results(started->id).error().code == errc::not_found);
    until([&] { return e.jobs().start(cancel, named).has_value(); });
    const auto second = e.jobs().wait(*named.id, 60s);
    REQUIRE(second);
    CHECK(second->counts.matched == 0);
  }
}

TEST_CASE("a watcher of jobs is told how far each is", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(waiting_flow("order")));
  start_runs(e, "order", "o-", 40);
  const auto watched = e.jobs().watch();
  const auto elsewhere = e.scope("acme")->jobs().watch();
  job_options named;
  named.id = job_id{"close"};
  REQUIRE(e.jobs().start(request_of(job_command::cancel, "flow=order status=running"), named));
  std::vector<json> seen;
  do {
    const auto event = watched->next(30s);
    REQUIRE(event);
    CHECK(event->what.kind == "job_progress");
    CHECK(event->what.checkpoint == 0);
    CHECK(event->what.detail["job"] == "close");
    seen.push_back(event->what.detail);
  } while (seen.back()["state"] != "finished");
  CHECK(seen.front()["state"] == "selecting");
  CHECK(seen.size() > 3);  // 16 runs at a time
  for (std::size_t i = 1; i < seen.size(); ++i) CHECK(seen[i - 1]["done"] <= seen[i]["done"]);
  CHECK(seen.back()["matched"] == 40);
  CHECK(seen.back()["done"] == 40);
  CHECK_FALSE(elsewhere->try_next());
}

TEST_CASE("a job takes the ids of many runs", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(waiting_flow("order")));
  const std::string prefix(100, 'o');
  start_runs(e, "order", prefix, 250);
  std::string filter = "id=" + prefix + "0";
  for (int i = 1; i < 249; ++i) filter += "," + prefix + std::to_string(i);
  job_options named;
  named.id = job_id{"some"};
  REQUIRE(e.jobs().start(request_of(job_command::cancel, filter + " status=running"), named));
  const auto ended = e.jobs().wait(*named.id, 60s);
  REQUIRE(ended);
  CHECK(ended->counts == job_counts{249, 249, 0, 0, 0});
  until_count(e, "status=running", 1);
  const auto refused =
      e.jobs().start(request_of(job_command::cancel, "id=" + std::string(140'000, 'x')));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
}

TEST_CASE("a dry run lists the runs that fit and changes none", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(waiting_flow("order")));
  start_runs(e, "order", "o-", 70);
  job_request dry = request_of(job_command::terminate, "flow=order");
  dry.dry_run = true;
  const auto ended = run_job(e, dry);
  CHECK(ended.state == job_state::finished);
  CHECK(ended.counts == job_counts{70, 0, 0, 0, 0});
  const auto listed = results_of(e, ended.id);
  CHECK(listed.size() == 70);
  CHECK(std::count(listed.begin(), listed.end(),
                   job_result{run_id{"o-0"}, job_outcome::waiting, ""}) == 1);
  until_count(e, "status=running", 70);
}

TEST_CASE("a request with a mistake starts no job and says what is wrong", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const auto refusal = [&](const job_request& what) {
    const auto refused = e.jobs().start(what);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
    return refused.error().message;
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(has(refusal(request_of(job_command::cancel, "flow=order statsu=failed")), "12"));
  CHECK(has(refusal(request_of(job_command::cancel, " ")), "would select all runs"));
  CHECK(has(refusal(request_of(job_command::signal, "flow=order")), "type of a signal"));
  job_request what = request_of(job_command::remove, "flow=order");
  what.reason = "old";
  CHECK(has(refusal(what), "has no reason"));
  what = request_of(job_command::pause, "flow=order");
  what.signal = "go";
  CHECK(has(refusal(what), "only a job that signals"));
  what = request_of(job_command::pause, "flow=order");
  what.rate = 100'001;
  CHECK(has(refusal(what), "1 to 100000 runs per second"));
  what = request_of(job_command::signal, "flow=order");
  what.signal = "go";
  what.payload = std::string(70'000, 'x');
  const auto large = e.jobs().start(what);
  REQUIRE_FALSE(large);
  CHECK(large.error().code == errc::limit_exceeded);
  job_options bad;
  bad.key = std::string(513, 'k');
  CHECK(e.jobs().start(request_of(job_command::pause, "flow=order"), bad).error().code ==
        errc::invalid_argument);
  bad.key = "k";
  bad.id = job_id{"a/b"};
  CHECK(e.jobs().start(request_of(job_command::pause, "flow=order"), bad).error().message ==
        "a job takes an id or a key, not both");
  bad.key.clear();
  CHECK(e.jobs().start(request_of(job_command::pause, "flow=order"), bad).error().code ==
        errc::invalid_argument);
  CHECK(e.jobs().list()->jobs.empty());
}

TEST_CASE("starts of jobs with the same key start one job", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  job_options keyed;
  keyed.key = "ticket 17/a";
  const auto first = e.jobs().start(request_of(job_command::pause, "flow=order"), keyed);
  const auto second = e.jobs().start(request_of(job_command::pause, "flow=order"), keyed);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->id == second->id);
  CHECK_FALSE(second->created);
}

TEST_CASE("a job that is aborted leaves the runs whose turn has not come", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(waiting_flow("order")));
  start_runs(e, "order", "o-", 40);
  job_request slow = request_of(job_command::pause, "flow=order");
  slow.rate = 1;
  const auto started = e.jobs().start(slow);
  REQUIRE(started);
  until([&] { return e.jobs().get(started->id)->counts.done > 0; });
  CHECK(e.metrics().jobs_unfinished == 1);
  CHECK(e.jobs().wait(started->id, 1ms).error().code == errc::timed_out);
  std::stop_source gone;
  gone.request_stop();
  CHECK(e.jobs().wait(started->id, 60s, gone.get_token()).error().code == errc::cancelled);
  CHECK(e.jobs().remove(started->id).error().code == errc::illegal_transition);

  const auto aborted = e.jobs().abort(started->id);
  REQUIRE(aborted);
  CHECK(aborted->state == job_state::aborted);
  CHECK(aborted->counts.matched == 40);
  CHECK(aborted->counts.done < 40);
  job_results_options waiting;
  waiting.outcome = job_outcome::waiting;
  CHECK(results_of(e, started->id, waiting).size() == 40 - aborted->counts.done);
  until_count(e, "status=paused", aborted->counts.done);
  const auto again = e.jobs().abort(started->id);
  REQUIRE_FALSE(again);
  CHECK(again.error().message == "cannot abort job " + started->id.str() + ": it is aborted");
  CHECK(e.jobs().wait(started->id, 60s)->state == job_state::aborted);
}

TEST_CASE("a job deletes ended runs and lists those that may not be deleted", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(failing_flow("bad")));
  REQUIRE(e.put_flow(waiting_flow("order")));
  start_runs(e, "bad", "b-", 20);
  start_runs(e, "order", "o-", 2);
  until_count(e, "status=failed", 20);
  REQUIRE(e.runs().keep(run_id{"b-3"}));
  const auto ended = run_job(e, request_of(job_command::remove, "started>-1h"));
  CHECK(ended.counts == job_counts{22, 19, 3, 0, 0});
  job_results_options refused;
  refused.outcome = job_outcome::refused;
  std::set<std::string> left;
  for (const auto& each : results_of(e, ended.id, refused)) {
    left.insert(each.run.str());
    CHECK(each.message.find("cannot delete run " + each.run.str()) == 0);
  }
  CHECK(left == std::set<std::string>{"b-3", "o-0", "o-1"});
  CHECK(e.runs().list()->runs.size() == 3);
}

TEST_CASE("ten thousand runs are cancelled by one job", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(waiting_flow("order")));
  start_runs(e, "order", "o-", 10'000);
  const auto ended = run_job(e, request_of(job_command::cancel, "flow=order"));
  CHECK(ended.counts == job_counts{10'000, 10'000, 0, 0, 0});
  job_results_options large;
  large.limit = 1'000;
  std::set<run_id> runs;
  for (const auto& each : results_of(e, ended.id, large)) runs.insert(each.run);
  CHECK(runs.size() == 10'000);
  run_filter cancelled;
  cancelled.status = run_status::cancelled;
  CHECK(e.runs().count(cancelled)->count == 10'000);
}

TEST_CASE("the oldest ended jobs above the number that is kept are deleted", "[jobs]") {
  settings s = quiet_settings();
  s.retention.max_jobs = 2;
  engine e{s};
  REQUIRE(e.open());
  for (const char* const id : {"a", "b", "c", "d"}) {
    job_options named;
    named.id = job_id{id};
    REQUIRE(e.jobs().start(request_of(job_command::cancel, "flow=none"), named));
    REQUIRE(e.jobs().wait(*named.id, 60s));
  }
  until([&] { return e.jobs().list()->jobs.size() == 2; });
  job_list_options one;
  one.limit = 1;
  const auto first = e.jobs().list(one);
  REQUIRE(first);
  CHECK(first->jobs.front().id.str() == "d");
  one.cursor = first->next;
  const auto second = e.jobs().list(one);
  REQUIRE(second);
  CHECK(second->jobs.front().id.str() == "c");
  CHECK(second->next.empty());
  one.cursor = "c0ffee";
  CHECK(e.jobs().list(one).error().code == errc::invalid_argument);
}

TEST_CASE("a page of jobs with long filters ends before its limit", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  constexpr std::size_t count = 40;
  const std::string filter = "flow=none" + std::string(120'000, ' ');
  for (std::size_t i = 0; i < count; ++i) {
    job_options named;
    named.id = job_id{"j" + std::to_string(i)};
    REQUIRE(e.jobs().start(request_of(job_command::cancel, filter), named));
    REQUIRE(e.jobs().wait(*named.id, 60s));
  }
  std::set<std::string> found;
  std::vector<std::size_t> sizes;
  job_list_options how;
  do {
    const auto page = e.jobs().list(how);
    REQUIRE(page);
    sizes.push_back(page->jobs.size());
    for (const auto& each : page->jobs) found.insert(each.id.str());
    how.cursor = page->next;
  } while (!how.cursor.empty());
  CHECK(sizes == std::vector<std::size_t>{35, 5});  // 4 MiB
  CHECK(found.size() == count);
}

TEST_CASE("the jobs of a scope that have not ended are limited", "[jobs]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(waiting_flow("order")));
  start_runs(e, "order", "o-", 100);
  job_request slow = request_of(job_command::pause, "flow=order");
  slow.rate = 1;
  for (int i = 0; i < 16; ++i) REQUIRE(e.jobs().start(slow));
  const auto more = e.jobs().start(slow);
  REQUIRE_FALSE(more);
  CHECK(more.error().code == errc::overloaded);
  const auto acme = e.scope("acme");
  const auto other = acme->jobs().start(request_of(job_command::pause, "flow=order"));
  REQUIRE(other);
  CHECK(acme->jobs().wait(other->id, 60s));
}
