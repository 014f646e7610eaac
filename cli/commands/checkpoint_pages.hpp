#pragma once

#include <cstdint>

namespace pawl::cli {

/// Whether there is a page after the one that was read with `how`, options of a history or of
/// steps. `next`: the checkpoint where it begins, or 0. False, too, if it does not lead on: a
/// server that repeats a page would be read for ever.
template <class Options>
[[nodiscard]] bool leads_on(const Options& how, std::uint64_t next) {
  if (next == 0) return false;
  return how.from == 0 || (how.newest_first ? next < how.from : next > how.from);
}

}  // namespace pawl::cli
