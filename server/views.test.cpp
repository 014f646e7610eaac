#include "server/views.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;

namespace {

run_summary shown_run() {
  run_summary run;
  run.key = {default_scope(), run_id{"r"}};
  run.flow = {flow_name{"order"}, {1, 0, 2}};
  run.created_at = from_unix_us(1'000'000);
  return run;
}

}  // namespace

TEST_CASE("a pending run has null for its missing fields", "[views]") {
  CHECK(server::to_json(shown_run()) == json{{"id", "r"},
                                             {"flow", "order"},
                                             {"version", "1.0.2"},
                                             {"status", "running"},
                                             {"created_at", "1970-01-01T00:00:01.000Z"},
                                             {"started_at", nullptr},
                                             {"finished_at", nullptr},
                                             {"error", nullptr},
                                             {"restarted_from", nullptr},
                                             {"parent", nullptr}});
}

TEST_CASE("a failed run includes its error, its origin and its parent", "[views]") {
  run_summary run = shown_run();
  run.status = run_status::failed;
  run.error = run_error{"card_declined", "no", "charge", 2};
  run.restarted_from = run_id{"old"};
  run.parent = run_id{"above"};
  const json shown = server::to_json(run);
  CHECK(shown["error"] ==
        json{{"type", "card_declined"}, {"message", "no"}, {"node", "charge"}, {"attempt", 2}});
  CHECK(shown["restarted_from"] == "old");
  CHECK(shown["parent"] == "above");
}

TEST_CASE("a run includes what it waits for and until when", "[views]") {
  run_view run;
  run.summary = shown_run();
  run.data = json::object();
  run.metadata = json::object();
  run.waiting_on = {{"ask", "answer", "ask.1", from_unix_us(0), {{"q", 1}}},
                    {"s", "signal", "paid"}};
  const json waits = server::to_json(run)["waiting_on"];
  CHECK(waits[0] == json{{"node", "ask"},
                         {"kind", "answer"},
                         {"name", "ask.1"},
                         {"until", "1970-01-01T00:00:00.000Z"},
                         {"question", {{"q", 1}}}});
  CHECK(waits[1] == json{{"node", "s"}, {"kind", "signal"}, {"name", "paid"}});
}

TEST_CASE("an event's id is its checkpoint and its index in the checkpoint", "[views]") {
  std::vector<history_event> events(4);
  events[0].checkpoint = events[1].checkpoint = 1;
  events[1].place = 1;
  events[2].checkpoint = 2;
  const json list = server::to_json(events);
  CHECK(list[0]["id"] == "1.0");
  CHECK(list[1]["id"] == "1.1");
  CHECK(list[2]["id"] == "2.0");
  CHECK_FALSE(list[3].contains("id"));  // not stored
  CHECK(list[0]["detail"] == json::object());
}

TEST_CASE("a value with invalid UTF-8 can be serialized", "[views]") {
  CHECK(text_of("\xff") == "\"\xef\xbf\xbd\"");
}
