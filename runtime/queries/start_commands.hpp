#pragma once

#include <string_view>

#include <pawl/run_options.hpp>

#include "actors/flow_heads.hpp"
#include "flow/machine/command.hpp"

namespace pawl {

class engine_core;
struct found_state;
struct fork_options;

/// Checks who starts a run or sends it a command: at most 256 bytes of UTF-8. Error:
/// `invalid_argument`.
[[nodiscard]] result<void> check_sender(std::string_view by);

/// A start whose flow version the run's actor resolves.
struct resolvable_start {
  flow::start_command command;
  actors::wanted_version version;
};

/// Makes the command that starts a run, with its id and fingerprint. Does not read the store.
/// Errors: those of `scope_runs::start` that need no actor to be found.
[[nodiscard]] result<resolvable_start> make_start(const engine_core& core, const scope_name& in,
                                                  std::string_view flow, const json& input,
                                                  start_options options);

/// Makes the command that starts a finished run again as a new run. Reads the store. Errors: as
/// `scope_runs::restart`.
[[nodiscard]] result<resolvable_start> make_restart(const engine_core& core, const run_key& key,
                                                    start_options options);

/// Makes the command that starts a run from a state of another run. Reads the store. Errors: as
/// `scope_runs::fork`.
[[nodiscard]] result<resolvable_start> make_fork(const engine_core& core, const found_state& from,
                                                 const fork_options& options);

}  // namespace pawl
