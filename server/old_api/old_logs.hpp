#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/run.hpp>

#include "server/api/call.hpp"

namespace pawl::server {

/// A line of a run's log in the form of the previous engine: {"ts", "level", "thread_id",
/// "node_id", "message", "context"}. `context`: not an object: {}.
[[nodiscard]] json old_log_line(const run_id& run, time_point at, std::string_view level,
                                const std::string& node, std::string_view message, json context);

/// The line that the engine itself writes for an event of a run; none for events that it keeps to
/// itself.
[[nodiscard]] std::optional<json> old_engine_line(const run_id& run, const history_event& event);

/// Answers with the newest lines of a run's log, oldest first: those of its steps and of the
/// engine. The parameter `limit`: their number, 1000. `not_found`: the text if there is no such
/// run; empty: such a run has an empty log.
void answer_old_logs(const call_ptr& request, const std::string& not_found);

/// Answers with the log as a file, one line of JSON for each.
void download_old_logs(const call_ptr& request);

}  // namespace pawl::server
