#pragma once

#include <cstddef>
#include <optional>

#include <pawl/ids.hpp>
#include <pawl/result.hpp>

#include "persistence/query/run_query.hpp"
#include "persistence/query/sorted_lists.hpp"
#include "persistence/store.hpp"

/// The runs that conditions on attributes select, as lists of the index. For one value the index
/// has them in the order of the lists. For a range of values it has them by value: they are read
/// and sorted if they are few. In the order by value they are read as the index has them, however
/// many.
namespace pawl::persistence {

/// Maximum number of entries that are read to sort the runs of a range.
inline constexpr std::size_t max_sorted_entries = 4096;

/// Which runs of a scope are wanted, and how.
struct list_request {
  const view* from = nullptr;
  const scope_name* scope = nullptr;
  const run_query* query = nullptr;
  order_limits limits = {};
  bool reverse = false;
};

/// Refuses a condition with values of a type that no run has in this attribute, if some run has one
/// of another type: what was meant has other quotes. Errors: `invalid_argument`, those of the view.
[[nodiscard]] result<void> check_attribute_types(const list_request& of);

/// The runs that a condition of the query on an attribute selects. None if an index does not have
/// them (`!=`), if too many are in the range, and if an earlier condition on the same attribute has
/// this range already. Errors: those of the view.
[[nodiscard]] result<std::optional<merged_lists>> attribute_lists(const list_request& of,
                                                                  const run_term& term);

/// Whether the places in `list_by_attribute` alone decide which runs fit the query.
[[nodiscard]] bool places_decide(const run_query& query, const std::string& name);

/// The runs with an attribute, by its value: places in `keys::runs_by_attribute`. Only those that
/// the first condition on it selects that the index has. Reads nothing yet.
[[nodiscard]] merged_lists list_by_attribute(const list_request& of, const std::string& name);

}  // namespace pawl::persistence
