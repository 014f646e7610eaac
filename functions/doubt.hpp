#pragma once

#include <memory>
#include <utility>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

namespace pawl::functions {

/// Returns the error of a call that may have taken effect although it failed: its details have
/// `"in_doubt": true`, so an at-most-once step does not make the call again by itself. Any function
/// and any worker can say so; see "At most once" in docs/nodes/task.md.
[[nodiscard]] inline error leaving_doubt(error why) {
  json details = why.details && why.details->is_object() ? *why.details : json::object();
  details["in_doubt"] = true;
  why.details = std::make_shared<const json>(std::move(details));
  return why;
}

}  // namespace pawl::functions
