#include "cli/run_family.hpp"

#include <algorithm>
#include <utility>

namespace pawl::cli {
namespace {

constexpr std::size_t max_subflows = 100;

/// The result of a finished subflow is about to be taken, unless the subflow is quarantined.
bool keeps_waiting(const run_view& subflow) {
  const auto& failure = subflow.summary.error;
  return !is_finished(subflow.summary.status) || (failure && failure->type == "engine.quarantined");
}

void add_subflows(run_family& to, std::size_t member, const run_reader& read) {
  const auto waits = to[member].run.waiting_on;  // `to` grows
  for (const auto& wait : waits) {
    if (wait.kind != "run") continue;
    if (to.size() > max_subflows) return;
    auto subflow = read(run_id{wait.name});
    if (!subflow || !keeps_waiting(*subflow)) continue;
    to.push_back({*std::move(subflow)});
    add_subflows(to, to.size() - 1, read);
  }
}

}  // namespace

run_family read_family(run_view first, const run_reader& read) {
  run_family family;
  family.push_back({std::move(first)});
  add_subflows(family, 0, read);
  return family;
}

bool waits_for(const run_view& run, std::string_view kind) noexcept {
  return std::any_of(run.waiting_on.begin(), run.waiting_on.end(),
                     [kind](const waiting_on& each) { return each.kind == kind; });
}

bool has_question(const run_view& run) noexcept {
  return waits_for(run, "answer");
}

bool has_question(const run_family& family) noexcept {
  return std::any_of(family.begin(), family.end(),
                     [](const auto& member) { return has_question(member.run); });
}

}  // namespace pawl::cli
