#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>

#include <pawl/engine.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int runs = 100;
constexpr int steps = 20;

pid_t start_child(const fs::path& folder) {
  const std::string data = folder / "data", trace = folder / "trace", acked = folder / "acked";
  const std::string count = std::to_string(runs);
  const std::string program = pawl::testing::program_dir() / "crash_child";
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(program.c_str(), program.c_str(), data.c_str(), trace.c_str(), acked.c_str(),
            count.c_str(), nullptr);
    ::_exit(127);
  }
  return child;
}

/// Waits at most `limit` for the child to end. Returns nothing if it still runs.
std::optional<int> wait_for(pid_t child, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(1ms);  // the time of the kill is random
  }
  return status;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Every step with a durable result, named as in the trace.
std::set<std::string> durable_steps(const fs::path& data) {
  pawl::settings settings;
  settings.storage.data_dir = data;
  settings.engine.recovery_batch = 0;  // do not resume runs
  pawl::engine engine{settings};
  const auto opened = engine.open();
  INFO((opened ? "" : opened.error().message));
  REQUIRE(opened);
  std::set<std::string> steps_done;
  const auto page = engine.runs().list({.limit = 1000});
  REQUIRE(page);
  for (const auto& run : page->runs) {
    const auto history = engine.runs().history(run.key.id);
    REQUIRE(history);
    for (const auto& event : *history)
      if (event.kind == "step_finished")
        steps_done.insert(run.key.id.str() + " " + event.node + " " + std::to_string(event.visit));
  }
  return steps_done;
}

}  // namespace

TEST_CASE("kill -9 at random times loses no run and repeats no durable step", "[crash]") {
  const char* const given = std::getenv("PAWL_TEST_SEED");
  const auto seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::mt19937_64 random{seed};
  CAPTURE(seed);
  WARN("seed " << seed << " (set PAWL_TEST_SEED to repeat it)");

  int kills = 0;
  while (kills < 50) {
    const fs::path folder =
        fs::temp_directory_path() /
        ("pawl-crash-" + std::to_string(::getpid()) + "-" + std::to_string(kills));
    fs::remove_all(folder);
    fs::create_directories(folder);
    std::map<std::string, int> calls_when_durable;  // durable step -> number of its calls so far
    // The process is killed several times, then left to finish.
    const int rounds = 10;
    for (int round = 0; round < rounds; ++round) {
      const pid_t child = start_child(folder);
      REQUIRE(child > 0);
      const auto delay = std::chrono::milliseconds{random() % 120};
      if (const auto ended = wait_for(child, delay)) {
        REQUIRE(WIFEXITED(*ended));
        REQUIRE(WEXITSTATUS(*ended) == 0);
        break;
      }
      ::kill(child, SIGKILL);
      REQUIRE(wait_for(child, 10s));
      ++kills;
      if (round % 3 == 2 && fs::exists(folder / "data" / "CURRENT")) {
        std::map<std::string, int> calls;
        for (const auto& line : lines_of(folder / "trace")) ++calls[line];
        for (const auto& step : durable_steps(folder / "data"))
          calls_when_durable.try_emplace(step, calls[step]);
      }
    }
    const pid_t last = start_child(folder);
    const auto ended = wait_for(last, 120s);
    REQUIRE(ended);
    REQUIRE(WIFEXITED(*ended));
    REQUIRE(WEXITSTATUS(*ended) == 0);  // the child waited for every run to complete

    std::map<std::string, int> calls;
    for (const auto& line : lines_of(folder / "trace")) ++calls[line];
    for (const auto& [step, before] : calls_when_durable) {
      INFO(step << " was durable after " << before << " calls");
      CHECK(calls[step] == before);
    }
    const auto finished = durable_steps(folder / "data");
    CHECK(finished.size() == static_cast<std::size_t>(runs) * steps);
    for (const auto& step : finished) CHECK(calls[step] >= 1);
    for (const auto& id : lines_of(folder / "acked")) CHECK(finished.contains(id + " s19 1"));
    fs::remove_all(folder);
  }
  CHECK(kills >= 50);
}
