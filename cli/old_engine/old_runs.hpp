#pragma once

#include <optional>
#include <string>

#include <pawl/run.hpp>

#include "cli/old_engine/old_database.hpp"
#include "cli/old_engine/old_flows.hpp"
#include "cli/old_engine/old_logs.hpp"
#include "flow/machine/delta.hpp"

namespace pawl::cli {

/// All that is known about a run of the previous engine.
struct old_evidence {
  old_run row;
  std::optional<old_checkpoint> checkpoint;
  old_log log;
};

/// The same run in Pawl: what it was started with, its only transition, and its state.
struct made_run {
  flow::run_input input;
  flow::delta change;
  flow::run_state state;
  std::string remark;  ///< what was decided about it, for a note; "" if nothing had to be
};

/// Makes a run with one checkpoint. A run that has ended stays ended, whatever its status says; any
/// other comes paused, before the nodes that would have been next, or else at its start. What Pawl
/// has no place for is kept in its metadata, under `imported`. `now`: the time of the import, in
/// engine time too. Pure.
[[nodiscard]] made_run make_run(const old_evidence& known, const taken_version& of, run_key key,
                                time_point now);

}  // namespace pawl::cli
