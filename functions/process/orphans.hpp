#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::functions {

/// Finds and kills what a killed Pawl left running.
///
/// A program that core.exec started dies with Pawl (see `spawn`), but what that program had started
/// itself need not: `gzip` under a killed `tar` goes on writing the archive. When the step runs
/// again, two would write. So each program gets two variables that its children inherit: which step
/// it works for and which process started it. Before a step's program starts, processes of an
/// earlier attempt of the same step are killed if the process that started them is gone.
///
/// Leftovers can only be older than this process, so they are looked for once, in /proc, before the
/// first program starts. Only processes of our user, in our PID namespace, with the step's very
/// name and a dead owner are touched. One that cleared its environment is not found. Safe for
/// concurrent use.
class orphan_killer {
 public:
  /// The variables that mark a program of `step` (its idempotency key) as started by this process.
  [[nodiscard]] static std::vector<std::string> marks(std::string_view step);

  /// Returns when no process of an earlier attempt of `step` is left. Error: `{function_failed, …,
  /// "exec_failed"}` if one cannot be killed.
  [[nodiscard]] result<void> clear(const std::string& step);

 private:
  std::mutex mutex_;
  bool looked_ = false;
  std::set<std::string, std::less<>> steps_;  ///< those that have leftovers
};

}  // namespace pawl::functions
