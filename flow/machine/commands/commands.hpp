#pragma once

#include <optional>

#include "flow/machine/machine.hpp"
#include "flow/machine/transition_builder.hpp"
#include "flow/values/json_size.hpp"
#include "flow/values/value_check.hpp"

namespace pawl::flow {

// One function for each command, each in a file of its own. It checks the command before it makes
// a transition_builder, so a refused command changes nothing.
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
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, replace_child_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, adopt_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, abandon_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, restart_step_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, terminate_command&&,
                                        const apply_context&);
[[nodiscard]] result<transition> handle(const compiled_flow&, run_state&, skip_command&&,
                                        const apply_context&);

/// The token whose question the command answers; none if it answers none. Errors: the named
/// question is not open, or none is named and several are open.
[[nodiscard]] result<std::optional<token_id>> asked_token(const compiled_flow& flow,
                                                          const run_state& run,
                                                          const resume_command& resume);

/// Checks the arguments that commands of callers share. Errors: `conflict` if the run does not have
/// the expected status, `invalid_argument` or `limit_exceeded` for the reason.
[[nodiscard]] result<void> check_caller(const run_state& run, std::optional<run_status> expected,
                                        std::string_view reason);

/// Checks an update of the data. Errors: `invalid_argument`, `limit_exceeded`.
[[nodiscard]] result<void> check_update(const compiled_flow& flow, const run_state& run,
                                        const json& update);

/// The token that waits for this child run to start. Error: `conflict` if there is none.
[[nodiscard]] result<token*> find_unstarted_child(run_state& run, token_id waiting,
                                                  const run_id& child);

/// The error of a command that the state of the run does not allow. `what` is the command, as in
/// "cannot cancel run r1".
[[nodiscard]] error illegal(const run_state& run, std::string_view what);

}  // namespace pawl::flow
