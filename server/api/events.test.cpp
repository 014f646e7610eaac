#include <set>
#include <sstream>
#include <thread>

#include "server/flow_files.hpp"
#include "server/live/run_watch.hpp"
#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::server::testing::api_fixture;
using pawl::testing::contains;

namespace {

/// An event as written to the stream.
struct streamed {
  std::string id;
  std::string kind;
  json data;
};

std::vector<streamed> events_in(const std::string& text) {
  std::vector<streamed> events;
  std::size_t begin = 0;
  for (auto end = text.find("\n\n"); end != text.npos; end = text.find("\n\n", begin)) {
    streamed each;
    std::istringstream lines{text.substr(begin, end - begin)};
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("id: ")) each.id = line.substr(4);
      if (line.starts_with("event: ")) each.kind = line.substr(7);
      if (line.starts_with("data: ")) each.data = json::parse(line.substr(6));
    }
    if (!each.kind.empty()) events.push_back(std::move(each));
    begin = end + 2;
  }
  return events;
}

std::vector<std::string> stored_ids(const std::vector<streamed>& events) {
  std::vector<std::string> ids;
  for (const auto& each : events)
    if (!each.id.empty()) ids.push_back(each.id);
  return ids;
}

std::vector<std::string> history_ids(api_fixture& f, const std::string& run) {
  std::vector<std::string> ids;
  const auto history = f.get("/v1/runs/" + run + "/history");
  for (const auto& each : history.body["events"]) ids.push_back(each["id"]);
  return ids;
}

}  // namespace

TEST_CASE("a stream of a finished run contains all its events and the end", "[api][events]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo"), f.task("b", "core.echo")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const auto exchange = f.begin("GET", "/v1/runs/r/events");
  CHECK(exchange->wait().fields.find("Content-Type") == "text/event-stream");
  const auto events = events_in(exchange->stream()->wait_for_end());
  CHECK(stored_ids(events) == history_ids(f, "r"));
  REQUIRE(events.back().kind == "end");
  CHECK(events.back().data["status"] == "completed");
  CHECK(events.front().data["run"] == "r");
}

TEST_CASE("a stream contains stored events, step logs and progress", "[api][events]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go"), f.task("a", "t.log")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const auto stream = f.begin("GET", "/v1/runs/r/events")->stream();
  CHECK(contains(stream->wait_for("signal_awaited"), "signal_awaited"));
  REQUIRE(f.post("/v1/runs/r/signal", {{"type", "go"}}).status == 200);
  const auto events = events_in(stream->wait_for_end());
  CHECK(stored_ids(events) == history_ids(f, "r"));
  const auto log = std::find_if(events.begin(), events.end(),
                                [](const streamed& each) { return each.kind == "step_log"; });
  REQUIRE(log != events.end());
  CHECK(log->id.empty());
  CHECK(log->data["detail"]["message"] == "at work");
}

TEST_CASE("an interrupted stream resumes after any event without gaps or duplicates",
          "[api][events]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo"), f.task("b", "core.echo"), f.task("c", "core.echo")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const auto all = history_ids(f, "r");
  REQUIRE(all.size() > 5);
  for (std::size_t seen = 0; seen <= all.size(); ++seen) {
    http::fields fields;
    if (seen > 0) fields.add("Last-Event-ID", all[seen - 1]);
    const auto stream = f.begin("GET", "/v1/runs/r/events", "", fields)->stream();
    const auto events = events_in(stream->wait_for_end());
    CHECK(stored_ids(events) ==
          std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(seen), all.end()));
    CHECK(events.back().kind == "end");
  }
}

TEST_CASE("an id that is not an event of the run is refused", "[api][events]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  for (const auto* id : {"x", "1", "1.", "-1.0", "1.0x", "999.0"}) {
    INFO(id);
    CHECK(f.call("GET", "/v1/runs/r/events", "", {{"Last-Event-ID", id}}).status == 400);
  }
  CHECK(f.get("/v1/runs/none/events").status == 404);
}

