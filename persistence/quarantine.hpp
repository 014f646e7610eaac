#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/store.hpp"

/// Runs during whose work the process has died. After `deaths_to_quarantine` deaths a run is
/// quarantined: listings show it as failed, and it is not loaded until it is released. Neither
/// needs the state of the run, which may be what the process died of.
namespace pawl::persistence {

inline constexpr std::uint32_t deaths_to_quarantine = 2;

/// A run during whose work the process has died since it last made progress.
struct suspect {
  run_key run;
  std::uint32_t deaths = 0;
  std::string reason = {};                  ///< of the last death
  run_status status = run_status::running;  ///< before the quarantine
  bool runnable = false;                    ///< likewise: it was listed as runnable

  [[nodiscard]] bool is_quarantined() const noexcept { return deaths >= deaths_to_quarantine; }
  friend bool operator==(const suspect&, const suspect&) = default;
};

/// Returns all suspects. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<std::vector<suspect>> load_suspects(const view& from);

/// Notes that the process died while it worked for the run. Adds what that writes to `to`. Returns
/// the run as a suspect; a run that does not exist or has finished is none: its `deaths` are 0.
/// Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<suspect> note_death(const view& from, const run_key& run,
                                         const std::string& reason, batch& to);

/// Ends the suspicion, and the quarantine if the run is quarantined. Returns the run as it is
/// afterwards. Errors: `not_found`, `corrupt`, `io_failed`.
[[nodiscard]] result<run_summary> release(const view& from, const suspect& what, batch& to);

}  // namespace pawl::persistence
