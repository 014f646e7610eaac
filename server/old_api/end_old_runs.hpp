#pragma once

#include <functional>
#include <optional>
#include <string>

#include <pawl/ids.hpp>

#include "server/api/call.hpp"

namespace pawl::server {

/// The unfinished runs of a flow, or of one version, that stand in the way of a deletion.
struct old_runs_to_end {
  flow_name flow;
  std::optional<pawl::version> version;
  std::string what;    ///< "flow order", for the refusal
  std::string reason;  ///< of the cancellations
  bool force = false;  ///< cancel them; else refuse
};

/// Calls `then` when no unfinished run is left. Answers the request itself if some are left and
/// must not be cancelled, or cannot be.
void end_old_runs(const call_ptr& request, old_runs_to_end which, std::function<void()> then);

}  // namespace pawl::server
