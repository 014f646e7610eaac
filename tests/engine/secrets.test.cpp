// Secrets reach functions and workers, and nothing else.
#include <fstream>
#include <iterator>

#include "tests/engine/worker_fixture.hpp"

using namespace pawl;
using namespace pawl::testing;

namespace {

constexpr const char* secret = "correct-horse-battery";

/// Sets an environment variable for the time of a test.
struct set_variable {
  set_variable(const char* variable, const char* value) : name(variable) {
    ::setenv(name, value, 1);
  }
  ~set_variable() { ::unsetenv(name); }
  const char* name;
};

/// All bytes of the files below a folder.
std::string content_of(const std::filesystem::path& folder) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in{entry.path(), std::ios::binary};
    all.append(std::istreambuf_iterator<char>{in}, {});
  }
  return all;
}

settings with_secret(settings s) {
  s.secrets.env = {"PAWL_ENGINE_TEST_KEY"};
  return s;
}

json using_secret() {
  return {{"with", {{"to", "bank"}, {"key", "Bearer {{PAWL_ENGINE_TEST_KEY | secret}}"}}}};
}

}  // namespace

TEST_CASE("a function gets a secret; nothing that it passes on is stored", "[secrets]") {
  const set_variable variable{"PAWL_ENGINE_TEST_KEY", secret};
  const data_folder folder;
  settings s = with_secret(folder.used());
  s.log.level = log_level::debug;
  s.log.file = folder.path.string() + ".log";
  {
    engine e{s};
    json seen;
    REQUIRE(e.functions().add("bank.pay", [&](const json&, step_context& step) -> result<json> {
      seen = step.args();
      step.log(log_level::info, "calls with " + step.args().at("key").get<std::string>());
      if (step.attempt() == 1)
        return fail("refused", "the key " + step.args().at("key").get<std::string>() + " is busy",
                    json{{"headers", {{"echo", step.args().at("key")}}}});
      return json{{"echoed", step.args()}};
    }));
    REQUIRE(e.open());
    const auto steps = e.watch_steps();
    json data = using_secret();
    data["retry"] = {{"max_attempts", 2}, {"initial_interval", "1ms"}};
    REQUIRE(e.put_flow(task_flow("pay", "bank.pay", data)));
    const auto done = e.start_and_wait("pay", json::object(), 10s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
    CHECK(seen == json{{"to", "bank"}, {"key", "Bearer " + std::string{secret}}});
    CHECK(done->data.at("echoed") == json{{"to", "bank"}, {"key", "Bearer ***"}});
    const auto history = e.runs().history(done->summary.key.id);
    REQUIRE(history);
    std::size_t masked = 0;
    for (const auto& event : *history) {
      CHECK(event.detail.dump().find(secret) == std::string::npos);
      masked += event.detail.dump().find("***") != std::string::npos;
    }
    CHECK(masked > 0);
    const auto line = steps->next(10s);
    REQUIRE(line);
    CHECK(line->what.detail.at("message") == "calls with Bearer ***");
    REQUIRE(e.stop());
  }
  CHECK(content_of(folder.path).find(secret) == std::string::npos);
  std::ifstream log{s.log.file};
  const std::string logged{std::istreambuf_iterator<char>{log}, {}};
  CHECK(logged.find(secret) == std::string::npos);
  std::filesystem::remove(s.log.file);
}

TEST_CASE("a worker gets a secret; what it reports is masked", "[secrets][workers]") {
  const set_variable variable{"PAWL_ENGINE_TEST_KEY", secret};
  const data_folder folder;
  {
    engine e{with_secret(worker_settings_in(folder.path))};
    REQUIRE(e.open());
    const auto steps = e.watch_steps();
    REQUIRE(e.put_flow(worked("pay", using_secret())));
    const auto run = e.start("pay");
    REQUIRE(run);
    const auto task = take_one(e);
    CHECK(task.args == json{{"to", "bank"}, {"key", "Bearer " + std::string{secret}}});
    REQUIRE(e.workers().heartbeat(task.id, {}, {{log_level::info, secret}}));
    const auto line = steps->next(10s);
    REQUIRE(line);
    CHECK(line->what.detail.at("message") == "***");
    REQUIRE(e.workers().complete(task.id, {json{{"echoed", task.args}}}));
    const auto done = e.wait(run->id, 10s);
    REQUIRE(done);
    CHECK(done->data.at("echoed").at("key") == "Bearer ***");
    REQUIRE(e.stop());
  }
  CHECK(content_of(folder.path).find(secret) == std::string::npos);
}

TEST_CASE("a step whose secret is missing fails once, and a retry after a reload goes on",
          "[secrets]") {
  const data_folder files;
  std::filesystem::create_directories(files.path);
  const auto file = files.path / "secrets.json";
  const auto write = [&](const json& secrets) {
    std::ofstream{file} << secrets.dump();
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  };
  write(json::object());
  settings s = worker_settings_in();
  s.secrets.file = file;
  engine e{s};
  REQUIRE(e.functions().add("f.inline", [](const json&, step_context& step) -> result<json> {
    return json{{"size", step.args().at("k").get<std::string>().size()}};
  }));
  REQUIRE(e.open());
  const json with{{"with", {{"k", {{"secret", "LATER"}}}}}};
  REQUIRE(e.put_flow(task_flow("here", "f.inline", with)));
  REQUIRE(e.put_flow(worked("there", with)));
  for (const char* flow : {"here", "there"}) {
    const auto run = e.start(flow);
    REQUIRE(run);
    // A worker gets no task whose secret is missing.
    if (flow == std::string{"there"}) CHECK(e.workers().poll(poll_as("w1", 100ms))->empty());
    const auto failed = e.wait(run->id, 10s);
    REQUIRE(failed);
    CHECK(failed->summary.status == run_status::failed);
    CHECK(failed->summary.error->type == "unknown_secret");
    CHECK(failed->summary.error->attempt == 1);
    CHECK(failed->summary.error->message.find("LATER") != std::string::npos);
  }
  write({{"default", {{"LATER", secret}}}});
  REQUIRE(e.reload_secrets());
  const auto page = e.runs().list({});
  REQUIRE(page);
  for (const auto& run : page->runs) REQUIRE(e.runs().retry(run.key.id));
  REQUIRE(e.workers().complete(take_one(e).id, {json::object()}));
  for (const auto& run : page->runs) {
    const auto done = e.wait(run.key.id, 10s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
  }
  // After an error the old secrets stay.
  write({{"default", {{"LATER", "abc"}}}});
  CHECK_FALSE(e.reload_secrets());
  CHECK(e.start_and_wait("here", json::object(), 10s)->summary.status == run_status::completed);
}

TEST_CASE("an engine does not open without the secrets that its settings name", "[secrets]") {
  settings s = quiet_settings();
  s.secrets.env = {"PAWL_ENGINE_TEST_NOT_SET"};
  engine e{s};
  const auto opened = e.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("PAWL_ENGINE_TEST_NOT_SET") != std::string::npos);
}
