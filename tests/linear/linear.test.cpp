#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "tests/linear/audit.hpp"
#include "tests/linear/history.hpp"
#include "tests/linear/life.hpp"
#include "tests/linear/search.hpp"
#include "tests/linear/workload.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl::linear;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;
using pawl::json;

/// Far longer than any answer takes, even with sanitizers on a busy machine.
constexpr auto watchdog = 60s;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* const given = std::getenv(name);
  return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

/// One store, the lives of the process on it, and their records.
class trial {
 public:
  explicit trial(std::uint64_t seed)
      : seed_(seed),
        random_(seed),
        folder_(fs::temp_directory_path() / ("pawl-linear-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  /// Runs clients until the process is killed or stopped in order.
  void work_for_a_life() {
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

  /// Waits for all runs to become idle and reads them.
  void settle() {
    const exit_result end = lead("settle", runs_before(history_.next_call()), {});
    if (!ended_well(end)) give_up("the last life ended with wait status", end.status);
  }

  /// Writes the records to a file.
  fs::path keep() const {
    const auto file = folder_ / "records.jsonl";
    std::ofstream{file} << records_;
    return file;
  }
  void remove() const { fs::remove_all(folder_); }

  [[nodiscard]] const history& recorded() const { return history_; }
  [[nodiscard]] int kills() const { return kills_; }

 private:
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }
  static bool ended_well(const exit_result& end) {
    return WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0;
  }

  void live_to_the_end(const std::string& mode, injection::kind how) {
    const exit_result end = lead(mode, seed_, choose_injections(how));
    if (!ended_well(end)) give_up("an orderly stop ended with wait status", end.status);
  }

  std::vector<injection> choose_injections(injection::kind last) {
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

  /// Runs one life and records it. `number` is the third argument of the child.
  exit_result lead(const std::string& mode, std::uint64_t number,
                   const std::vector<injection>& injections) {
    const std::vector<std::string> program{
        (pawl::testing::program_dir() / "linear_child").string(), mode, (folder_ / "data").string(),
        std::to_string(number), std::to_string(history_.next_call())};
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

  void give_up(const std::string& why, long long detail) const {
    FAIL(why << " " << detail << "\nall records: " << keep() << "\nunanswered calls:\n"
             << history_.outstanding());
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  const fs::path folder_;
  history history_;
  std::string records_;
  int kills_ = 0;
};

/// Counts of what happened, to see whether the test still covers it.
std::string statistics(const history& recorded) {
  std::map<std::string, int> count;
  for (const auto& [name, run] : recorded.runs()) {
    for (const auto& c : run.calls) {
      ++count["calls"];
      ++count[!c.known ? "no answer" : c.answer.error.empty() ? "done" : c.answer.error];
      if (c.known && c.answer.pausing) ++count["pausing"];
      if (c.known && c.answer.error.empty() && c.what.if_status) ++count["compare-and-set done"];
    }
    const auto& last = run.calls.back().answer;
    ++count["ended " + std::string{last.error.empty() ? to_string(last.status) : last.error}];
  }
  std::string text;
  for (const auto& [what, times] : count) text += ", " + what + ": " + std::to_string(times);
  return text;
}

/// The findings about all runs.
std::vector<std::string> check_all(const history& recorded) {
  std::vector<std::string> findings;
  for (const auto& [name, run] : recorded.runs()) {
    for (const auto& contradiction : audit(run)) findings.push_back(name + " " + contradiction);
    switch (check_linearizable(run.calls)) {
      case search_result::linearizable:
        break;
      case search_result::not_linearizable:
        findings.push_back(name + ": " + to_text(refute(run.calls)));
        break;
      case search_result::undecided:
        findings.push_back(name + ": search limit exceeded, " + std::to_string(run.calls.size()) +
                           " calls");
    }
  }
  return findings;
}

}  // namespace

TEST_CASE("what concurrent clients see of a run is linearizable under kill -9 and SIGSTOP",
          "[linear]") {
  const auto seed = number_from_environment("PAWL_TEST_SEED", std::random_device{}());
  const std::chrono::seconds budget{number_from_environment("PAWL_TEST_SECONDS", 20)};
  CAPTURE(seed);
  WARN("seed " << seed << " (set PAWL_TEST_SEED to repeat the choice of calls and injections)");

  trial on{seed};
  const auto until = std::chrono::steady_clock::now() + budget;
  while (std::chrono::steady_clock::now() < until) on.work_for_a_life();
  on.settle();

  const auto begin = std::chrono::steady_clock::now();
  const auto findings = check_all(on.recorded());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  WARN(on.kills() << " kills, " << on.recorded().runs().size() << " runs"
                  << statistics(on.recorded()) << "; checked in " << took.count() << " s");
  constexpr std::size_t shown = 5;  // the first few are enough
  for (std::size_t i = 0; i < std::min(findings.size(), shown); ++i) FAIL_CHECK(findings[i]);
  if (!findings.empty()) FAIL(findings.size() << " findings; all records: " << on.keep());
  CHECK(on.kills() > 0);
  on.remove();
}
