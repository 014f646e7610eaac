#include "tests/linear/life.hpp"

#include <sys/wait.h>

#include <csignal>

#include "tests/support/catch.hpp"

using namespace pawl::linear;
using namespace std::chrono_literals;

namespace {

struct led {
  exit_result end;
  std::vector<std::string> lines;
};

led shell(const std::string& script, const std::vector<injection>& injections,
          std::chrono::milliseconds watchdog = 60s) {
  led life;
  life.end = run_process({"/bin/sh", "-c", script}, injections, watchdog,
                         [&](const std::string& line) { life.lines.push_back(line); });
  return life;
}

const std::string one_call = R"(echo '{"call":1}'; )";

}  // namespace

TEST_CASE("a life yields complete lines and its exit status", "[linear][life]") {
  const auto life = shell("echo one; echo two; printf thr; exit 3", {});
  CHECK(life.lines == std::vector<std::string>{"one", "two"});
  REQUIRE(WIFEXITED(life.end.status));
  CHECK(WEXITSTATUS(life.end.status) == 3);
  CHECK_FALSE(life.end.hung);
}

TEST_CASE("a life is killed after its calls, even if it was paused before", "[linear][life]") {
  const std::vector<injection> injections = {{injection::kind::pause, 0, 0us, 2ms},
                                             {injection::kind::pause, 1, 1ms, 2ms},
                                             {injection::kind::kill, 1, 1ms, 0us}};
  const auto life = shell(one_call + "exec sleep 1000", injections);
  CHECK(life.lines.size() == 1);
  REQUIRE(WIFSIGNALED(life.end.status));
  CHECK(WTERMSIG(life.end.status) == SIGKILL);
  CHECK_FALSE(life.end.hung);
}

TEST_CASE("a life that should stop sees the end of its input", "[linear][life]") {
  const auto life =
      shell(one_call + "read line; echo over", {{injection::kind::stop, 1, 0us, 0us}});
  CHECK(life.lines.back() == "over");
  CHECK(WIFEXITED(life.end.status));
}

TEST_CASE("a life without output is killed and reported as hung", "[linear][life]") {
  const auto life =
      shell(one_call + "exec sleep 1000", {{injection::kind::kill, 2, 0us, 0us}}, 20ms);
  CHECK(life.end.hung);
  CHECK(WIFSIGNALED(life.end.status));
}
