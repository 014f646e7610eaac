#pragma once

#include <string>
#include <vector>

#include <pawl/run.hpp>

#include "cli/session.hpp"
#include "server/views.hpp"

namespace pawl::cli {

/// What can be done next with a run, as a command to type: "pawl runs retry ID --data-dir DIR".
[[nodiscard]] std::string next_step(const run_summary& run, const onward& to);
/// The same of a run of which all is known: one whose steps were undone can only be started anew.
[[nodiscard]] std::string next_step(const run_view& run, const onward& to);

/// The commands that send a run what it waits for, where nothing happens in it until then.
[[nodiscard]] std::vector<std::string> ways_to_wake(const run_view& run, const onward& to);

/// A run for programs, as the HTTP API shows it.
using server::to_json;

/// "2026-01-31 09:30:00Z".
[[nodiscard]] std::string moment_text(time_point t);
/// How long a run took, or has been under way at `now`.
[[nodiscard]] std::int64_t duration_us(const run_summary& run, time_point now);

/// `value` as indented JSON; of a large one only the beginning, and how much was left out.
[[nodiscard]] std::string shortened(const json& value);

/// Prints how a followed run ended: its status, duration, error, data, and what to do next.
void print_end(session& s, const run_view& run, const onward& to);
/// The same as one JSON object on a line, whose `event` is "summary".
void print_end_json(session& s, const run_view& run);

}  // namespace pawl::cli
