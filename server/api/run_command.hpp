#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/engine.hpp>

#include "server/api/object_reader.hpp"

namespace pawl::server {

/// A command to a run, from the body of a POST or a WebSocket message.
struct run_command {
  enum class kind : std::uint8_t {
    pause,
    resume,
    cancel,
    terminate,
    skip,
    retry,
    set_data,
    signal
  };

  kind what = kind::pause;
  std::optional<run_status> if_status = {};         ///< required status of the run
  std::optional<std::uint64_t> if_checkpoint = {};  ///< required checkpoint of the run
  std::string reason = {};
  json update = json::object();     ///< of a resume or set-data
  std::optional<json> answer = {};  ///< of a resume
  std::string question = {};        ///< of a resume
  std::string node = {};            ///< of a skip
  std::string signal_type = {};
  json payload = nullptr;  ///< of a signal
  std::string signal_id = {};
};

/// A checkpoint is a precondition of one run; a batch command for many runs has none.
enum class command_target : std::uint8_t { one_run, many_runs };

/// Reads the fields of the command `name`: "pause", "cancel", "terminate", "skip", "retry",
/// "resume", "answer" (a resume), "set-data" (old name: "update") or "signal". Nothing for any
/// other name.
[[nodiscard]] std::optional<run_command> read_command(std::string_view name, object_reader& fields,
                                                      command_target target);

/// Sends the command to the engine. `by`: the name of the key that sends it.
void execute(const scope& in, const std::string& by, const run_id& run, run_command command,
             callback<run_changed> done);

}  // namespace pawl::server
