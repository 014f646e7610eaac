#include "server/live/event_filter.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::testing::contains;

namespace {

event_filter filter_of(std::string_view conditions, std::vector<std::string> kinds = {}) {
  auto made = event_filter::parse(conditions, std::move(kinds), time_point{});
  REQUIRE(made);
  return *std::move(made);
}

run_summary run_of(const std::string& flow) {
  run_summary run;
  run.key.id = run_id{"r"};
  run.flow = {flow_name{flow}, version{1, 0, 0}};
  return run;
}

}  // namespace

TEST_CASE("a filter of events decides from the event what it can", "[events]") {
  const run_id run{"o-1"};
  CHECK(filter_of("").selects_all());
  CHECK(filter_of("").fits_event(run, "step_started"));
  CHECK(filter_of("id^=o-").fits_event(run, "step_started"));
  CHECK_FALSE(filter_of("id^=p-").fits_event(run, "step_started"));
  CHECK_FALSE(filter_of("id^=o-").needs_runs());
  CHECK(filter_of("", {"run_failed", "step_log"}).fits_event(run, "step_log"));
  CHECK_FALSE(filter_of("", {"run_failed"}).fits_event(run, "run_created"));

  CHECK(filter_of("", {"damaged"}).fits_event(run, "damaged"));
  CHECK_FALSE(filter_of("", {"damaged"}).fits_event(run, "step_log"));

  const auto ended = filter_of("status=failed,completed");
  CHECK(ended.fits_event(run, "run_failed"));
  CHECK(ended.fits_event(run, "run_completed"));
  CHECK_FALSE(ended.fits_event(run, "run_cancelled"));
  CHECK_FALSE(ended.fits_event(run, "step_failed"));
  // An event that leads to no status is not one that leads to another.
  CHECK_FALSE(filter_of("status!=failed").fits_event(run, "step_failed"));
  CHECK(filter_of("status!=failed").fits_event(run, "run_paused"));
}

TEST_CASE("a filter of events asks the run for the rest", "[events]") {
  const auto orders = filter_of("flow=order status=failed");
  CHECK(orders.needs_runs());
  CHECK_FALSE(orders.selects_all());
  CHECK(orders.fits_run(run_of("order")));
  CHECK_FALSE(orders.fits_run(run_of("invoice")));
}

TEST_CASE("a filter of events refuses what it cannot decide", "[events]") {
  for (const auto* bad : {"error=x", "node=a", "waiting=timer", "finished<-1h", "attr.a=1"}) {
    const auto made = event_filter::parse(bad, {}, time_point{});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == errc::invalid_argument);
    CHECK(contains(made.error().message, "id, status, flow"));
  }
  CHECK_FALSE(event_filter::parse("flow", {}, time_point{}));
  const auto kind = event_filter::parse("", {"run_faild"}, time_point{});
  REQUIRE_FALSE(kind);
  CHECK(contains(kind.error().message, "Did you mean \"run_failed\"?"));
}
