#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/ids.hpp>
#include <pawl/result.hpp>
#include <pawl/run_options.hpp>

namespace pawl {

class scope;

/// Failed runs with an error of one type at one node.
struct run_error_group {
  std::string type;
  std::string node;  ///< empty if the error is not one of a node
  std::uint64_t count = 0;
  run_id newest;        ///< of these runs, the one that was started last
  std::string message;  ///< of its error

  friend bool operator==(const run_error_group&, const run_error_group&) = default;
};

struct run_error_groups {
  std::vector<run_error_group> groups;  ///< the largest first, then by type and node
  std::uint64_t runs = 0;               ///< failed runs that were read
  std::uint64_t others = 0;             ///< of these, the runs of groups that are left out
  bool exact = true;  ///< false: there may be more runs; the search reached its bound
  run_search search = {};
};

/// Maximum number of failed runs that are grouped in one call.
inline constexpr std::size_t max_grouped_runs = 100'000;
/// Maximum number of groups: those of the newest runs.
inline constexpr std::size_t max_error_groups = 1'000;

/// The errors of the failed runs of one scope. A handle: cheap to copy, safe for concurrent use,
/// and valid after the engine has stopped (every call then fails with `unavailable`).
class scope_errors {
 public:
  explicit scope_errors(const scope& in);

  /// Groups the errors of the newest `limit` (1 to `max_grouped_runs`) failed runs that a filter
  /// selects; ignores its status, cursor, limit and order. Compares at most 100,000 runs. Errors:
  /// `invalid_argument` (filter, limit).
  [[nodiscard]] result<run_error_groups> read(const run_filter& filter = {},
                                              std::size_t limit = 10'000) const;
  void read_async(const run_filter& filter, std::size_t limit, callback<run_error_groups> done,
                  std::stop_token withdrawn = {}) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