TEST_CASE("a stream with follow stays open for a retried run", "[api][events]") {
  api_fixture f;
  f.put("f", {f.task("a", "t.fail")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const auto stream = f.begin("GET", "/v1/runs/r/events?follow=true")->stream();
  static_cast<void>(stream->wait_for("event: run_failed"));
  REQUIRE(f.post("/v1/runs/r/retry").status == 200);
  CHECK(contains(stream->wait_for("event: run_retried"), "event: run_retried"));
  CHECK_FALSE(stream->closed());
  stream->disconnect();
}

TEST_CASE("a stream ends with the deletion of its run", "[api][events]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const auto of_run = f.begin("GET", "/v1/runs/r/events?follow=true")->stream();
  const auto of_scope = f.begin("GET", "/v1/events?kind=run_deleted")->stream();
  CHECK(contains(of_run->wait_for("run_completed"), "run_completed"));
  REQUIRE(f.call("DELETE", "/v1/runs/r").status == 200);
  const auto events = events_in(of_run->wait_for_end());
  CHECK(events.back().kind == "run_deleted");
  CHECK(events.back().id.empty());
  CHECK(events.back().data["run"] == "r");
  CHECK(contains(of_scope->wait_for("run_deleted"), "\"r\""));
  CHECK(f.get("/v1/runs/r/events").status == 404);
}

TEST_CASE("a slow reader is dropped, and the run continues", "[api][events]") {
  api_fixture f;
  f.put("f", {f.signal("s", "never")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const auto stream = f.begin("GET", "/v1/runs/r/events")->stream();
  static_cast<void>(stream->wait_for("signal_awaited"));
  stream->block();
  // More than is written before the reader must drain it.
  const json large{{"update", {{"x", std::string(100'000, 'x')}}}};
  REQUIRE(
      f.post("/v1/runs/r/signal", {{"type", "t"}, {"payload", std::string(100'000, 'x')}}).status ==
      200);
  for (std::size_t i = 0; i <= max_event_backlog; ++i) {
    REQUIRE(f.post(i % 2 == 0 ? "/v1/runs/r/pause" : "/v1/runs/r/resume").status == 200);
  }
  stream->unblock();
  const auto events = events_in(stream->wait_for_end());
  const auto ids = stored_ids(events);
  auto sorted = history_ids(f, "r");
  sorted.resize(std::min(sorted.size(), ids.size()));
  CHECK(ids == sorted);
  CHECK(events.back().kind == "dropped");
  CHECK(f.get("/v1/runs/r").body["waiting_on"][0]["kind"] == "signal");
}

TEST_CASE("a stream is released when its reader disconnects", "[api][events]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const auto exchange = f.begin("GET", "/v1/runs/r/events");
  const auto stream = exchange->stream();
  static_cast<void>(stream->wait_for("signal_awaited"));
  stream->disconnect();
  f.live->stop();
  // The test's reference and the exchange's; a callback may hold another one until it returns.
  const auto deadline = std::chrono::steady_clock::now() + server::testing::wait_timeout;
  while (stream.use_count() > 2 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  CHECK(stream.use_count() == 2);
}

TEST_CASE("a scope's stream contains the new events of all its runs", "[api][events]") {
  api_fixture f;
  f.put("f", {f.task("a", "t.log")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "before"}}).status == 200);
  const auto stream = f.begin("GET", "/v1/events")->stream();
  // Runs are started until an event arrives, which shows that the stream has begun.
  int runs = 0;
  while (!contains(stream->wait_for_more(), "run_completed"))
    REQUIRE(
        f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r" + std::to_string(runs++)}}).status ==
        200);
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "last"}}).status == 200);
  static_cast<void>(stream->wait_for(R"("kind":"run_completed","node":"","run":"last")"));
  // Log lines are not in the journal: on a busy machine they follow the events of their run.
  const std::string text = stream->wait_for("event: step_log");
  CHECK_FALSE(contains(text, "\"run\":\"before\""));
  CHECK(contains(text, "event: step_log"));
  stream->disconnect();
}

TEST_CASE("an interrupted stream of a scope resumes after any event", "[api][events]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo")});
  const auto first = f.engine.events().read();
  REQUIRE(first);
  for (int i = 0; i < 3; ++i)
    REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r" + std::to_string(i)}}).status ==
            200);
  const auto from = [&](const std::string& id, const std::string& until) {
    const auto stream = f.begin("GET", "/v1/events", "", {{"Last-Event-ID", id}})->stream();
    const auto ids = stored_ids(events_in(stream->wait_for(until)));
    stream->disconnect();
    return ids;
  };
  const std::string end = R"("kind":"run_completed","node":"","run":"r2","visit":0})";
  const auto all = from(to_string(first->next), end);
  REQUIRE(all.size() > 9);
  for (std::size_t seen = 1; seen < all.size(); ++seen) {
    CHECK(from(all[seen - 1], end) ==
          std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(seen), all.end()));
  }
  CHECK(f.call("GET", "/v1/events", "", {{"Last-Event-ID", "x"}}).status == 400);
}

TEST_CASE("a scope's stream has the events that fit a filter", "[api][events]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo")});
  f.put("g", {f.task("a", "core.fail")});
  const auto first = f.engine.events().read();
  REQUIRE(first);
  int runs = 0;
  for (const auto* flow : {"f", "g", "f", "g"}) {
    const std::string id = std::string{flow} + std::to_string(runs++);
    REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", flow}, {"id", id}}).status == 200);
  }
  // The last of each stream is the end of the last run that fits.
  const auto kinds_of = [&](const std::string& query, const std::string& last) {
    const auto stream =
        f.begin("GET", "/v1/events?" + query, "", {{"Last-Event-ID", to_string(first->next)}})
            ->stream();
    const auto events = events_in(stream->wait_for(last));
    stream->disconnect();
    std::vector<std::string> seen;
    for (const auto& each : events)
      seen.push_back(each.data["run"].get<std::string>() + " " + each.kind);
    return seen;
  };
  using lines = std::vector<std::string>;
  const std::string last_g = R"("kind":"run_failed","node":"","run":"g3")";
  CHECK(kinds_of("filter=status%3Dfailed", last_g) == lines{"g1 run_failed", "g3 run_failed"});
  CHECK(kinds_of("kind=run_created,run_failed&filter=flow%3Dg", last_g) ==
        lines{"g1 run_created", "g1 run_failed", "g3 run_created", "g3 run_failed"});
  CHECK(kinds_of("kind=run_failed&filter=id%3Dg3+flow!%3Df", last_g) == lines{"g3 run_failed"});
  for (const auto& each :
       kinds_of("filter=flow%3Df", R"("kind":"run_completed","node":"","run":"f2")"))
    CHECK(each[0] == 'f');
  CHECK(f.get("/v1/events?filter=error%3Dx").status == 400);
  CHECK(f.get("/v1/events?kind=run_faild").status == 400);
}

