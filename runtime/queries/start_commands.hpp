#pragma once

#include <string_view>

#include <pawl/run_options.hpp>

#include "flow/machine/command.hpp"

namespace pawl {

class engine_core;

/// Makes the command that starts a run, with its id, flow version and fingerprint. Errors: those
/// of `scope_runs::start` that need no actor to be found.
[[nodiscard]] result<flow::start_command> make_start(const engine_core& core, const scope_name& in,
                                                     std::string_view flow, const json& input,
                                                     start_options options);

/// Makes the command that starts a finished run again as a new run. Errors: as
/// `scope_runs::restart`.
[[nodiscard]] result<flow::start_command> make_restart(const engine_core& core, const run_key& key,
                                                       start_options options);

}  // namespace pawl
