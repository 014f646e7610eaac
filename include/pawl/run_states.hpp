#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/run.hpp>
#include <pawl/run_options.hpp>

/// The states that a run has had, one at each checkpoint (time travel): what
/// `scope_runs::state_at`, `diff` and `fork` take and return.
namespace pawl {

/// A token of a run, as an earlier state has it: a place where the run was.
struct past_place {
  std::string node;
  std::string phase;  ///< "next", "waiting", "sleeping", "halted", "gathering", "leaving", "ended"
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::vector<std::uint32_t> branch;  ///< the edges taken at the forks before it, outermost first
  json writes = json::object();       ///< what its branch has written over the data

  friend bool operator==(const past_place&, const past_place&) = default;
};

/// The state of a run at one of its checkpoints.
struct past_state {
  run_key key;
  flow_version_id flow;
  std::uint64_t checkpoint = 0;
  time_point at{};  ///< when the checkpoint was written
  run_status status = run_status::running;
  bool pausing = false;
  bool undoing = false;
  std::optional<run_error> error;
  json data;      ///< an object
  json metadata;  ///< an object
  std::optional<json> output;
  std::vector<past_place> places;
  std::vector<pending_signal> inbox;  ///< oldest first
  /// Why the run cannot be forked here; "" if it can.
  std::string fork_refusal;
};

/// One difference between two states.
struct state_change {
  std::string op;        ///< "add", "remove" or "replace", as in RFC 6902
  std::string path;      ///< a JSON pointer: "/data/order/total", "/status"
  json value = nullptr;  ///< after; null if removed
  json before = nullptr;
};

/// What is different between two checkpoints of a run.
struct state_diff {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::vector<state_change> changes;  ///< at most 1,000, in the order of their paths
  bool left_out = false;              ///< there are more
};

/// How to fork a run: to start a new one from a checkpoint of it.
struct fork_options {
  std::uint64_t checkpoint = 0;  ///< 0: the last one
  json data = json::object();    ///< top-level keys of the data to set first
  /// Id, key, metadata and starter of the new run. Its version must be empty: the new run has the
  /// flow version of the old one. Empty metadata: as the old run has it.
  start_options start = {};
};

}  // namespace pawl
