#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/step_data.hpp>
#include <pawl/trace_context.hpp>

#include "flow/machine/inbox.hpp"
#include "flow/machine/shared_attributes.hpp"
#include "flow/machine/token_list.hpp"
#include "flow/values/shared_json.hpp"

namespace pawl::flow {

inline constexpr std::size_t max_signal_type_bytes = 128;

/// 1 to `max_signal_type_bytes` bytes without control characters. Error: `invalid_argument`.
[[nodiscard]] result<void> check_signal_type(std::string_view type);

/// A step that succeeded and can be compensated.
struct compensation {
  node_index node = 0;
  std::uint32_t visit = 0;
  json args;  ///< of the compensating call, computed when the step succeeded
  /// The branch that the step belongs to; see `token::branch`. Empty in a flow that compensates no
  /// part of itself.
  std::vector<std::uint32_t> within = {};

  friend bool operator==(const compensation&, const compensation&) = default;
};

/// How a run that compensates its steps ends after that.
struct compensating {
  run_status to = run_status::failed;  ///< or cancelled
  std::optional<run_error> error;      ///< of a run that fails

  friend bool operator==(const compensating&, const compensating&) = default;
};

/// The progress of a map, whose token waits for the items.
struct map_progress {
  json items = json::array();
  json results = json::array();  ///< by item; null if it has no result yet
  std::uint32_t next = 0;        ///< the first item that has not started
  std::uint32_t done = 0;        ///< items with a result, failed ones included
  std::uint32_t failed = 0;
  std::size_t bytes = 0;  ///< size of items and results

  friend bool operator==(const map_progress&, const map_progress&) = default;
};

/// The error class of a run whose output cannot be computed.
inline constexpr std::string_view output_error = "invalid_output";

/// The complete state of a run between two commands. A value; owned by one actor.
struct run_state {
  run_key key;
  flow_version_id flow;
  run_status status = run_status::running;
  shared_json data;  ///< an object
  json metadata = json::object();
  std::optional<json> vars;  ///< of a flow that has some: computed at the start, never changed
  token_list tokens;
  std::vector<std::uint32_t> visits;  ///< by node index
  std::uint64_t sequence = 0;         ///< number of the last checkpoint; 0 before the first
  token_id next_token = 1;
  /// Since when, in engine time, its waits are frozen: a command paused it, or it failed.
  std::optional<time_point> frozen_at;
  std::optional<pawl::flow::compensating> compensating;
  std::vector<compensation> compensations;  ///< oldest first
  std::map<token_id, map_progress> maps;    ///< by the token of the map
  flow::inbox inbox;
  recent_ids signal_ids;
  std::uint64_t next_signal = 1;
  std::size_t data_bytes = 0;          ///< size of `data` without its braces; see `json_size`
  std::size_t map_bytes = 0;           ///< of all maps together; not stored
  std::size_t compensation_bytes = 0;  ///< of the arguments of all; not stored
  std::optional<run_error> error;
  std::optional<json> output;  ///< of a completed run whose flow computes one
  std::optional<run_id> restarted_from;
  std::optional<run_id> parent;  ///< the run that waits for this one
  std::uint32_t depth = 0;       ///< number of runs that it is nested in
  /// The latest attempt of the parent's visit that started or resumed this run.
  std::uint32_t parent_attempt = 0;
  std::uint64_t start_fingerprint =
      0;  ///< of the start command; tells a retried start from another
  time_point created_at{};
  std::optional<time_point> started_at;
  std::optional<time_point> finished_at;
  time_point updated_at{};
  std::optional<trace_context> trace;  ///< of the start command; see `trace_of_call`
  shared_attributes attributes;

  /// Whether it is running, starts no new node, and is paused when its calls have returned.
  [[nodiscard]] bool pausing() const noexcept {
    return status == run_status::running && frozen_at.has_value();
  }
  [[nodiscard]] token* find_token(token_id id) { return tokens.find(id); }
  [[nodiscard]] const token* find_token(token_id id) const noexcept { return tokens.find(id); }
  friend bool operator==(const run_state&, const run_state&) = default;
};

/// Measures the maps and compensations of a state that was not made by transitions.
void measure(run_state& run);

/// The id of a token's question, by which it is answered. Unique in its run.
[[nodiscard]] std::string question_id(const std::string& node, const token& t);

/// When the next timers of a run are due. None if its waits are frozen.
[[nodiscard]] due_times next_timers(const run_state& run) noexcept;

/// The entry of a run in a listing.
[[nodiscard]] run_summary summarize(const run_state& run);

/// The data as a token's branch sees it. Borrows the data of the run and the branch's writes.
[[nodiscard]] step_data data_for(const run_state& run, const token& t);

}  // namespace pawl::flow
