#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::functions {

/// Kills processes that a killed Pawl process has left running.
///
/// A program that core.exec started dies with Pawl (see `spawn`), but the program's children may
/// not: `gzip` under a killed `tar` continues to write the archive. When the step runs again, two
/// processes would write. Therefore each program gets two environment variables, which its children
/// inherit: its step, and the process that started it. Before a step starts its program, processes
/// of an earlier attempt of this step are killed if the process that started them is gone.
///
/// Orphans are always older than this process, so /proc is searched once, before the first program
/// starts. Only processes of our user, in our PID namespace, of this step and with a dead owner are
/// killed. Limitation: a process that cleared its environment is not found. Thread-safe.
class orphan_killer {
 public:
  /// Returns the environment variables for a program of `step` (an idempotency key).
  [[nodiscard]] static std::vector<std::string> marks(std::string_view step);

  /// Kills the processes of earlier attempts of `step` and waits for their end. Error:
  /// `{function_failed, …, "exec_failed"}` if one cannot be killed.
  [[nodiscard]] result<void> clear(const std::string& step);

 private:
  std::mutex mutex_;
  bool searched_ = false;
  std::set<std::string, std::less<>> steps_;  ///< steps with orphans
};

}  // namespace pawl::functions
