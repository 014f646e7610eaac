#include "cli/target/decode.hpp"

#include "tests/support/catch.hpp"

namespace pawl::cli {
namespace {

json a_run() {
  return json::parse(R"({
    "id": "r1", "flow": "order", "version": "1.0.2", "status": "failed",
    "created_at": "2026-01-31T09:30:00.250Z", "started_at": "2026-01-31T09:30:00.300Z",
    "finished_at": null, "restarted_from": null, "parent": "r0",
    "error": {"type": "card_declined", "message": "no", "node": "charge", "attempt": 2},
    "pausing": false, "undoing": true, "parked": true, "kept": true, "checkpoint": 7,
    "updated_at": "2026-01-31T09:31:00.000Z", "at": ["charge"],
    "waiting_on": [{"node": "ask", "kind": "answer", "name": "q1", "question": {"why": 1}},
                   {"node": "t", "kind": "timer", "name": "", "until": "2026-02-01T00:00:00.000Z"}],
    "inbox": [{"type": "go", "id": "", "payload": 7}], "input": {"n": 0},
    "data": {"n": 1}, "metadata": {}})");
}

const scope_name in{"tenant"};

TEST_CASE("a run is decoded as the engine returns it") {
  const auto run = read_run_view(a_run(), in);
  REQUIRE(run);
  CHECK(run->summary.key == run_key{in, run_id{"r1"}});
  CHECK(to_string(run->summary.flow) == "order@1.0.2");
  CHECK(run->summary.status == run_status::failed);
  CHECK(to_rfc3339(run->summary.created_at) == "2026-01-31T09:30:00.250Z");
  CHECK_FALSE(run->summary.finished_at);
  CHECK(run->summary.error == run_error{"card_declined", "no", "charge", 2});
  CHECK(run->summary.parent == run_id{"r0"});
  CHECK(run->undoing);
  CHECK(run->parked);
  CHECK(run->kept == true);
  CHECK(run->checkpoint == 7);
  CHECK(run->at == std::vector<std::string>{"charge"});
  REQUIRE(run->waiting_on.size() == 2);
  CHECK(run->waiting_on[0].question == json{{"why", 1}});
  CHECK_FALSE(run->waiting_on[0].until);
  CHECK(to_rfc3339(*run->waiting_on[1].until) == "2026-02-01T00:00:00.000Z");
  CHECK(run->data == json{{"n", 1}});
  CHECK(run->input == json{{"n", 0}});
  CHECK(run->inbox == std::vector{pending_signal{"go", "", 7}});
}

TEST_CASE("an invalid response is rejected with the name of the field") {
  for (const char* field : {"id", "flow", "status", "created_at", "checkpoint", "data", "at"}) {
    json invalid = a_run();
    invalid[field] = -1;
    const auto run = read_run_view(invalid, in);
    INFO(field);
    REQUIRE_FALSE(run);
    CHECK(run.error().code == errc::not_supported);
    CHECK(run.error().message.find(field) != std::string::npos);
  }
  CHECK_FALSE(read_run_view(json::array(), in));
  CHECK_FALSE(read_run_page(json::object(), in));
}

TEST_CASE("an event without a checkpoint is not durable") {
  const auto event = read_history_event({{"at", "2026-01-31T09:30:00.250Z"},
                                         {"kind", "step_log"},
                                         {"node", "a"},
                                         {"visit", 1},
                                         {"attempt", 1},
                                         {"detail", {{"message", "hi"}}}});
  REQUIRE(event);
  CHECK(event->checkpoint == 0);
  CHECK(event->detail["message"] == "hi");
}

TEST_CASE("a problem document becomes the error of the engine") {
  const auto failure = error_of_problem({{"code", "illegal_transition"},
                                         {"detail", "the run r1 is completed"},
                                         {"faults", json::array()}},
                                        409);
  CHECK(failure == error{errc::illegal_transition, "the run r1 is completed"});
  for (const char* key : {"diagnostics", "faults"}) {
    const auto flow = error_of_problem({{"code", "invalid_flow"},
                                        {"detail", "no"},
                                        {key, json::array({{{"severity", "error"},
                                                            {"pointer", "/nodes/1"},
                                                            {"code", "unknown_node_type"},
                                                            {"message", "what"}}})}},
                                       422);
    CHECK(flow.diagnostics ==
          std::vector{diagnostic{severity::error, "/nodes/1", "unknown_node_type", "what"}});
  }
}

TEST_CASE("without a problem document the status determines the error") {
  CHECK(error_of_problem(nullptr, 502).code == errc::unavailable);
  CHECK(error_of_problem("<html>", 404).code == errc::not_found);
  CHECK(error_of_problem(json::object(), 429).code == errc::overloaded);
  CHECK(error_of_problem({{"code", "unknown_code"}}, 418).code == errc::not_supported);
}

}  // namespace
}  // namespace pawl::cli
