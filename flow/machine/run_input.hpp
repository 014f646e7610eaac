#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <pawl/json.hpp>
#include <pawl/run.hpp>
#include <pawl/run_attributes.hpp>
#include <pawl/trace_context.hpp>

#include "flow/machine/state.hpp"

namespace pawl::flow {

/// What a run was started with. Written once, and never derived from the state: a restart starts
/// from it.
struct run_input {
  run_key key;
  flow_version_id flow;
  shared_json data;  ///< an object
  json metadata = json::object();
  std::optional<run_id> restarted_from;
  std::optional<run_id> parent;  ///< see `run_state`, as for the following
  std::uint32_t depth = 0;
  std::uint32_t parent_attempt = 0;  ///< the attempt of the parent's visit that started it
  std::uint64_t start_fingerprint = 0;
  time_point created_at{};
  std::optional<trace_context> trace;
  std::string started_by;         ///< a user, an API key, a program; may be empty
  attribute_map attributes = {};  ///< given at the start

  friend bool operator==(const run_input&, const run_input&) = default;
};

/// The state of a run before its first transition. The delta of that transition is relative to it.
[[nodiscard]] run_state initial_state(const run_input& input);

}  // namespace pawl::flow
