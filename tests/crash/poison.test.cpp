// A run of which the process dies is quarantined, so that it does not kill the process for ever.

#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

namespace {

/// Runs the child; returns what it printed and its status as of waitpid.
std::pair<std::string, int> run_child(const std::string& arguments) {
  const std::string command =
      "exec " + (pawl::testing::program_dir() / "poison_child").string() + " " + arguments;
  FILE* const out = ::popen(command.c_str(), "r");
  REQUIRE(out != nullptr);
  std::string text;
  std::array<char, 256> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), out) != nullptr) text += buffer.data();
  return {text, ::pclose(out)};
}

}  // namespace

TEST_CASE("a run of which the process dies twice is quarantined, and a retry releases it",
          "[crash][quarantine]") {
  const std::vector<std::pair<std::string, int>> deaths{
      {"abort", SIGABRT}, {"inline", SIGABRT}, {"kill", SIGKILL}, {"overflow", SIGSEGV}};
  for (const auto& [how, signal] : deaths) {
    CAPTURE(how);
    std::string folder = (std::filesystem::temp_directory_path() / "pawl-poison-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string arguments = folder + " " + how;
    for (int life = 1; life <= 2; ++life) {
      const auto died = run_child(arguments);
      CAPTURE(life, died.first, died.second);
      REQUIRE(WIFSIGNALED(died.second));
      CHECK(WTERMSIG(died.second) == signal);
    }
    for (int life = 1; life <= 2; ++life) {
      const auto lives = run_child(arguments);
      CAPTURE(life);
      CHECK(lives.second == 0);
      CHECK(lives.first == "failed engine.quarantined 1\n");
    }
    const auto released = run_child(arguments + " retry");
    CHECK(released.second == 0);
    CHECK(released.first == "completed - 0\n");
    std::filesystem::remove_all(folder);
  }
}
