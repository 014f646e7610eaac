#pragma once

#include <map>
#include <memory>
#include <optional>

#include <pawl/result.hpp>

#include "flow/definition/compiled.hpp"
#include "persistence/codec.hpp"
#include "persistence/store.hpp"
#include "persistence/transfer/transfer_lines.hpp"

namespace pawl::persistence {

class family_writer;

/// Adds flow versions to a scope of a store that nothing else writes to. Not thread-safe.
class flow_importer {
 public:
  flow_importer(store& to, scope_name into, flow::limits limits)
      : to_(to), into_(std::move(into)), limits_(limits) {}

  /// Adds a version, unless it exists. It becomes the published one if it was that and no other
  /// version of its flow is. `writer`: null to check only. Returns whether it is new. Errors:
  /// `invalid_flow`, `already_exists` with another definition, those of the store.
  [[nodiscard]] result<bool> add(const read_flow_line& version, const flow_record& record,
                                 family_writer* writer);

  /// A version that was added; null for others.
  [[nodiscard]] std::shared_ptr<const flow::compiled_flow> find(const flow_version_id& id) const;

 private:
  [[nodiscard]] result<std::optional<flow_head>> load_head(const flow_name& name) const;

  store& to_;
  const scope_name into_;
  const flow::limits limits_;
  std::map<flow_version_id, std::shared_ptr<const flow::compiled_flow>> compiled_;
  std::map<flow_name, flow_head> heads_;  ///< as this object has changed them
};

}  // namespace pawl::persistence
