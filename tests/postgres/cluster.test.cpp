#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <pawl/engine.hpp>

#include "tests/postgres/server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace std::chrono_literals;
using pawl::tests::postgres_server;

namespace {

constexpr int runs = 200;
constexpr int steps = 10;

std::vector<std::vector<std::string>> lines_of(const std::filesystem::path& file) {
  std::vector<std::vector<std::string>> lines;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    std::istringstream words{line};
    lines.emplace_back();
    for (std::string word; words >> word;) lines.back().push_back(word);
  }
  return lines;
}

/// Processes on one database, each an engine; see cluster_child.cpp.
class cluster {
 public:
  explicit cluster(const postgres_server& database, std::chrono::milliseconds lease = 2s)
      : lease_ms_(std::to_string(lease.count())),
        trace_(database.folder() / "trace"),
        acknowledged_(database.folder() / "acknowledged"),
        url_(database.url()) {
    std::filesystem::remove(trace_);
    std::filesystem::remove(acknowledged_);
  }
  ~cluster() {
    for (const auto& [name, child] : children_) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  void add(const std::string& name) {
    const std::string program = (testing::program_dir() / "cluster_child").string();
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl(program.c_str(), program.c_str(), url_.c_str(), name.c_str(), trace_.c_str(),
              acknowledged_.c_str(), std::to_string(runs).c_str(), lease_ms_.c_str(), nullptr);
      ::_exit(127);
    }
    children_[name] = child;
  }
  /// Kills a process as a crash does.
  void kill(const std::string& name) {
    ::kill(children_.at(name), SIGKILL);
    ::waitpid(children_.at(name), nullptr, 0);
    children_.erase(name);
  }
  void signal(const std::string& name, int number) { ::kill(children_.at(name), number); }
  /// Waits for the end of all processes, which is 0 for each.
  void finish() {
    for (const auto& [name, child] : children_) {
      int status = -1;
      ::waitpid(child, &status, 0);
      CHECK(status == 0);
    }
    children_.clear();
  }

  [[nodiscard]] std::size_t steps_made() const { return lines_of(trace_).size(); }
  /// The names of the owners, in order.
  [[nodiscard]] std::vector<std::string> owners() const { return names_after("owner"); }
  /// The names of those that own the store or stand by, in the order in which they opened.
  [[nodiscard]] std::vector<std::string> opened() const { return names_after("open"); }
  /// How many steps `former` made after the first step of `next`.
  [[nodiscard]] std::size_t late_steps(const std::string& former, const std::string& next) const {
    bool has_next = false;
    std::size_t late = 0;
    for (const auto& line : lines_of(trace_)) {
      if (line.at(2) == next) has_next = true;
      if (has_next && line.at(2) == former) ++late;
    }
    return late;
  }
  /// Each acknowledged run has made all steps in order; a step ran again only where an owner was
  /// lost while it ran, `losses` times at most.
  void check_steps(std::size_t losses, bool in_order = true) const {
    std::map<std::string, std::vector<std::string>> made;
    for (const auto& line : lines_of(trace_)) made[line.at(0)].push_back(line.at(1));
    std::set<std::string> started;
    for (const auto& line : lines_of(acknowledged_))
      if (line.at(0) == "run") CHECK(started.insert(line.at(1)).second);
    CHECK(made.size() == static_cast<std::size_t>(runs));
    for (const auto& run : started) CHECK(made.contains(run));
    for (const auto& [run, order] : made) {
      CAPTURE(run);
      CHECK(std::set<std::string>(order.begin(), order.end()).size() == steps);
      if (in_order) CHECK(std::is_sorted(order.begin(), order.end()));
      CHECK(order.size() <= steps + losses);
    }
  }

 private:
  [[nodiscard]] std::vector<std::string> names_after(std::string_view word) const {
    std::vector<std::string> names;
    for (const auto& line : lines_of(acknowledged_))
      if (line.at(0) == word) names.push_back(line.at(1));
    return names;
  }

  const std::string lease_ms_;
  const std::filesystem::path trace_;
  const std::filesystem::path acknowledged_;
  const std::string url_;
  std::map<std::string, pid_t> children_;
};

void wait_until(const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < give_up);
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace

TEST_CASE("a standby takes over when the owner is killed; no finished step runs again",
          "[cluster]") {
  postgres_server database;
  cluster all{database};
  all.add("a");
  wait_until([&] { return all.owners().size() == 1; });
  all.add("b");
  all.add("c");
  std::size_t losses = 0;
  while (losses < 2) {
    const std::size_t before = all.steps_made();
    wait_until([&] { return all.steps_made() >= before + 200; });
    const auto begin = std::chrono::steady_clock::now();
    all.kill(all.owners().back());
    ++losses;
    wait_until([&] { return all.owners().size() > losses; });
    const auto took = std::chrono::steady_clock::now() - begin;
    WARN("taken over after " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
                             << " ms");
  }
  all.finish();
  all.check_steps(losses);
}

TEST_CASE("an owner that was stopped for long does not act after a takeover", "[cluster]") {
  postgres_server database;
  cluster all{database};
  all.add("a");
  wait_until([&] { return all.owners().size() == 1; });
  all.add("b");
  const std::size_t before = all.steps_made();
  wait_until([&] { return all.steps_made() >= before + 100; });
  all.signal("a", SIGSTOP);
  wait_until([&] { return all.owners().size() == 2; });
  all.signal("a", SIGCONT);
  all.finish();
  CHECK(all.owners().at(1) == "b");
  // Functions that had begun on a thread when the process was stopped go on; those that waited for
  // one do not begin.
  CHECK(all.late_steps("a", "b") <= 5);
  all.check_steps(2, false);
}

TEST_CASE("a restart of the database costs only time", "[cluster]") {
  postgres_server database;
  cluster all{database, 30s};
  all.add("a");
  wait_until([&] { return all.owners().size() == 1; });
  all.add("b");
  // A process that opens the store for the first time does not start without the database.
  wait_until([&] { return all.opened().size() == 2 && all.steps_made() >= 100; });
  database.crash();
  database.start();
  wait_until([&] { return all.steps_made() >= runs * steps; });
  all.finish();
  CHECK(all.owners().front() == "a");
  all.check_steps(0);
}
