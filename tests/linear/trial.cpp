#include "tests/linear/trial.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

namespace pawl::linear {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Far longer than any answer takes, even with sanitizers on a busy machine.
constexpr auto watchdog = 60s;

bool ended_well(const exit_result& end) {
  return WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0;
}

}  // namespace

trial::trial(std::string program, std::uint64_t seed)
    : program_(std::move(program)),
      seed_(seed),
      random_(seed),
      folder_(fs::temp_directory_path() / ("pawl-" + program_ + "-" + std::to_string(::getpid()))) {
  fs::remove_all(folder_);
  fs::create_directories(folder_);
}

void trial::work_for_a_life() {
  switch (draw(8)) {
    case 0:
      return live_to_the_end("work", injection::kind::stop);
    case 1:
      return live_to_the_end("finish", injection::kind::stop);
    default:
      break;
  }
  const exit_result end = lead("work", seed_, choose_injections(injection::kind::kill));
  if (!WIFSIGNALED(end.status) || WTERMSIG(end.status) != SIGKILL)
    give_up("the process ended before it was killed, with wait status", end.status);
  ++kills_;
}

void trial::settle(std::uint64_t runs) {
  const exit_result end = lead("settle", runs, {});
  if (!ended_well(end)) give_up("the last life ended with wait status", end.status);
}

fs::path trial::keep() const {
  const auto file = folder_ / "records.jsonl";
  std::ofstream{file} << records_;
  return file;
}

void trial::remove() const {
  fs::remove_all(folder_);
}

void trial::live_to_the_end(const std::string& mode, injection::kind how) {
  const exit_result end = lead(mode, seed_, choose_injections(how));
  if (!ended_well(end)) give_up("an orderly stop ended with wait status", end.status);
}

std::vector<injection> trial::choose_injections(injection::kind last) {
  std::vector<injection> injections;
  const std::size_t calls = 1 + draw(120);
  const std::uint64_t pauses = draw(3);
  for (std::uint64_t i = 0; i < pauses; ++i) {
    injections.push_back({injection::kind::pause, i * calls / 2,
                          std::chrono::microseconds{draw(2'000)},
                          std::chrono::microseconds{draw(15'000)}});
  }
  const bool early = draw(16) == 0;  // while the store opens, or soon after
  injections.push_back(
      {last, early ? 0 : calls, std::chrono::microseconds{draw(early ? 20'000 : 1'500)}, {}});
  return injections;
}

exit_result trial::lead(const std::string& mode, std::uint64_t number,
                        const std::vector<injection>& injections) {
  const std::vector<std::string> program{(pawl::testing::program_dir() / program_).string(), mode,
                                         (folder_ / "data").string(), std::to_string(number),
                                         std::to_string(history_.next_call())};
  const exit_result end =
      run_process(program, injections, watchdog, [this](const std::string& line) {
        records_ += line + "\n";
        history_.add(json::parse(line));
      });
  if (end.hung) give_up("no output for this many seconds:", watchdog.count());
  if (mode == "finish" && !history_.outstanding().empty())
    give_up("clients of an orderly stop got no answer; wait status", end.status);
  history_.end_life();
  records_ += "{\"over\":true}\n";
  return end;
}

void trial::give_up(const std::string& why, long long detail) const {
  FAIL(why << " " << detail << "\nall records: " << keep() << "\nunanswered calls:\n"
           << history_.outstanding());
}

}  // namespace pawl::linear
