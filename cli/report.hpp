#pragma once

#include <string>
#include <vector>

#include <pawl/run.hpp>

#include "cli/session.hpp"
#include "flow/definition/definition.hpp"
#include "server/views.hpp"

namespace pawl::cli {

/// The command to suggest next for a run: "pawl runs retry ID --data-dir DIR".
[[nodiscard]] std::string next_command(const run_summary& run, const command_hints& hints);
/// Same, for a full view. A failed run whose steps were compensated can only be restarted; so is
/// one that failed at a node of type `fail`, because a retry fails there again. `flow` may be null.
[[nodiscard]] std::string next_command(const run_view& run, const flow::definition* flow,
                                       const command_hints& hints);

/// True if the run failed at a node of type `fail`. `flow` may be null.
[[nodiscard]] bool failed_on_purpose(const run_view& run, const flow::definition* flow);

/// The commands that send an unfinished run the signals and answers it waits for. Empty if there
/// are none, and for a run that a command has paused.
[[nodiscard]] std::vector<std::string> unblock_commands(const run_view& run,
                                                        const command_hints& hints);

/// "signal approved at ok, until 2026-01-31 09:30:00Z (in 2h 07m)".
[[nodiscard]] std::string wait_text(const waiting_on& wait, time_point now);

/// What an unfinished run waits for, with the text and JSON Schema of its questions. Printable
/// lines. `flow` may be null.
[[nodiscard]] std::vector<std::string> wait_lines(const run_view& run, const flow::definition* flow,
                                                  time_point now);

/// "it is running", "it has failed".
[[nodiscard]] std::string state_text(run_status status);

/// A run as JSON, in the form of the HTTP API.
using server::to_json;

/// "2026-01-31 09:30:00Z".
[[nodiscard]] std::string time_text(time_point t);
/// The duration of a run; of an unfinished one until `now`.
[[nodiscard]] std::int64_t duration_us(const run_summary& run, time_point now);

/// `value` as indented JSON, truncated if it is large.
[[nodiscard]] std::string shortened(const json& value);

/// Prints the final state of a followed run: status, duration, data, then what it waits for, its
/// error and the next command. `flow` may be null.
void print_end(session& s, const run_view& run, const flow::definition* flow,
               const command_hints& hints);
/// Prints the final state as one JSON object whose `event` is "summary".
void print_end_json(session& s, const run_view& run);

}  // namespace pawl::cli
