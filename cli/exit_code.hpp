#pragma once

#include <string>

#include <pawl/error.hpp>
#include <pawl/run.hpp>

namespace pawl::cli {

/// What the program tells the one who called it. Documented in docs/cli.md: never renumber.
enum class exit_code : int {
  ok = 0,             ///< it was done; a followed run is completed
  run_failed = 1,     ///< the run ended as failed
  usage = 2,          ///< unknown flag, bad value, bad configuration, command against the status
  invalid_input = 3,  ///< malformed JSON, invalid flow, invalid rule, something over a limit
  not_found = 4,      ///< no such run, flow, version, file or store
  run_cancelled = 5,  ///< the run ended as cancelled
  store = 6,          ///< the store or a file cannot be opened, read or written
  unavailable = 7,    ///< timed out, overloaded, stopping, out of memory
  internal = 70,      ///< a mistake in Pawl
  hang_up = 129,      ///< stopped by SIGHUP
  interrupted = 130,  ///< stopped by SIGINT (Ctrl-C)
  broken_pipe = 141,  ///< nobody reads standard output any more
  terminated = 143,   ///< stopped by SIGTERM
};

/// The one place where an error becomes an exit code.
[[nodiscard]] exit_code exit_code_of(errc code) noexcept;

/// For a run that was followed to its end; `ok` for one that is not finished.
[[nodiscard]] exit_code exit_code_of(run_status status) noexcept;

/// The table of exit codes as `pawl --help` shows it.
[[nodiscard]] std::string exit_code_help();

}  // namespace pawl::cli
