#pragma once

#include <string>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/json.hpp>

/// What clients see of runs, flows and the rest: one JSON form for the HTTP API and for `--json` of
/// the program. docs/openapi.yaml describes every field.
namespace pawl::server {

[[nodiscard]] json to_json(const run_summary& run);
[[nodiscard]] json to_json(const run_view& run);
[[nodiscard]] json to_json(const run_started& run);
[[nodiscard]] json to_json(const run_changed& change);
/// `place`: which of its checkpoint's events it is, from 0.
[[nodiscard]] json to_json(const history_event& event, std::size_t place);
/// In the order of the history, from the first event of a checkpoint on.
[[nodiscard]] json to_json(const std::vector<history_event>& events);

[[nodiscard]] json to_json(const flow_summary& flow);
/// With its definition.
[[nodiscard]] json to_json(const flow_version& flow);
/// Without its definition.
[[nodiscard]] json outline(const flow_version& flow);
[[nodiscard]] json to_json(const flow_stored& stored);
[[nodiscard]] json to_json(const function_info& function);
[[nodiscard]] json to_json(const std::vector<diagnostic>& diagnostics);

/// "<checkpoint>.<place>": what a run's event is called.
[[nodiscard]] std::string event_id(std::uint64_t checkpoint, std::size_t place);

/// Compact JSON text. What is not UTF-8 is replaced: whatever is in a value, it has a text.
[[nodiscard]] std::string text_of(const json& value);

}  // namespace pawl::server
