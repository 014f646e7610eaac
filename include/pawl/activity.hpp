#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <pawl/detail/scope_ref.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

namespace pawl {

class scope;

/// What the runs of a scope did in some time.
struct activity_counts {
  std::uint64_t started = 0;        ///< runs
  std::uint64_t completed = 0;      ///< runs
  std::uint64_t failed = 0;         ///< runs
  std::uint64_t cancelled = 0;      ///< runs
  std::uint64_t steps = 0;          ///< steps that finished
  std::uint64_t step_failures = 0;  ///< attempts of steps that failed

  friend bool operator==(const activity_counts&, const activity_counts&) = default;
};

/// Maximum number of minutes that an engine remembers.
inline constexpr std::size_t max_activity_minutes = 360;
/// Maximum number of scopes whose activity an engine remembers: those that were active last.
inline constexpr std::size_t max_activity_scopes = 1000;

/// What the runs of a scope did minute by minute.
struct activity {
  time_point since{};                    ///< the engine was opened: nothing is known of before
  time_point from{};                     ///< beginning of the first minute
  std::vector<activity_counts> minutes;  ///< the last one is the current minute
};

/// The activity of the runs of one scope. An engine keeps it in memory, so that it begins anew with
/// each process. A handle: cheap to copy, safe for concurrent use, and valid after the engine has
/// stopped (every call then fails with `unavailable`).
class scope_activity {
 public:
  explicit scope_activity(const scope& in);

  /// Returns the last `minutes` (1 to `max_activity_minutes`); has all transitions that were
  /// answered before the call. Does not read the store. Errors: `invalid_argument`, `unavailable`.
  [[nodiscard]] result<activity> read(std::size_t minutes = 60) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
