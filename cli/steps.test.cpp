#include "cli/steps.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::cli;

namespace {

history_event event(std::string kind, std::string node, std::uint32_t attempt, std::int64_t at,
                    json detail = json::object()) {
  return {1, from_unix_us(at), std::move(kind), std::move(node), 1, attempt, std::move(detail)};
}

}  // namespace

TEST_CASE("steps are derived from a history") {
  const std::vector<history_event> history = {
      event("run_created", "", 0, 0),
      event("step_started", "a", 1, 10),
      event("step_failed", "a", 1, 20, {{"us", 9}, {"type", "x"}, {"message", "Broken."}}),
      event("run_failed", "", 0, 20),
      event("run_retried", "", 0, 30),
      event("step_started", "a", 2, 30),
      event("step_restarted", "a", 2, 35, {{"calls", 3}}),
      event("lease_lost", "a", 2, 36, {{"given_back", false}}),
      event("lease_lost", "a", 2, 37, {{"given_back", true}}),
      event("step_finished", "a", 2, 50, {{"us", 19}}),
      event("step_started", "b", 1, 50),
  };
  const auto steps = steps_of(history, run_status::running);
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].status == "failed");
  CHECK(to_json(steps[0])["error"]["message"] == "Broken.");
  CHECK(steps[1].attempt == 2);
  CHECK(steps[0].calls == 1);
  CHECK(to_json(steps[1])["calls"] == 3);
  CHECK(steps[1].status == "completed");
  CHECK(steps[1].duration_us == 19);
  CHECK(steps[2].status == "running");
  CHECK_FALSE(to_json(steps[2]).contains("duration_us"));
  CHECK(steps_of(history, run_status::cancelled)[2].status == "abandoned");
}
