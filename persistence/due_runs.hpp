#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// The ended runs that are old enough to be deleted.
class due_runs {
 public:
  /// Which runs are due.
  struct rule {
    /// For completed, failed and cancelled runs: due are those that ended before; none: no run is.
    std::optional<time_point> completed_before;
    std::optional<time_point> failed_before;
    std::optional<time_point> cancelled_before;
    std::optional<scope_name> scope;  ///< none: all scopes

    [[nodiscard]] const std::optional<time_point>& before(run_status status) const noexcept;
    /// Whether any run can be due.
    [[nodiscard]] bool any() const noexcept {
      return completed_before || failed_before || cancelled_before;
    }
  };
  /// What the settings let go, of all scopes.
  [[nodiscard]] static rule rule_of(const retention_settings& kept, time_point now);
  struct limits {
    std::size_t runs;      ///< in the page
    std::size_t examined;  ///< records that are read
  };
  struct page {
    std::vector<run_summary> runs;
    std::size_t damaged = 0;  ///< records that cannot be read
    std::string next;         ///< `after` of the next page; empty: there is none
  };

  /// Returns due runs, by status and scope, oldest first, without those whose parent still exists:
  /// they go with it. Reads the lists of runs from the oldest on, and stops at the first that was
  /// created too late. `after`: `page::next` of the page before; any other text makes the page
  /// start anywhere, but never leave `rule::scope`. Errors: `corrupt`, `io_failed`.
  [[nodiscard]] static result<page> find(const view& from, const rule& wanted,
                                         const std::string& after, limits most);
};

}  // namespace pawl::persistence
