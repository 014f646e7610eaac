#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/linear/audit.hpp"
#include "tests/linear/family.hpp"
#include "tests/linear/history.hpp"
#include "tests/linear/search.hpp"
#include "tests/linear/trial.hpp"
#include "tests/linear/workload.hpp"
#include "tests/support/catch.hpp"

using namespace pawl::linear;

namespace {

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* const given = std::getenv(name);
  return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

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
    if (run.calls.empty()) continue;
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

std::uint64_t chosen_seed() {
  const auto seed = number_from_environment("PAWL_TEST_SEED", std::random_device{}());
  WARN("seed " << seed << " (set PAWL_TEST_SEED to repeat the choice of calls and injections)");
  return seed;
}

/// The time for all tests together.
std::chrono::milliseconds budget() {
  return std::chrono::seconds{number_from_environment("PAWL_TEST_SECONDS", 20)};
}

void work_for(trial& on, std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) on.work_for_a_life();
}

void check(const trial& on, const std::vector<std::string>& findings) {
  constexpr std::size_t shown = 5;  // the first few are enough
  for (std::size_t i = 0; i < std::min(findings.size(), shown); ++i) FAIL_CHECK(findings[i]);
  if (!findings.empty()) FAIL(findings.size() << " findings; all records: " << on.keep());
  CHECK(on.kills() > 0);
  on.remove();
}

}  // namespace

TEST_CASE("what concurrent clients see of a run is linearizable under kill -9 and SIGSTOP",
          "[linear]") {
  trial on{"linear_child", chosen_seed()};
  work_for(on, budget() * 3 / 5);
  on.settle(runs_before(on.recorded().next_call()));

  const auto begin = std::chrono::steady_clock::now();
  const auto findings = check_all(on.recorded());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  WARN(on.kills() << " kills, " << on.recorded().runs().size() << " runs"
                  << statistics(on.recorded()) << "; checked in " << took.count() << " s");
  check(on, findings);
}

TEST_CASE("retries of parents and children at once start no second child and repeat no step",
          "[linear][subflow]") {
  trial on{"linear_family_child", chosen_seed()};
  work_for(on, budget() * 2 / 5);
  on.settle(families_before(on.recorded().next_call()));
  const auto findings = audit_families(on.recorded());
  WARN(on.kills() << " kills, " << on.recorded().parents().size() << " child runs, "
                  << on.recorded().function_calls().size() << " calls of functions"
                  << statistics(on.recorded()));
  check(on, findings);
}
