#include "tests/linear/family.hpp"

#include <map>
#include <random>
#include <set>
#include <utility>

#include "tests/linear/audit.hpp"
#include "tests/linear/workload.hpp"

namespace pawl::linear {
namespace {

constexpr std::uint64_t families_at_once = 2;
constexpr std::uint64_t calls_per_family = 60;
constexpr std::uint64_t family_generation = families_at_once * calls_per_family;

verb choose_family_verb(std::uint64_t age, std::mt19937_64& random) {
  const std::uint64_t roll = random() % 100;
  if (roll < (age < 10 ? 60u : 5u)) return verb::start;
  return roll < 75 ? verb::retry : verb::get;
}

/// Audits one family.
class family_auditor {
 public:
  family_auditor(const history& recorded, std::string parent)
      : recorded_(recorded), parent_(std::move(parent)) {}

  std::vector<std::string> all() {
    const run_history& run = recorded_.runs().at(parent_);
    audit_run(parent_, run);
    if (run.story.empty()) return std::move(found_);  // it was never started
    const auto& last = run.calls.back();
    if (!last.known || last.answer.status != run_status::completed)
      report("does not complete: " + to_text(last));
    check_children(run);
    check_steps();
    return std::move(found_);
  }

 private:
  using visit = std::pair<std::string, std::uint32_t>;  ///< of a subflow node

  void report(const std::string& what) { found_.push_back(parent_ + " " + what); }

  void audit_run(const std::string& name, const run_history& run) {
    for (const auto& contradiction : audit_commands(run))
      found_.push_back(name + " " + contradiction);
  }

  void check_children(const run_history& run) {
    std::map<visit, std::set<std::string>> started;
    for (const auto& e : run.story) {
      if (e.child.empty()) continue;
      started[{e.node, e.visit}].insert(e.child);
      visit_of_.emplace(e.child, visit{e.node, e.visit});
    }
    for (const auto& [of, children] : started) {
      if (children.size() == 1) continue;
      report("has started " + std::to_string(children.size()) + " child runs for visit " +
             std::to_string(of.second) + " of " + of.first);
    }
    if (started.size() != 2)
      report("has started child runs for " + std::to_string(started.size()) + " visits, not 2");
    for (const auto& [child, parent] : recorded_.parents()) {
      if (parent != parent_) continue;
      if (!visit_of_.contains(child)) report("has a child run that no visit started: " + child);
      const auto of = recorded_.runs().find(child);
      if (of != recorded_.runs().end()) audit_run(child, of->second);
    }
  }

  /// The place of a step in the order of all steps of the family.
  [[nodiscard]] std::string step_of(const function_call& c) const {
    if (c.run == parent_) return (c.node == "before" ? "1 " : "4 ") + c.node;
    const auto found = visit_of_.find(c.run);
    if (found == visit_of_.end()) return "";
    return (found->second.first == "one" ? "2 one/" : "3 two/") + c.node;
  }

  void check_steps() {
    std::map<std::string, std::string> keys;  // by step
    std::string latest;
    for (const auto& c : recorded_.function_calls()) {
      const auto parent = recorded_.parents().find(c.run);
      if (c.run != parent_ && (parent == recorded_.parents().end() || parent->second != parent_))
        continue;
      const std::string step = step_of(c);
      if (step.empty()) {
        report("has made a call for a run that no visit started: " + c.key);
        continue;
      }
      if (const auto [known, is_new] = keys.emplace(step, c.key); !is_new && known->second != c.key)
        report("has called step " + step + " with two keys: " + known->second + ", " + c.key);
      if (step < latest) report("has called step " + step + " again after step " + latest);
      latest = std::max(latest, step);
    }
  }

  const history& recorded_;
  const std::string parent_;
  std::map<std::string, visit> visit_of_;  ///< by child run
  std::vector<std::string> found_;
};

}  // namespace

std::string family_name(std::uint64_t number) {
  return "family-" + std::to_string(number);
}

std::uint64_t families_before(std::uint64_t number) {
  return (number / family_generation + 1) * families_at_once;
}

family_task choose_family(std::uint64_t seed, std::uint64_t number) {
  const std::uint64_t block = number / clients;
  auto shared = seeded(seed, 3, block), own = seeded(seed, 4, number);
  const std::uint64_t hot = shared() % families_at_once;
  const bool all_retry = shared() % 3 == 0;
  const std::uint64_t age = number % family_generation * 100 / family_generation;
  family_task chosen;
  chosen.parent = family_name(number / family_generation * families_at_once + hot);
  chosen.what.what = all_retry && age >= 10 ? verb::retry : choose_family_verb(age, own);
  chosen.of_child = chosen.what.what != verb::start && own() % 2 == 0;
  if (chosen.what.what == verb::retry && own() % 3 == 0) chosen.what.if_status = run_status::failed;
  return chosen;
}

std::vector<std::string> audit_families(const history& recorded) {
  std::vector<std::string> findings;
  for (const auto& [name, run] : recorded.runs()) {
    if (recorded.parents().contains(name)) continue;
    for (auto& each : family_auditor{recorded, name}.all()) findings.push_back(std::move(each));
  }
  return findings;
}

}  // namespace pawl::linear
