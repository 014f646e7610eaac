#pragma once

#include <stop_token>
#include <string_view>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/json.hpp>

namespace pawl::server {

/// The key of a run's metadata that has the number of its flow version, for its rules.
inline constexpr const char* old_version_key = "flow_version_id";

/// The status of a run in the words of the previous engine: "pending" for one that was created
/// paused and has not started yet.
[[nodiscard]] std::string_view old_status(const run_summary& run) noexcept;

/// Whether a run is created but not started, or paused: a start resumes it.
[[nodiscard]] bool can_start(const run_summary& run) noexcept;

/// What the previous engine shows as `metadata` of a run.
[[nodiscard]] json old_metadata(const run_view& run);

/// Calls `done` with a run in the form of the previous engine. `withdrawn`: as in `scope_runs`.
/// Errors: `not_found`; `cancelled` (withdrawn).
void show_old_run(const scope& in, const run_id& id, callback<json> done,
                  std::stop_token withdrawn = {});
/// The same for several runs. Leaves out those that have been removed meanwhile, and the rest after
/// some megabytes (`max_page_bytes`).
void show_old_runs(const scope& in, std::vector<run_id> ids, callback<json> done,
                   std::stop_token withdrawn);

}  // namespace pawl::server
