#pragma once

#include <pawl/explanation.hpp>
#include <pawl/json.hpp>
#include <pawl/run_states.hpp>

/// JSON representations of explanations, past states and their differences, shared by the HTTP API
/// and the program's `--json` output. docs/openapi.yaml describes every field.
namespace pawl::server {

[[nodiscard]] json to_json(const run_explanation& explained);
[[nodiscard]] json to_json(const past_state& state);
[[nodiscard]] json to_json(const state_diff& diff);

}  // namespace pawl::server
