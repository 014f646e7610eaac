#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/json.hpp>
#include <pawl/run_errors.hpp>
#include <pawl/run_history.hpp>
#include <pawl/run_logs.hpp>

#include "server/http/problem.hpp"

/// JSON representations of runs, flows and other objects, shared by the HTTP API and the program's
/// `--json` output. docs/openapi.yaml describes every field.
namespace pawl::server {

using http::to_json;  // problems and diagnostics
[[nodiscard]] json to_json(const run_summary& run);
[[nodiscard]] json to_json(const run_search& search);
[[nodiscard]] json to_json(const run_error_groups& errors);
[[nodiscard]] json to_json(const run_view& run);
[[nodiscard]] json to_json(const run_started& run);
[[nodiscard]] json to_json(const run_changed& change);
[[nodiscard]] json to_json(const run_removed& removed);
[[nodiscard]] json to_json(const cleanup_page& page);
[[nodiscard]] json to_json(const backup_info& backup);
[[nodiscard]] json to_json(const compaction_result& space);
/// `place`: index of the event in its checkpoint, from 0.
[[nodiscard]] json to_json(const history_event& event, std::size_t place);
/// `events`: of a history, with their places.
[[nodiscard]] json to_json(const std::vector<history_event>& events);
[[nodiscard]] json to_json(const run_step& step);
[[nodiscard]] json to_json(const step_page& page);
[[nodiscard]] json to_json(const run_log_line& line);

/// Adds the records that a list could not read, if there are any.
inline void add_damaged(json& answer, const std::vector<std::string>& damaged) {
  if (!damaged.empty()) answer["damaged"] = damaged;
}

[[nodiscard]] json to_json(const flow_summary& flow);
/// Includes the definition.
[[nodiscard]] json to_json(const flow_version& flow);
/// Excludes the definition.
[[nodiscard]] json outline(const flow_version& flow);
[[nodiscard]] json to_json(const flow_stored& stored);
[[nodiscard]] json to_json(const function_info& function);
[[nodiscard]] json to_json(const cluster_info& known);

/// The time in RFC 3339, or null.
[[nodiscard]] json time_or_null(const std::optional<time_point>& t);

/// The id of a run's event: "<checkpoint>.<place>".
[[nodiscard]] std::string event_id(std::uint64_t checkpoint, std::size_t place);

/// Serializes to compact JSON. Replaces invalid UTF-8, so that it never fails.
[[nodiscard]] std::string text_of(const json& value);

}  // namespace pawl::server
