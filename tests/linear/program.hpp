#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <pawl/engine.hpp>

#include "tests/linear/operation.hpp"

/// What the programs with an engine and its clients share.
///
/// They write records to their output, one JSON object per line: `call` before a call, `answer`
/// after its answer, `event` for the history, `still_active` for a run that does not become idle. A
/// record is one write(2) of less than PIPE_BUF bytes to a pipe, so it is complete or absent if the
/// process is killed, and the order of records is the order of the writes of all threads.
namespace pawl::linear {

void write_record(const json& record);

/// Prints an error and returns an exit code.
int fail(const error& why);

[[nodiscard]] outcome answer_of(const result<run_changed>& done);
[[nodiscard]] outcome answer_of(const result<run_started>& done);
/// Without the data.
[[nodiscard]] outcome answer_of(const result<run_view>& seen);

/// Records a call and its answer. `ask` makes the call and sets the checkpoint that it returned, if
/// it did. False: the engine accepts no further calls.
bool make_call(std::uint64_t number, int client, const std::string& run, const operation& what,
               const std::function<outcome(std::uint64_t& checkpoint)>& ask);

/// Writes the history of a run. False: it cannot be read.
bool write_history(const engine& of, const run_id& run);

/// How a program was called: MODE DATA_DIR THIRD FIRST_CALL
///
///   work DATA_DIR SEED FIRST_CALL    makes the calls from FIRST_CALL on; at the end of the input
///                                    stops the engine during calls
///   finish DATA_DIR SEED FIRST_CALL  the same, but waits for the open calls first
///   settle DATA_DIR RUNS FIRST_CALL  waits until all runs are idle, gets each and writes its
///                                    history
struct arguments {
  std::string mode;
  settings engine;
  std::uint64_t third = 0;
  std::uint64_t first_call = 0;
};
[[nodiscard]] arguments arguments_of(char** argv);

/// Runs clients, numbered from 1, until the input ends or `make` returns false; then stops the
/// engine. Returns an exit code.
int work(engine& of, const arguments& how, std::uint64_t clients,
         const std::function<bool(int client, std::uint64_t number)>& make);

/// The end of the time that a settling program waits for its runs.
[[nodiscard]] std::chrono::steady_clock::time_point settle_limit();

}  // namespace pawl::linear
