#pragma once

#include <optional>
#include <vector>

#include <pawl/flows.hpp>

#include "persistence/store.hpp"

namespace pawl {

class engine_core;

/// Reads the flows of one scope from the store. Refers to its arguments; use it as a temporary.
/// Every call sees all that was answered as durable, and fails with `unavailable` if the engine is
/// not open. Safe for concurrent use.
class flow_queries {
 public:
  flow_queries(const engine_core& core, const scope_name& in) : core_(core), in_(in) {}

  [[nodiscard]] result<flow_version> get(const flow_name& name, std::optional<version> v) const;
  [[nodiscard]] result<std::vector<flow_summary>> list() const;
  [[nodiscard]] result<flow_page> list(const flow_filter& filter) const;
  [[nodiscard]] result<std::vector<flow_version>> versions(const flow_name& name) const;
  [[nodiscard]] result<std::vector<diagnostic>> validate(const json& definition) const;
  /// Fails with `conflict` if an unfinished run uses the flow. Reads all unfinished runs of the
  /// scope.
  [[nodiscard]] result<void> check_unused(const flow_name& name) const;

 private:
  const engine_core& core_;
  const scope_name& in_;
};

/// Fails with `not_found` if the scope does not have this flow.
[[nodiscard]] result<void> check_flow_exists(const persistence::view& now, const scope_name& in,
                                             const flow_name& name);

}  // namespace pawl
