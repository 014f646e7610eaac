#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::functions {

/// A program to run.
struct process_request {
  std::string file;               ///< executable; PATH is not searched
  std::vector<std::string> argv;  ///< at least one
  std::vector<std::string> env;   ///< its whole environment, as "NAME=value"
  std::string cwd;                ///< empty: that of this process
  std::string input;              ///< its standard input; empty: /dev/null
  std::size_t output_limit_bytes = 1u << 20;
  std::chrono::milliseconds timeout{0};  ///< 0: no limit
  std::chrono::milliseconds kill_grace{2'000};
  std::chrono::milliseconds drain_grace{1'000};
  std::stop_token stop;
};

/// The output of a program to one of its streams.
struct captured_stream {
  std::string head;               ///< beginning, up to the limit
  std::string tail;               ///< last few kilobytes, for messages
  std::uint64_t total_bytes = 0;  ///< of all output, kept or not
  [[nodiscard]] bool truncated() const noexcept { return total_bytes > head.size(); }
};

/// How a program ended.
struct process_end {
  enum class reason : std::uint8_t { itself, timed_out, stopped };
  reason why = reason::itself;   ///< or killed after its time-out or a stop request
  std::optional<int> exit_code;  ///< none if a signal ended it
  int signal = 0;                ///< 0 if it exited
  captured_stream out;
  captured_stream err;
  std::chrono::milliseconds duration{0};
};

/// Runs a program and waits for its end. After the time-out or a stop request, sends SIGTERM to its
/// process group, and SIGKILL after `kill_grace`. When the program ends by itself, other processes
/// of its group have `drain_grace` to close the output and are then killed. When this returns, no
/// process of the group is left, not even a zombie of ours. If this process is killed, so is the
/// program (see `spawn`).
///
/// Blocks the calling thread without using CPU. Thread-safe. Errors: those of `spawn`; `{…,
/// "exec_failed"}` if the system refuses the pipes or files for its input and output.
[[nodiscard]] result<process_end> run_process(const process_request& request);

}  // namespace pawl::functions
