#pragma once

#include <pawl/run.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/delta.hpp"

namespace pawl::flow {

/// An event as a history shows it, with the name of its node.
[[nodiscard]] inline history_event to_history(const compiled_flow& flow, const event& e,
                                              std::uint64_t checkpoint, time_point at) {
  const bool known = e.node && *e.node < flow.nodes().size();
  return {checkpoint,
          at,
          std::string{to_string(e.kind)},
          known ? flow.at(*e.node).id : "",
          e.visit,
          e.attempt,
          e.detail.is_null() ? json::object() : e.detail};
}

}  // namespace pawl::flow
