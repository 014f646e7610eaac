#include "tests/linear/life.hpp"

#include <sys/wait.h>

#include <csignal>

#include "tests/support/catch.hpp"

using namespace pawl::linear;
using namespace std::chrono_literals;

namespace {

struct led {
  death end;
  std::vector<std::string> lines;
};

led shell(const std::string& script, const std::vector<blow>& blows,
          std::chrono::milliseconds watchdog = 60s) {
  led life;
  life.end = live({"/bin/sh", "-c", script}, blows, watchdog,
                  [&](const std::string& line) { life.lines.push_back(line); });
  return life;
}

const std::string one_call = R"(echo '{"call":1}'; )";

}  // namespace

TEST_CASE("a life gives whole lines and how it has ended", "[linear][life]") {
  const auto life = shell("echo one; echo two; printf thr; exit 3", {});
  CHECK(life.lines == std::vector<std::string>{"one", "two"});
  REQUIRE(WIFEXITED(life.end.status));
  CHECK(WEXITSTATUS(life.end.status) == 3);
  CHECK_FALSE(life.end.hung);
}

TEST_CASE("a life is killed when it has made its calls, also after it was stopped",
          "[linear][life]") {
  const std::vector<blow> blows = {{blow::kind::pause, 0, 0us, 2ms},
                                   {blow::kind::pause, 1, 1ms, 2ms},
                                   {blow::kind::kill, 1, 1ms, 0us}};
  const auto life = shell(one_call + "exec sleep 1000", blows);
  CHECK(life.lines.size() == 1);
  REQUIRE(WIFSIGNALED(life.end.status));
  CHECK(WTERMSIG(life.end.status) == SIGKILL);
  CHECK_FALSE(life.end.hung);
}

TEST_CASE("a life that is to stop sees the end of its input", "[linear][life]") {
  const auto life = shell(one_call + "read line; echo over", {{blow::kind::stop, 1, 0us, 0us}});
  CHECK(life.lines.back() == "over");
  CHECK(WIFEXITED(life.end.status));
}

TEST_CASE("a life that says nothing any more is ended and known as hung", "[linear][life]") {
  const auto life = shell(one_call + "exec sleep 1000", {{blow::kind::kill, 2, 0us, 0us}}, 20ms);
  CHECK(life.end.hung);
  CHECK(WIFSIGNALED(life.end.status));
}
