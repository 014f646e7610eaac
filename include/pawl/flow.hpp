#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/time.hpp>

namespace pawl {

/// One stored version of a flow.
struct flow_version {
  flow_version_id id;
  bool published = false;  ///< the default version of new runs
  time_point created_at{};
  json definition;  ///< in the canonical long form of docs/flow-format.md
  /// What its author wrote, if that is the short form of docs/flow-format.md.
  std::optional<json> written = {};
};

/// The result of `scope_flows::put`.
struct flow_stored {
  flow_version_id id;
  bool created = true;               ///< false: this version existed with an equal definition
  std::vector<diagnostic> warnings;  ///< what is likely a mistake but can run
};

/// A flow in a listing.
struct flow_summary {
  flow_name name;
  version latest;
  std::optional<version> published;
};

struct put_flow_options {
  /// The version to store. None: the latest version if it has the same definition, otherwise the
  /// next patch version; 1.0.0 for a new flow.
  std::optional<pawl::version> version;
  /// Make it the default version of new runs.
  bool publish = true;
  /// Compare-and-set: fail with `conflict` of the type "version_moved" unless the flow exists.
  bool if_exists = false;
  /// Compare-and-set: the same unless this is the latest version of the flow.
  std::optional<pawl::version> if_latest = {};
};

/// Checks a definition under the default limits and stores nothing. Returns all diagnostics,
/// including warnings. Safe for concurrent use.
[[nodiscard]] std::vector<diagnostic> validate_flow(const json& definition);

}  // namespace pawl
