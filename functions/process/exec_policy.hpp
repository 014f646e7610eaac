#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::functions {

/// What core.exec may do. The configuration's section `exec`.
struct exec_policy {
  /// Programs that may be run: names, looked for in `path`, or absolute paths. "*" allows every
  /// one. Empty: none.
  std::vector<std::string> allow = {};
  /// Environment variables that a program may see: given from this process where they are set
  /// here, and changed by a step's `env`.
  std::vector<std::string> env = {"HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ"};
  /// Where names are looked for: absolute folders with `:` between them. A program's PATH too,
  /// where it is given no other.
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  /// What is kept of each output stream; what comes after is read and thrown away.
  std::size_t output_limit_bytes = 1u << 20;
  /// How long a program may run whose step names no `timeout_ms`. 0: as long as it likes.
  std::chrono::milliseconds timeout{600'000};
  /// From SIGTERM to SIGKILL.
  std::chrono::milliseconds kill_grace{2'000};
  /// How long others of its process group may hold the output open after a program has ended.
  std::chrono::milliseconds drain_grace{1'000};
};

/// Says what is wrong with a policy. Error: `invalid_argument`.
[[nodiscard]] result<void> check(const exec_policy& policy);

/// The file to execute for `program`, an `argv[0]`. A name must be allowed as it is and is looked
/// for in the policy's path; whatever has a "/" must be allowed as this very absolute path.
/// Errors: `{function_failed, …, "exec_not_allowed"}` with the way to allow it, `{…,
/// "exec_failed"}` if there is no such program.
[[nodiscard]] result<std::string> resolve_program(const exec_policy& policy,
                                                  std::string_view program);

}  // namespace pawl::functions
