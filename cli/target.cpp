#include "cli/target.hpp"

#include <algorithm>
#include <array>

namespace pawl::cli {

bool has_question(const run_view& run) noexcept {
  return std::any_of(run.waiting_on.begin(), run.waiting_on.end(),
                     [](const waiting_on& each) { return each.kind == "answer"; });
}

bool changes_waits(std::string_view event_kind) noexcept {
  constexpr std::array<std::string_view, 6> kinds = {
      "signal_awaited", "signal_claimed", "interrupted", "answered", "run_paused", "run_resumed"};
  return std::find(kinds.begin(), kinds.end(), event_kind) != kinds.end();
}

}  // namespace pawl::cli
