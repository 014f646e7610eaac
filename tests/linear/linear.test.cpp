#include <sys/wait.h>
#include <unistd.h>

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

using namespace pawl::linear;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;
using pawl::json;

/// Far longer than any answer takes, also with sanitizers on a busy machine.
constexpr auto watchdog = 60s;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* const given = std::getenv(name);
  return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

/// One store with the lives that were led on it, and what was recorded of them.
class trial {
 public:
  explicit trial(std::uint64_t seed)
      : seed_(seed),
        random_(seed),
        folder_(fs::temp_directory_path() / ("pawl-linear-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  /// Clients work on it until it is killed, or stopped in order.
  void work_for_a_life() {
    const auto blows = choose_blows();
    const death end = lead({"work", std::to_string(seed_)}, blows);
    if (blows.back().what == blow::kind::kill) {
      REQUIRE(WIFSIGNALED(end.status));
      REQUIRE(WTERMSIG(end.status) == SIGKILL);
      ++kills_;
    } else {
      require_good_end(end);
    }
  }

  /// Lets everything come to an end and reads it.
  void settle() { require_good_end(lead({"settle", std::to_string(runs())}, {})); }

  /// Writes the records where they can be looked at.
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
  [[nodiscard]] std::uint64_t runs() const { return runs_before(history_.next_call()); }

  std::vector<blow> choose_blows() {
    std::vector<blow> blows;
    const std::size_t calls = 1 + draw(120);
    const std::uint64_t pauses = draw(3);
    for (std::uint64_t i = 0; i < pauses; ++i) {
      blows.push_back({blow::kind::pause, i * calls / 2, std::chrono::microseconds{draw(2'000)},
                       std::chrono::microseconds{draw(15'000)}});
    }
    const bool in_order = draw(8) == 0;
    const bool early = draw(16) == 0;  // at best while the store is opened
    blows.push_back({in_order ? blow::kind::stop : blow::kind::kill,
                     early ? 0 : calls,
                     std::chrono::microseconds{draw(early ? 20'000 : 1'500)},
                     {}});
    return blows;
  }

  death lead(std::vector<std::string> arguments, const std::vector<blow>& blows) {
    std::vector<std::string> program{LINEAR_CHILD, arguments[0], (folder_ / "data").string(),
                                     arguments[1], std::to_string(history_.next_call())};
    const death end = live(program, blows, watchdog, [this](const std::string& line) {
      records_ += line + "\n";
      history_.add(json::parse(line));
    });
    if (end.hung) {
      FAIL("the engine has answered nothing for " << watchdog.count() << " s; records: " << keep()
                                                  << "; outstanding:\n"
                                                  << history_.outstanding());
    }
    history_.end_life();
    records_ += "{\"over\":true}\n";
    return end;
  }

  static void require_good_end(const death& end) {
    REQUIRE(WIFEXITED(end.status));
    REQUIRE(WEXITSTATUS(end.status) == 0);
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  const fs::path folder_;
  history history_;
  std::string records_;
  int kills_ = 0;
};

/// How often what was seen: for people, who can see from it whether the test still tests.
std::string statistics(const history& recorded) {
  std::map<std::string, int> count;
  for (const auto& [name, run] : recorded.runs()) {
    for (const auto& c : run.calls) {
      ++count["calls"];
      ++count[!c.known ? "no answer" : c.answer.error.empty() ? "done" : c.answer.error];
      if (c.known && c.answer.pausing) ++count["pausing"];
      if (c.known && c.answer.error.empty() && c.what.only_if) ++count["won"];
    }
    const auto& last = run.calls.back().answer;
    ++count["ended " + std::string{last.error.empty() ? to_string(last.status) : last.error}];
  }
  std::string text;
  for (const auto& [what, times] : count) text += ", " + what + ": " + std::to_string(times);
  return text;
}

}  // namespace

TEST_CASE("what concurrent clients see of a run is linearizable under kill -9 and SIGSTOP",
          "[linear]") {
  const auto seed = number_from_environment("PAWL_TEST_SEED", std::random_device{}());
  const std::chrono::seconds budget{number_from_environment("PAWL_TEST_SECONDS", 20)};
  CAPTURE(seed);
  WARN("seed " << seed << " (PAWL_TEST_SEED repeats the choice of calls and blows)");

  trial on{seed};
  const auto until = std::chrono::steady_clock::now() + budget;
  while (std::chrono::steady_clock::now() < until) on.work_for_a_life();
  on.settle();

  const auto begin = std::chrono::steady_clock::now();
  bool good = true;
  for (const auto& [name, run] : on.recorded().runs()) {
    CAPTURE(name);
    for (const auto& contradiction : audit(run)) {
      good = false;
      FAIL_CHECK(contradiction);
    }
    const auto verdict = judge(run.calls);
    if (verdict == judgement::linearizable) continue;
    good = false;
    if (verdict == judgement::undecided)
      FAIL_CHECK("too much to search: make the histories shorter\n" << to_text(run.calls));
    else
      FAIL_CHECK(to_text(refute(run.calls)));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  WARN(on.kills() << " kills, " << on.recorded().runs().size() << " runs"
                  << statistics(on.recorded()) << "; checked in " << took.count() << " s");
  CHECK(on.kills() > 0);
  if (good) {
    on.remove();
  } else {
    WARN("all records: " << on.keep());
  }
}
