#pragma once

#include <string>
#include <vector>

#include <pawl/run.hpp>

#include "cli/session.hpp"
#include "server/views.hpp"

namespace pawl::cli {

/// The command to suggest next for a run: "pawl runs retry ID --data-dir DIR".
[[nodiscard]] std::string next_command(const run_summary& run, const command_hints& hints);
/// Same, for a full view: a failed run whose steps were compensated can only be restarted.
[[nodiscard]] std::string next_command(const run_view& run, const command_hints& hints);

/// The commands that send a parked run the signals and answers it waits for. Empty for other runs.
[[nodiscard]] std::vector<std::string> unblock_commands(const run_view& run,
                                                        const command_hints& hints);

/// A run as JSON, in the form of the HTTP API.
using server::to_json;

/// "2026-01-31 09:30:00Z".
[[nodiscard]] std::string time_text(time_point t);
/// The duration of a run; of an unfinished one until `now`.
[[nodiscard]] std::int64_t duration_us(const run_summary& run, time_point now);

/// `value` as indented JSON, truncated if it is large.
[[nodiscard]] std::string shortened(const json& value);

/// Prints the final state of a followed run: status, duration, error, data and the next command.
void print_end(session& s, const run_view& run, const command_hints& hints);
/// Prints the final state as one JSON object whose `event` is "summary".
void print_end_json(session& s, const run_view& run);

}  // namespace pawl::cli
