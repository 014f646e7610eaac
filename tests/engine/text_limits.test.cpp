// The texts that callers, workers and flows can make large.

#include <string>

#include "tests/engine/worker_fixture.hpp"

using namespace pawl;
using namespace pawl::testing;

TEST_CASE("the error of a worker is cut", "[engine][limits]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("f")));
  const auto run = e.start("f");
  REQUIRE(run);
  const auto task = take_one(e);
  task_outcome failed;
  failed.value = error{errc::timed_out, std::string(5'000'000, 'm'), std::string(100'000, 't')};
  failed.retryable = false;
  REQUIRE(e.workers().complete(task.id, std::move(failed)));
  const auto done = e.wait(run->id, 30s);
  REQUIRE(done);
  REQUIRE(done->summary.error);
  CHECK(done->summary.error->message.size() <= 8 * 1024 + 3);
  CHECK(done->summary.error->message.ends_with("m…"));
  CHECK(done->summary.error->type.size() <= 128 + 3);
}

TEST_CASE("the message of a fail node is cut", "[engine][limits]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_named(
      "f", {node("begin", "start"), node("no", "fail", {{"message", {{"var", "text"}}}})},
      {edge("begin", "no")})));
  const auto done = e.start_and_wait("f", {{"text", std::string(1'000'000, 'm')}}, 30s);
  REQUIRE(done);
  REQUIRE(done->summary.error);
  CHECK(done->summary.error->message.size() <= 8 * 1024 + 3);
}

TEST_CASE("metadata beyond its limit is refused", "[engine][limits]") {
  settings s = quiet_settings();
  s.run.max_metadata_bytes = 1024;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  start_options options;
  options.metadata = {{"text", std::string(1000, 'x')}};
  const auto run = e.start("f", json::object(), options);
  REQUIRE(run);
  options.metadata = {{"text", std::string(2000, 'x')}};
  const auto refused = e.start("f", json::object(), options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::limit_exceeded);
  CHECK(refused.error().message.find("run.max_metadata_bytes") != std::string::npos);
  REQUIRE(e.runs().cancel(run->id));
  CHECK_FALSE(e.runs().restart(run->id, options));
  CHECK(e.runs().restart(run->id, {}));
}

TEST_CASE("the log lines of a heartbeat are cut and limited in number", "[engine][limits]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("f")));
  REQUIRE(e.start("f"));
  const auto task = take_one(e);
  const auto events = e.watch_steps();
  REQUIRE(e.workers().heartbeat(task.id, std::nullopt,
                                {{log_level::info, std::string(1'000'000, 'x')}}));
  const auto event = events->next(30s);
  REQUIRE(event);
  CHECK(event->what.detail["message"].get<std::string>().size() <= 16 * 1024 + 3);
  const auto refused = e.workers().heartbeat(
      task.id, std::nullopt, std::vector<task_log_line>(1001, {log_level::info, "x"}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
}
