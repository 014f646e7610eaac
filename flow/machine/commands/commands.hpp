#pragma once

#include <optional>

#include "flow/machine/machine.hpp"
#include "flow/machine/transition_builder.hpp"
#include "flow/values/value_check.hpp"

namespace pawl::flow {

// One function for each command, in a file of its own. Each checks that the command is legal
// before it makes an transition_builder, so that an illegal one changes nothing.
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, start_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, step_outcome_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, enqueue_task_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, child_started_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, lease_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, lease_lost_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, in_doubt_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, timer_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, advance_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, cancel_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, retry_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, pause_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, resume_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, set_data_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, signal_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, quarantine_command&&,
                                        const apply_context&);

/// What callers say with a command: `conflict` if they expect a status that the run does not have,
/// `invalid_argument` or `limit_exceeded` for a reason that is no text or too long.
[[nodiscard]] result<void> check_caller(const run_state& run, std::optional<run_status> expected,
                                        std::string_view reason);

/// `invalid_argument` or `limit_exceeded` if this cannot be put into the run's data.
[[nodiscard]] result<void> check_update(const compiled_flow& flow, const run_state& run,
                                        const json& update);

/// The error of a command that the run's status does not allow.
[[nodiscard]] error illegal(const run_state& run, std::string_view what);

}  // namespace pawl::flow
