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
  bool published = false;  ///< the version that is started where none is named
  time_point created_at{};
  json definition;  ///< in the canonical form of docs/flow-format.md
};

/// What `put_flow` did.
struct flow_stored {
  flow_version_id id;
  bool created = true;               ///< false: this version had this definition already
  std::vector<diagnostic> warnings;  ///< what looks wrong but can run
};

/// A flow in a listing.
struct flow_summary {
  flow_name name;
  version latest;
  std::optional<version> published;
};

struct put_flow_options {
  /// The version to store it as. None: the next patch version, 1.0.0 for the first; or the latest
  /// once more, if that has the same definition.
  std::optional<pawl::version> version;
  /// Make it the version that is started where none is named.
  bool publish = true;
  /// Compare-and-set: store it only if there is a flow of that name, and only if this is its latest
  /// version; else fail with `conflict` of the type "version_moved".
  bool if_exists = false;
  std::optional<pawl::version> if_latest = {};
};

/// Checks a definition without storing it: every diagnostic at once, warnings among them. A
/// definition without errors can be stored under the default limits.
[[nodiscard]] std::vector<diagnostic> validate_flow(const json& definition);

}  // namespace pawl
