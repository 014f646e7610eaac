#include "cli/interrupts.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "tests/support/catch.hpp"

using namespace pawl::cli;
using namespace std::chrono_literals;

namespace {

/// The end of a child process, and what it wrote to stderr.
struct ended {
  int status = 0;
  std::string text;
};

/// Runs `body` in a child process.
template <class Body>
ended in_child(Body body) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    body();
    ::_exit(99);
  }
  ::close(ends[1]);
  ended result;
  char buffer[512];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    result.text.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  ::waitpid(child, &result.status, 0);
  return result;
}

}  // namespace

TEST_CASE("a process that does not stop in time is ended", "[interrupts]") {
  const auto end = in_child([] {
    interrupts signals;
    signals.enable_graceful_stop();
    signals.end_within(50ms);
    ::kill(::getpid(), SIGTERM);
    signals.wait();
    // A thread that does not come back.
    std::this_thread::sleep_for(1h);
  });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 128 + SIGTERM);
  CHECK(end.text.find("pawl: did not stop within 50 ms and is ended") != std::string::npos);
}

TEST_CASE("a limit that is set after the signal ends the process too", "[interrupts]") {
  const auto end = in_child([] {
    interrupts signals;
    signals.enable_graceful_stop();
    ::kill(::getpid(), SIGTERM);
    signals.wait();
    std::this_thread::sleep_for(50ms);  // the signal thread waits for a second signal by now
    signals.end_within(50ms);
    std::this_thread::sleep_for(1h);
  });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 128 + SIGTERM);
}

TEST_CASE("a process that stops in time is not ended", "[interrupts]") {
  const auto end = in_child([] {
    interrupts signals;
    signals.enable_graceful_stop();
    signals.end_within(1h);
    ::kill(::getpid(), SIGTERM);
    signals.wait();
    ::_exit(7);
  });
  REQUIRE(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 7);
  CHECK(end.text.empty());
}
