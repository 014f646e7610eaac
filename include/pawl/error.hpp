#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

/// What kind of thing went wrong. The text of a code (`to_string`) is stable: programs may match
/// it.
enum class errc : std::uint8_t {
  invalid_argument,    ///< a value given by the caller is malformed or out of range
  invalid_flow,        ///< a flow definition has diagnostics; `error::diagnostics` lists every one
  invalid_rule,        ///< a JSONLogic rule is malformed or asks for what it may not have
  not_found,           ///< no such flow, version, run or function
  already_exists,      ///< the id or key is taken by something different
  illegal_transition,  ///< the run's status does not allow this command
  conflict,            ///< the run is not as the caller expected (compare-and-set lost)
  overloaded,          ///< a bounded queue is full; nothing was changed; try again later
  timed_out,           ///< the time allowed ran out
  cancelled,           ///< given up because somebody asked for it
  function_failed,     ///< a step's function returned or threw an error; see `error::type`
  limit_exceeded,      ///< a configured limit (size, depth, visits, steps) was reached
  unavailable,         ///< the engine is stopping, stopped, or stopped admitting after a diagnostic
  io_failed,           ///< the operating system refused a read or a write
  storage_full,        ///< no space left on the device
  read_only,           ///< the data folder cannot be written
  locked,              ///< the data folder is open in another process
  corrupt,             ///< stored bytes fail their checksum or cannot be decoded
  schema_newer,        ///< the store was written by a newer version of Pawl
  interrupted,         ///< a step's function asks somebody: see `step_context::interrupt`
  not_supported,       ///< the request is well-formed, but this build or setting excludes it
};

/// Stable, dotted-free text of a code, such as "not_found".
[[nodiscard]] std::string_view to_string(errc code) noexcept;

/// How much a diagnostic matters: a flow with errors is refused, one with warnings is stored.
enum class severity : std::uint8_t { warning, error };

/// One thing wrong with a document, placed and explained.
struct diagnostic {
  severity level = severity::error;
  std::string pointer;  ///< JSON pointer (RFC 6901) to the place, "" for the whole document
  std::string code;     ///< stable identifier, such as "unknown_node_type"
  std::string message;  ///< a sentence: what is wrong and what would be right

  friend bool operator==(const diagnostic&, const diagnostic&) = default;
};

/// An expected failure, as a value. `message` says what was being done, to what, and what to do.
struct error {
  errc code = errc::invalid_argument;
  std::string message;
  /// The class of a step's failure as its function named it ("card_declined"). Retry policies and
  /// error edges match it. Empty: the text of `code`.
  std::string type = {};
  /// Every diagnostic of a refused document, in document order. Empty for other errors.
  std::vector<diagnostic> diagnostics = {};

  /// `type`, or the text of `code` where the function named no class.
  [[nodiscard]] std::string_view error_class() const noexcept {
    return type.empty() ? to_string(code) : std::string_view{type};
  }

  friend bool operator==(const error&, const error&) = default;
};

/// A step function's way to fail with a class of its own: `return pawl::fail("card_declined",
/// "…")`.
[[nodiscard]] error fail(std::string type, std::string message);

}  // namespace pawl
