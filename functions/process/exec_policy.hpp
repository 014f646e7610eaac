#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::functions {

/// Policy of core.exec; section `exec` of the configuration.
struct exec_policy {
  /// Allowed programs: names, searched in `path`, or absolute paths. "*" allows all; empty: none.
  std::vector<std::string> allow = {};
  /// Environment variables that programs inherit from this process.
  std::vector<std::string> env = {"HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ"};
  /// Environment variables that the `env` of a step may set. Not those that decide what a program
  /// executes or loads (PATH, HOME, LD_*): they would undo `allow`.
  std::vector<std::string> step_env = {"LANG", "LC_ALL", "TMPDIR", "TZ"};
  /// Search path for names: absolute directories, separated by `:`. Also the default PATH of
  /// programs.
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  /// Maximum size of each output stream that is kept; the rest is read and discarded.
  std::size_t output_limit_bytes = 1u << 20;
  /// Default time-out of a program. 0: no limit.
  std::chrono::milliseconds timeout{600'000};
  /// Time from SIGTERM to SIGKILL.
  std::chrono::milliseconds kill_grace{2'000};
  /// Time that other processes of its group may hold the output open after a program has ended.
  std::chrono::milliseconds drain_grace{1'000};
};

/// Checks a policy. Error: `invalid_argument`.
[[nodiscard]] result<void> check(const exec_policy& policy);

/// Returns the file to execute for `program`, an `argv[0]`. A name must be in `allow` and is
/// searched in the path of the policy; a program with a "/" must be an absolute path in `allow`.
/// Errors: `{function_failed, …, "exec_not_allowed"}` with the setting that allows it, `{…,
/// "exec_failed"}` if the program does not exist.
[[nodiscard]] result<std::string> resolve_program(const exec_policy& policy,
                                                  std::string_view program);

}  // namespace pawl::functions
