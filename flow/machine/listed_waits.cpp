#include "flow/machine/listed_waits.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

constexpr std::size_t tokens_of_one_node = 4;

void add_listed(std::vector<run_wait>& to, run_wait wait) {
  if (to.size() == max_listed_waits) return;
  if (std::find(to.begin(), to.end(), wait) == to.end()) to.push_back(std::move(wait));
}

/// Adds what a token that sleeps waits for.
void add_sleeper(const compiled_flow& flow, const run_state& run, const token& t,
                 std::vector<run_wait>& to) {
  const auto& node = flow.at(t.node);
  const auto signals = node.behaviour->awaited_by(run, t, node);
  if (t.question) add_listed(to, {"answer", "", node.id});
  for (const auto& signal : signals) add_listed(to, {"signal", signal, node.id});
  if (!t.question && signals.empty()) add_listed(to, {"timer", "", node.id});
}

}  // namespace

std::vector<run_wait> listed_waits(const compiled_flow& flow, const run_state& run) {
  std::vector<run_wait> waits;
  if (is_finished(run.status)) return waits;
  std::size_t asking = 0;
  for (const auto id : run.tokens.asking()) {
    if (asking++ == max_listed_waits) break;
    if (const token* const t = run.find_token(id)) add_sleeper(flow, run, *t, waits);
  }
  for (const auto& [node, sleepers] : run.tokens.sleeping()) {
    if (waits.size() == max_listed_waits) break;
    for (std::size_t i = 0; i < sleepers.size() && i < tokens_of_one_node; ++i)
      if (const token* const t = run.find_token(sleepers[i])) add_sleeper(flow, run, *t, waits);
  }
  if (run.tokens.waits_for_children()) add_listed(waits, {"run", "", ""});
  if (!run.tokens.with_tasks().empty()) add_listed(waits, {"worker", "", ""});
  return waits;
}

}  // namespace pawl::flow
