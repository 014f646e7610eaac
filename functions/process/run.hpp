#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::functions {

/// A program to run to its end.
struct process_request {
  std::string file;               ///< to execute; no PATH is searched
  std::vector<std::string> argv;  ///< at least one
  std::vector<std::string> env;   ///< "NAME=value"; all that it gets
  std::string cwd;                ///< empty: that of this process
  std::string input;              ///< its standard input; empty: /dev/null
  std::size_t output_limit_bytes = 1u << 20;
  std::chrono::milliseconds timeout{0};  ///< 0 for none
  std::chrono::milliseconds kill_grace{2'000};
  std::chrono::milliseconds drain_grace{1'000};
  std::stop_token stop;
};

/// What a program wrote into one of its streams.
struct captured_stream {
  std::string head;               ///< its beginning, up to the limit
  std::string tail;               ///< its last bytes, some kilobytes, for messages
  std::uint64_t total_bytes = 0;  ///< all that came, kept or not
  [[nodiscard]] bool truncated() const noexcept { return total_bytes > head.size(); }
};

/// How a program ended.
struct process_end {
  enum class reason : std::uint8_t { itself, timed_out, stopped };
  reason why = reason::itself;   ///< or because it was killed for its time or for a stop request
  std::optional<int> exit_code;  ///< nothing if a signal ended it
  int signal = 0;                ///< 0 if it exited
  captured_stream out;
  captured_stream err;
  std::chrono::milliseconds duration{0};
};

/// Runs a program and waits for it. When its time is over or a stop is requested its whole process
/// group gets SIGTERM, and SIGKILL after `kill_grace`. When the program has ended by itself, what
/// else is in its group has `drain_grace` to close the output, then it is killed too: nothing of
/// the group is left when this returns, no zombie of ours either. If this process is killed, the
/// program is (see `spawn`).
///
/// Blocks its thread without using CPU. Safe for concurrent use. Errors: as `spawn`; `{…,
/// "exec_failed"}` if the system refuses what is needed to talk to it.
[[nodiscard]] result<process_end> run_process(const process_request& request);

}  // namespace pawl::functions
