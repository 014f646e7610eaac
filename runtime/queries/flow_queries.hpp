#pragma once

#include <optional>
#include <vector>

#include <pawl/flows.hpp>

#include "persistence/codec.hpp"

namespace pawl {

class engine_core;

/// The public form of a stored version. `head`: of its flow.
[[nodiscard]] flow_version describe(persistence::flow_record record, flow_version_id id,
                                    const persistence::flow_head& head);

/// Reads the flows of one scope from the store. Refers to its arguments; use it as a temporary.
/// Every call sees all that was answered as durable, and fails with `unavailable` if the engine is
/// not open. Safe for concurrent use.
class flow_queries {
 public:
  flow_queries(const engine_core& core, const scope_name& in) : core_(core), in_(in) {}

  [[nodiscard]] result<flow_version> get(const flow_name& name, std::optional<version> v) const;
  [[nodiscard]] result<std::vector<diagnostic>> validate(const json& definition) const;

 private:
  const engine_core& core_;
  const scope_name& in_;
};

}  // namespace pawl