TEST_CASE("a filter of a scope's stream asks about runs with any ids", "[api][events]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  f.put("g", {f.signal("s", "go")});
  const auto first = f.engine.events().read();
  REQUIRE(first);
  const auto start = [&](const char* flow, const std::string& id) {
    REQUIRE(f.post("/v1/runs", {{"flow", flow}, {"id", id}}).status == 201);
  };
  std::set<std::string> ids{"a, \"b\""};
  // More bytes than one filter can have, most of all when they are escaped.
  for (int i = 10; i < 50; ++i)
    ids.insert(std::to_string(i) + std::string(max_id_bytes - 2, i % 2 == 0 ? 'x' : '"'));
  for (const auto& id : ids) start("f", id);
  start("g", "b");
  start("f", "last");
  const auto stream = f.begin("GET", "/v1/events?kind=run_created&filter=flow%3Df", "",
                              {{"Last-Event-ID", to_string(first->next)}})
                          ->stream();
  const auto events = events_in(stream->wait_for(R"("run":"last")"));
  stream->disconnect();
  std::set<std::string> seen;
  for (const auto& each : events) seen.insert(each.data["run"].get<std::string>());
  ids.insert("last");
  CHECK(seen == ids);
  CHECK(events.size() == ids.size());
}

TEST_CASE("digests of a scope's stream have each event once", "[api][events]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo")});
  const auto first = f.engine.events().read();
  REQUIRE(first);
  constexpr int runs = 30;
  std::string from = to_string(first->next);
  std::uint64_t created = 0, completed = 0;
  std::set<std::string> seen;
  const auto read = [&](const std::string& until) {
    const auto stream =
        f.begin("GET", "/v1/events?digest=100ms", "", {{"Last-Event-ID", from}})->stream();
    const auto digests = events_in(stream->wait_for(until));
    stream->disconnect();
    for (const auto& each : digests) {
      CHECK(each.kind == "digest");
      CHECK(each.data["runs"].size() <= 100);
      created += each.data["kinds"].value("run_created", 0u);
      completed += each.data["kinds"].value("run_completed", 0u);
      for (const auto& run : each.data["runs"]) seen.insert(run["id"].get<std::string>());
      from = each.id;
    }
    return digests.size();
  };
  for (int i = 0; i < runs; ++i) {
    const std::string id = "r" + std::to_string(i);
    REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", id}}).status == 200);
    if (i % 10 == 4) CHECK(read("event: digest") >= 1);
  }
  while (completed < runs) REQUIRE(read("event: digest") >= 1);
  CHECK(created == runs);
  CHECK(completed == runs);
  CHECK(seen.size() == runs);
  CHECK(f.get("/v1/events?digest=1ms").status == 400);
}

