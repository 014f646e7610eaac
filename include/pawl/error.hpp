#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace pawl {

/// The kind of an error. Its text (`to_string`) is stable: programs may match it.
enum class errc : std::uint8_t {
  invalid_argument,    ///< a value given by the caller is malformed or out of range
  invalid_flow,        ///< a flow definition has errors; `error::diagnostics` lists all of them
  invalid_rule,        ///< a JSONLogic rule is malformed or exceeds a limit of rules
  not_found,           ///< no such flow, version, run or function
  already_exists,      ///< the id or key is in use for something different
  illegal_transition,  ///< the run's status does not allow this command
  conflict,            ///< the state is not what the caller expected (compare-and-set failed)
  overloaded,          ///< a queue or limit is full; nothing was changed; try again later
  timed_out,           ///< the time limit was reached
  cancelled,           ///< stopped by a request to cancel
  function_failed,     ///< a step's function returned or threw an error; see `error::type`
  limit_exceeded,      ///< a configured limit (size, depth, visits, steps) was reached
  unavailable,         ///< the engine is not open or stopping, or its store has failed
  io_failed,           ///< the operating system refused a read or a write
  storage_full,        ///< no space left on the device
  read_only,           ///< the data folder cannot be written
  locked,              ///< the data folder is open in another process
  corrupt,             ///< stored bytes fail their checksum or cannot be decoded
  schema_newer,        ///< the store was written by a newer version of Pawl
  interrupted,         ///< a step's function asks a question: see `step_context::interrupt`
  not_supported,       ///< the request is valid, but this build or configuration excludes it
};

/// The stable text of a code, such as "not_found".
[[nodiscard]] std::string_view to_string(errc code) noexcept;

/// The severity of a diagnostic. A flow with errors is refused; one with warnings is stored.
enum class severity : std::uint8_t { warning, error };

/// One problem of a document: where it is, what is wrong and what is valid.
struct diagnostic {
  severity level = severity::error;
  std::string pointer;  ///< JSON pointer (RFC 6901) to the value; "" is the whole document
  std::string code;     ///< stable identifier, such as "unknown_node_type"
  std::string message;  ///< a sentence: what is wrong and what is valid

  friend bool operator==(const diagnostic&, const diagnostic&) = default;
};

/// Former name of `diagnostic`. Deprecated; removed in 1.0.
using fault = diagnostic;

/// An expected failure, as a value. `message` says what failed, on what, and what to do.
struct error {
  errc code = errc::invalid_argument;
  std::string message;
  /// The error class that a step's function named ("card_declined"). Retry policies and error edges
  /// match it. Empty: the text of `code`.
  std::string type = {};
  /// All diagnostics of a refused document, in document order. Empty for other errors.
  std::vector<diagnostic> diagnostics = {};
  /// More about the failure of a step, for rules and for people, such as the status and the body
  /// of an HTTP response; null if there is none. Beyond `max_error_details_bytes` it is not kept. A
  /// number `retry_after` is the least number of seconds until another attempt makes sense.
  std::shared_ptr<const nlohmann::json> details = nullptr;

  /// Returns `type`, or the text of `code` if `type` is empty.
  [[nodiscard]] std::string_view error_class() const noexcept {
    return type.empty() ? to_string(code) : std::string_view{type};
  }

  friend bool operator==(const error& a, const error& b);
};

/// Maximum size of `error::details` as compact JSON.
inline constexpr std::size_t max_error_details_bytes = 4096;

/// Makes the error of a step function that fails with an error class of its own:
/// `return pawl::fail("card_declined", "the card has expired");`
[[nodiscard]] error fail(std::string type, std::string message);
[[nodiscard]] error fail(std::string type, std::string message, nlohmann::json details);

}  // namespace pawl
