#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <pawl/flows.hpp>

#include "runtime/queries/read_budget.hpp"

namespace pawl {

class engine_core;

/// Reads a page of the flows of a scope, ordered by name; see `read_to_end`. A damaged record is in
/// `damaged` of the page. Errors: `invalid_argument` (cursor), `unavailable`, those of the store.
/// The core must outlive it. Not thread-safe.
class flow_page_query {
 public:
  flow_page_query(const engine_core& core, scope_name in, flow_filter filter);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] flow_page take() { return std::move(page_); }

 protected:
  /// `corrupt` if a record is damaged.
  [[nodiscard]] result<bool> read_undamaged(read_budget& turn);

 private:
  const engine_core& core_;
  scope_name in_;
  flow_filter filter_;
  std::string last_;  ///< the key of the last record that was read
  std::string end_;   ///< the key of the last flow of the page
  flow_page page_;
};

/// The same for the versions of a flow, oldest first. Errors also: `not_found`.
class version_page_query {
 public:
  /// `max_bytes`: the size of the definitions after which the page ends.
  version_page_query(const engine_core& core, scope_name in, flow_name name, flow_filter filter,
                     std::size_t max_bytes);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] flow_version_page take() { return std::move(page_); }

 protected:
  [[nodiscard]] result<bool> read_undamaged(read_budget& turn);

 private:
  const engine_core& core_;
  scope_name in_;
  flow_name name_;
  flow_filter filter_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::string last_;  ///< the key of the last version that was read
  flow_version_page page_;
};

/// All flows, and all versions of a flow. Errors also: `corrupt`, because what they return names no
/// damaged records.
class flow_list_query : public flow_page_query {
 public:
  flow_list_query(const engine_core& core, scope_name in)
      : flow_page_query(core, std::move(in), {std::numeric_limits<std::size_t>::max()}) {}
  [[nodiscard]] result<bool> read(read_budget& turn) { return read_undamaged(turn); }
  [[nodiscard]] std::vector<flow_summary> take() { return flow_page_query::take().flows; }
};
class version_list_query : public version_page_query {
 public:
  version_list_query(const engine_core& core, scope_name in, flow_name name)
      : version_page_query(core, std::move(in), std::move(name),
                           {std::numeric_limits<std::size_t>::max()},
                           std::numeric_limits<std::size_t>::max()) {}
  [[nodiscard]] result<bool> read(read_budget& turn) { return read_undamaged(turn); }
  [[nodiscard]] std::vector<flow_version> take() { return version_page_query::take().versions; }
};

}  // namespace pawl
