#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/run.hpp>

/// The operations of clients and their outcomes, as the child records them and the checker reads
/// them. Plain values.
namespace pawl::linear {

enum class verb : std::uint8_t { start, signal, pause, resume, cancel, retry, get };

/// One call of a client.
struct operation {
  verb what = verb::get;
  std::optional<run_status> if_status = {};  ///< pause, resume, cancel, retry: compare-and-set
  int input = 0;                             ///< start: the input
  int signal = 0;                            ///< signal: its id and payload
  int note = 0;                              ///< resume: the new value of `note`; 0: none

  friend bool operator==(const operation&, const operation&) = default;
};

/// The part of a run's data that its flow sets, as `get` returns it.
struct shown_data {
  int input = 0;
  int note = 0;
  int steps = 0;             ///< number of returned tasks
  std::vector<int> claimed;  ///< ids of the claimed signals, in the order of the nodes

  friend bool operator==(const shown_data&, const shown_data&) = default;
};

/// The answer to a call. Fields that a verb does not return keep their defaults.
struct outcome {
  std::string error = {};                   ///< the text of an `errc`; empty: success
  run_status status = run_status::running;  ///< after the call
  std::optional<run_status> before = {};    ///< pause, resume, cancel, retry, signal
  bool pausing = false;                     ///< pause, resume, cancel, retry, signal, get
  bool created = false;                     ///< start
  std::optional<shown_data> data = {};      ///< get

  friend bool operator==(const outcome&, const outcome&) = default;
};

[[nodiscard]] json to_json(const operation& what);
[[nodiscard]] json to_json(const outcome& answer);
/// Inverse of `to_json`. Abort on any other input: only the child writes records.
[[nodiscard]] operation operation_of(const json& record);
[[nodiscard]] outcome outcome_of(const json& record);

/// For messages: `pause if_status running`, `paused, was running`.
[[nodiscard]] std::string to_text(const operation& what);
[[nodiscard]] std::string to_text(const outcome& answer);

/// The number of pairs of a `signal` node and a task in the flow of the test.
inline constexpr int pairs = 5;

}  // namespace pawl::linear
