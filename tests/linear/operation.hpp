#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/run.hpp>

/// What clients ask of a run and what they are told, as the child records it and the checker reads
/// it. Plain values.
namespace pawl::linear {

enum class verb : std::uint8_t { start, signal, pause, resume, cancel, get };

/// One call of a client.
struct operation {
  verb what = verb::get;
  std::optional<run_status> if_status = {};  ///< pause, resume, cancel: compare-and-set
  int input = 0;                             ///< start: what the run is started with
  int signal = 0;                            ///< signal: its id, and its payload
  int note = 0;                              ///< resume: the new value of `note`; 0: none

  friend bool operator==(const operation&, const operation&) = default;
};

/// The part of a run that its flow fills, as `get` shows it.
struct shown_data {
  int input = 0;
  int note = 0;
  int steps = 0;             ///< tasks that have returned
  std::vector<int> claimed;  ///< ids of the signals that nodes took, in the order of the nodes

  friend bool operator==(const shown_data&, const shown_data&) = default;
};

/// What a call was answered. What a verb is not told keeps its default.
struct outcome {
  std::string error = {};                   ///< the text of an `errc`; empty: it was done
  run_status status = run_status::pending;  ///< after it
  std::optional<run_status> before = {};    ///< pause, resume, cancel, signal
  bool pausing = false;                     ///< pause, resume, cancel, signal, get
  bool created = false;                     ///< start
  std::optional<shown_data> data = {};      ///< get

  friend bool operator==(const outcome&, const outcome&) = default;
};

[[nodiscard]] json to_json(const operation& what);
[[nodiscard]] json to_json(const outcome& answer);
/// The values behind `to_json`. They abort on anything else: only our own child writes them.
[[nodiscard]] operation operation_of(const json& record);
[[nodiscard]] outcome outcome_of(const json& record);

/// For people: `pause if_status running`, `paused, was running`.
[[nodiscard]] std::string to_text(const operation& what);
[[nodiscard]] std::string to_text(const outcome& answer);

/// A run goes through so many pairs of a `signal` node and a task before it is completed.
inline constexpr int pairs = 5;

}  // namespace pawl::linear