TEST_CASE("digests have how far jobs are", "[api][events]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  for (int i = 0; i < 20; ++i)
    REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r" + std::to_string(i)}}).status == 201);
  const auto stream = f.begin("GET", "/v1/events?digest=100ms&kind=run_failed")->stream();
  static_cast<void>(stream->wait_for("id: "));
  const json cancel{{"command", "cancel"}, {"filter", "flow=f status=running"}, {"id", "j"}};
  REQUIRE(f.post("/v1/jobs", cancel).status == 201);
  const auto digests = events_in(stream->wait_for(R"("state":"finished")"));
  stream->disconnect();
  REQUIRE_FALSE(digests.empty());
  const json& last = digests.back().data;
  CHECK(last["jobs"][0]["job"] == "j");
  CHECK(last["jobs"][0]["done"] == 20);
  CHECK(last["events"] == 0);
}

TEST_CASE("digests report changed flow files", "[api][events]") {
  api_fixture f{api_fixture::quiet(), false, std::make_shared<flow_file_reports>("flows")};
  const std::string report = R"("flow_files":true)";
  const auto stream = f.begin("GET", "/v1/events?digest=100ms")->stream();
  CHECK(stream->wait_for("id: ").find(report) == std::string::npos);
  f.flow_files->put({"a.yaml", from_unix_us(0)});
  CHECK(events_in(stream->wait_for(report)).back().data["events"] == 0);
  stream->disconnect();
  // A reader that comes back does not know what has changed meanwhile.
  const auto later = f.begin("GET", "/v1/events?digest=100ms")->stream();
  CHECK(events_in(later->wait_for(report)).size() == 1);
  later->disconnect();
}

TEST_CASE("many events in the time of a digest are one message", "[api][events]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo")});
  const auto first = f.engine.events().read();
  REQUIRE(first);
  const auto stream =
      f.begin("GET", "/v1/events?digest=10m", "", {{"Last-Event-ID", to_string(first->next)}})
          ->stream();
  static_cast<void>(stream->wait_for("id: "));
  for (int i = 0; i < 50; ++i)
    REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r" + std::to_string(i)}}).status ==
            200);
  CHECK(events_in(stream->wait_for("event: digest")).size() == 1);
  stream->disconnect();
}

TEST_CASE("a WebSocket sends events and accepts commands", "[api][socket]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  CHECK(f.get("/v1/runs/r/ws").status == 426);
  const auto socket = f.begin("GET", "/v1/runs/r/ws", "", {}, true)->stream();
  CHECK(contains(socket->wait_for("signal_awaited"), R"("type":"event")"));
  socket->receive(R"({"type":"command","ref":7,"command":"pause","reason":"lunch"})");
  CHECK(contains(socket->wait_for(R"("ref":7)"), R"("ok":true)"));
  socket->receive(R"({"type":"command","ref":8,"command":"retry"})");
  CHECK(contains(socket->wait_for(R"("ref":8)"), "illegal_transition"));
  socket->receive(R"({"type":"command","ref":9,"command":"expode"})");
  CHECK(contains(socket->wait_for(R"("ref":9)"), "invalid_argument"));
  socket->receive("{");
  CHECK(contains(socket->wait_for("malformed_json"), "malformed_json"));
  socket->receive(R"({"type":"command","ref":10,"command":"resume"})");
  static_cast<void>(socket->wait_for(R"("ref":10)"));
  socket->receive(R"({"type":"command","ref":11,"command":"signal","signal_type":"go"})");
  const std::string all = socket->wait_for_end();
  CHECK(contains(all, R"("type":"end")"));
  CHECK(f.get("/v1/runs/r").body["status"] == "completed");
}

