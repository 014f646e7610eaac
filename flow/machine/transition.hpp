#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "flow/machine/delta.hpp"

namespace pawl::flow {

/// A run that another starts and waits for.
struct child_start {
  flow_name flow;
  std::optional<pawl::version> version;  ///< none: the published one
  run_id id;                             ///< the same each time the same attempt asks for it
  std::uint32_t depth = 0;               ///< how many runs it is inside of
};

/// Call a step's function, or start a run, and bring its outcome back with `token`, `visit` and
/// `attempt`.
struct invoke_effect {
  token_id token = 0;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::string node;
  std::string code_ref;
  std::optional<child_start> child;  ///< instead of a function; `args` is its input
  json args;
  std::chrono::milliseconds timeout{0};    ///< 0: the engine's default
  std::chrono::milliseconds heartbeat{0};  ///< longest silence of the function; 0: any
  /// When the time for all attempts together is over.
  std::optional<time_point> deadline;
  std::optional<json> answer;  ///< to the question that an earlier call of this visit asked
  bool compensates = false;    ///< it undoes the node's step
  std::string queue;           ///< workers of this queue make the call; "" if the node does not say
  std::uint64_t lease = 0;     ///< not 0: the worker that has this lease makes it
  std::shared_ptr<const json> state;
  trace_context trace;  ///< of this call
};

/// Nobody waits any more for this token's function, or for the run that it has started.
struct abandon_effect {
  token_id token = 0;
  std::optional<run_id> child = {};
};

/// Send the run an `advance_command`.
struct advance_effect {};

using effect = std::variant<invoke_effect, abandon_effect, advance_effect>;

/// What a command did: the change to make durable, and what to do once it is.
struct transition {
  delta change;  ///< its sequence is 0 if nothing was changed: then there is no checkpoint either
  std::vector<effect> effects;

  [[nodiscard]] bool changes_nothing() const noexcept { return change.sequence == 0; }
};

}  // namespace pawl::flow
