#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::functions {

/// A program to start.
struct spawn_request {
  std::string file;               ///< executable; PATH is not searched
  std::vector<std::string> argv;  ///< at least one
  std::vector<std::string> env;   ///< its whole environment, as "NAME=value"
  std::string cwd;                ///< empty: that of this process
  int stdin_fd = -1;              ///< each above 2
  int stdout_fd = -1;
  int stderr_fd = -1;
};

/// Starts a program as leader of a new session and process group, with default signal handling, no
/// terminal, and no descriptors but the three given. The kernel kills it (PR_SET_PDEATHSIG,
/// SIGKILL) when the calling *thread* ends for any reason, so the caller must wait until it has
/// reaped the child. Set-user-ID programs are exempt.
///
/// Safe in a process with many threads: between fork and exec the child only makes system calls. It
/// shares the memory of this process until the exec (vfork), so a start costs the same in a large
/// process as in a small one. Errors: `{function_failed, …, "exec_failed"}` with what the system
/// refused.
[[nodiscard]] result<pid_t> spawn(const spawn_request& request);

}  // namespace pawl::functions
