#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::functions {

/// A program to start.
struct spawn_request {
  std::string file;               ///< to execute; no PATH is searched
  std::vector<std::string> argv;  ///< at least one
  std::vector<std::string> env;   ///< "NAME=value"; all that it gets
  std::string cwd;                ///< empty: that of this process
  int stdin_fd = -1;              ///< each above 2
  int stdout_fd = -1;
  int stderr_fd = -1;
};

/// Starts a program as the leader of a session and process group of its own, with default signal
/// handling, no terminal, and no descriptor but the three given. It is killed (SIGKILL) when the
/// *thread* that called this ends, whatever ends it: the caller must stay until it has reaped the
/// child. (PR_SET_PDEATHSIG; only a program that gains privileges by its file is exempt.)
///
/// Safe in a program with many threads: between fork and exec the child only makes system calls. It
/// shares this process's memory until the exec (vfork), so that a start costs the same for a large
/// process as for a small one. Errors: `{function_failed, …, "exec_failed"}` naming what the
/// system refused.
[[nodiscard]] result<pid_t> spawn(const spawn_request& request);

}  // namespace pawl::functions
