#include "flow/machine/enclosing.hpp"

#include <algorithm>

#include <pawl/assert.hpp>

namespace pawl::flow {

const token* find_enclosing(const run_state& run, std::span<const std::uint32_t> branch,
                            std::size_t level) {
  // It is older than the tokens inside it, so it comes first.
  const token* first = nullptr;
  if (level == 0) {
    if (!run.tokens.empty()) first = &run.tokens.front();
  } else if (const auto inside = run.tokens.forks().tokens_inside(branch.first(level));
             !inside.empty()) {
    first = run.find_token(inside.front());
  }
  return first != nullptr && first->branch.size() == level ? first : nullptr;
}

const token* find_compensating(const run_state& run, std::span<const std::uint32_t> branch) {
  const token* found = nullptr;
  for (const token& t : run.tokens) {
    if (!t.exit || t.branch.size() > branch.size()) continue;
    const bool is_around = std::equal(t.branch.begin(), t.branch.end(), branch.begin());
    if (is_around && (found == nullptr || found->branch.size() < t.branch.size())) found = &t;
  }
  return found;
}

bool is_stopping(const run_state& run, const token& t) noexcept {
  return t.stopping || (run.compensating && !t.compensates);
}

std::size_t place_of_compensation(const run_state& run, const token& t) {
  const auto& steps = run.compensations;
  const auto step = std::find_if(steps.rbegin(), steps.rend(), [&](const compensation& c) {
    return c.node == t.node && c.visit == t.visit;
  });
  PAWL_ASSERT_RUN(step != steps.rend(), "compensation of a step that has none recorded");
  return static_cast<std::size_t>(steps.rend() - step) - 1;
}

bool is_within(const compensation& step, std::span<const std::uint32_t> path,
               std::size_t depth) noexcept {
  return step.within.size() > depth && step.within.size() >= path.size() &&
         std::equal(path.begin(), path.end(), step.within.begin());
}

}  // namespace pawl::flow
