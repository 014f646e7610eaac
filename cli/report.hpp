#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pawl/run.hpp>

#include "cli/run_family.hpp"
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

/// The commands that send an unfinished run the signals and answers it waits for, each once. Empty
/// if there are none, and for a run that a command has paused.
[[nodiscard]] std::vector<std::string> unblock_commands(const run_view& run,
                                                        const command_hints& hints);
/// Same for a run and its subflows; also those that continue a subflow that is paused or failed.
[[nodiscard]] std::vector<std::string> unblock_commands(const run_family& family,
                                                        const command_hints& hints);

/// "signal approved at ok, until 2026-01-31 09:30:00Z (in 2h 07m)".
[[nodiscard]] std::string wait_text(const waiting_on& wait, time_point now);

/// What an unfinished run and its subflows wait for, with the text and JSON Schema of the
/// questions. Printable lines.
[[nodiscard]] std::vector<std::string> wait_lines(const run_family& family, time_point now);
/// What `unblock_commands` have commands for, in short: "signal approved at ok of run r and
/// others".
[[nodiscard]] std::string blocking_text(const run_family& family, time_point now);

/// "it is running", "it has failed".
[[nodiscard]] std::string state_text(run_status status);

/// A run as JSON, in the form of the HTTP API.
using server::to_json;

/// "2026-01-31 09:30:00Z".
[[nodiscard]] std::string time_text(time_point t);

/// Reports what a list left out because its records are damaged. Returns the exit code for it.
[[nodiscard]] exit_code report_damaged(session& s, const std::vector<std::string>& damaged);

/// The duration of a run; of an unfinished one until `now`.
[[nodiscard]] std::int64_t duration_us(const run_summary& run, time_point now);

/// `value` as indented JSON, truncated if it is large.
[[nodiscard]] std::string shortened(const json& value);

/// A run as JSON, with `waiting_subflows` if it waits for subflows: what those wait for.
[[nodiscard]] json to_json(const run_family& family);

/// Prints the final state of a followed run: status, duration, data, then what it and its subflows
/// wait for, its error and the next command. `parent`: the run that continues when the run has
/// ended, if that needs a command.
void print_end(session& s, const run_family& family, const std::optional<run_id>& parent,
               const command_hints& hints);
/// Prints the final state as one JSON object whose `event` is "summary".
void print_end_json(session& s, const run_family& family);

}  // namespace pawl::cli
