#pragma once

#include <string>

#include <pawl/error.hpp>
#include <pawl/run.hpp>

namespace pawl::cli {

/// The exit codes of the program. Documented in docs/cli.md; never renumber them.
enum class exit_code : int {
  ok = 0,             ///< success; a followed run completed
  run_failed = 1,     ///< the run ended as failed
  usage = 2,          ///< bad option, value or configuration; command not allowed in this status
  invalid_input = 3,  ///< malformed JSON or YAML, invalid flow or rule, limit exceeded
  not_found = 4,      ///< no such run, flow, version, file or store
  run_cancelled = 5,  ///< the run ended as cancelled
  store = 6,          ///< the store or a file cannot be opened, read or written
  unavailable = 7,    ///< timed out, overloaded, stopping, out of memory
  waiting = 8,        ///< the run waits for a signal, an answer or a command
  internal = 70,      ///< a bug in Pawl
  hang_up = 129,      ///< stopped by SIGHUP
  interrupted = 130,  ///< stopped by SIGINT (Ctrl-C)
  broken_pipe = 141,  ///< standard output was closed
  terminated = 143,   ///< stopped by SIGTERM
};

/// The exit code for an error. All commands use this mapping.
[[nodiscard]] exit_code exit_code_of(errc code) noexcept;

/// The exit code for a run when the command stops following it; `waiting` if it is not finished.
[[nodiscard]] exit_code exit_code_of(run_status status) noexcept;

/// The table of exit codes in `pawl --help`.
[[nodiscard]] std::string exit_code_help();

}  // namespace pawl::cli
