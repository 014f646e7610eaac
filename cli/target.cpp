#include "cli/target.hpp"

#include <algorithm>
#include <array>

namespace pawl::cli {

bool changes_waits(std::string_view event_kind) noexcept {
  constexpr std::array<std::string_view, 7> kinds = {
      "signal_awaited", "signal_claimed", "interrupted",  "answered",
      "run_paused",     "run_resumed",    "child_started"};
  return std::find(kinds.begin(), kinds.end(), event_kind) != kinds.end();
}

}  // namespace pawl::cli
