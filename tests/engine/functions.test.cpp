// Step functions that throw, hang or do not exist.
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("an exception fails its run with the exception's text; other runs go on", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add(
      "t.throws", [](step_context&) -> json { throw std::runtime_error{"the till is jammed"}; }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("bad", "t.throws")));
  REQUIRE(e.put_flow(task_flow("good", "core.echo")));
  const auto bad = e.start_and_wait("bad", {}, 10s);
  REQUIRE(bad);
  CHECK(bad->summary.status == run_status::failed);
  REQUIRE(bad->summary.error);
  CHECK(bad->summary.error->message.find("the till is jammed") != std::string::npos);
  CHECK(bad->summary.error->node == "work");
  CHECK(e.start_and_wait("good", {}, 10s)->summary.status == run_status::completed);
}

TEST_CASE("a function that never returns times out and its run fails", "[engine]") {
  settings s = quiet_settings();
  s.executor.stop_grace_ms = 50ms;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  {
    engine e{s};
    REQUIRE(e.functions().add("t.hangs", [released](step_context&) { released.wait(); }));
    REQUIRE(e.open());
    REQUIRE(e.put_flow(task_flow("f", "t.hangs", {{"timeout", "50ms"}})));
    const auto done = e.start_and_wait("f", {}, 20s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::failed);
    CHECK(done->summary.error->type == "timed_out");
  }
  release.set_value();
}

TEST_CASE("an unknown function is a warning in the definition and fails the run", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const auto put = e.put_flow(task_flow("f", "core.ecco"));
  REQUIRE(put);
  REQUIRE(put->warnings.size() == 1);
  CHECK(put->warnings[0].message.find("core.echo") != std::string::npos);
  const auto done = e.start_and_wait("f", {}, 10s);
  CHECK(done->summary.error->type == "unknown_function");
}

TEST_CASE("an invalid function name and a stuck function are logged", "[engine][log]") {
  const data_folder kept;
  std::filesystem::create_directories(kept.path);
  settings s;
  s.log.level = log_level::warning;
  s.log.file = kept.path / "log";
  s.executor.stop_grace_ms = 50ms;
  std::promise<void> released;
  {
    engine e{s};
    REQUIRE(e.functions().add("t.stuck", [&] { released.get_future().wait(); }));
    REQUIRE(e.open());
    CHECK_FALSE(e.put_flow(task_flow("evil", "../../etc/passwd")));
    REQUIRE(e.put_flow(task_flow("f", "t.stuck", {{"timeout", "50ms"}})));
    const auto done = e.start_and_wait("f", json::object(), 10s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::failed);
    released.set_value();
  }
  std::ifstream file{s.log.file};
  const std::string log{std::istreambuf_iterator<char>{file}, {}};
  CHECK(log.find("/nodes/1/data/code_ref") != std::string::npos);
  CHECK(log.find("t.stuck did not return and was given up") != std::string::npos);
}
