#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

/// Returns the number of the oldest signal of a type for which a rule is true; 0 if there is none.
/// The rule reads the payload as `result` and the type as `signal`. What a stranger sends must not
/// fail the run, so a rule that fails is not true.
[[nodiscard]] inline std::uint64_t find_fitting(transition_builder& run, const token& t,
                                                const std::string& type,
                                                const std::optional<logic::rule>& when) {
  if (!when) return run.signals().find(type);
  const json name(type);
  return run.signals().find(type, [&](const json& payload) {
    const auto truth = run.data().test(t, *when, {{"result", &payload}, {"signal", &name}});
    return truth && *truth;
  });
}

}  // namespace pawl::flow