TEST_CASE("a WebSocket accepts set-data and its old name", "[api][socket]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  REQUIRE(f.post("/v1/runs/r/pause").status == 200);
  const auto socket = f.begin("GET", "/v1/runs/r/ws", "", {}, true)->stream();
  static_cast<void>(socket->wait_for("run_paused"));  // then the server reads commands
  socket->receive(R"({"type":"command","ref":1,"command":"set-data","update":{"a":1}})");
  CHECK(contains(socket->wait_for(R"("ref":1)"), R"("ok":true)"));
  socket->receive(R"({"type":"command","ref":2,"command":"update","update":{"b":2}})");
  static_cast<void>(socket->wait_for(R"("ref":2)"));
  const json data = f.get("/v1/runs/r/state").body;
  CHECK(data["a"] == 1);
  CHECK(data["b"] == 2);
  const auto entries = f.audit->entries();
  CHECK(entries[entries.size() - 2].what == "runs.set_data");
  CHECK(entries.back().what == "runs.update");
}

TEST_CASE("a WebSocket resumes after an event", "[api][socket]") {
  api_fixture f;
  f.put("f", {f.task("a", "core.echo")});
  REQUIRE(f.post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "r"}}).status == 200);
  const auto all = history_ids(f, "r");
  const auto socket = f.begin("GET", "/v1/runs/r/ws?after=" + all[1], "", {}, true)->stream();
  const std::string text = socket->wait_for_end();
  CHECK_FALSE(contains(text, "\"id\":\"" + all[1] + "\""));
  CHECK(contains(text, "\"id\":\"" + all[2] + "\""));
  CHECK(f.get("/v1/runs/r/ws?after=x").status == 400);
}

TEST_CASE("an idle stream sends heartbeats", "[api][events]") {
  api_fixture f;
  f.live->stop();
  auto beating = std::make_shared<live_streams>(std::chrono::milliseconds{5});
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.engine.start("f", json::object(), {.id = run_id{"r"}}));
  const auto stream = std::make_shared<server::testing::recorded_stream>();
  const auto watch = std::make_shared<run_watch>(beating, f.engine.scope(), run_id{"r"},
                                                 f.engine.events().watch(run_id{"r"}),
                                                 event_position{}, false, make_sse_sink(stream));
  watch->begin();
  CHECK(contains(stream->wait_for(": \n\n"), ": \n\n"));
  beating->stop();
}

TEST_CASE("event streams and WebSockets are limited per caller", "[api][events][limits]") {
  settings s = api_fixture::quiet();
  s.server.max_streams_per_key = 2;
  api_fixture f{s};
  f.put("f", {f.signal("s", "go")});
  REQUIRE(f.post("/v1/runs", {{"flow", "f"}, {"id", "r"}}).status == 201);
  const auto one = f.begin("GET", "/v1/runs/r/events");
  const auto two = f.begin("GET", "/v1/runs/r/ws", "", {}, true);
  REQUIRE(one->stream());
  REQUIRE(two->stream());
  for (const auto* path : {"/v1/runs/r/events", "/v1/events"}) {
    const auto refused = f.get(path);
    CHECK(refused.status == 429);
    CHECK(refused.body["code"] == "too_many_requests");
    CHECK(contains(refused.body["detail"], "server.max_streams_per_key"));
    CHECK(refused.field("Retry-After") == "1");
  }
  CHECK(f.begin("GET", "/v1/runs/r/ws", "", {}, true)->wait().status == 429);
  one->stream()->disconnect();
  CHECK(f.begin("GET", "/v1/events")->wait().status == 200);
}
