#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/engine.hpp>

#include "server/api/object_reader.hpp"

namespace pawl::server {

/// A command to a run as a client says it, in the body of a POST or over a WebSocket.
struct run_command {
  enum class kind : std::uint8_t { pause, resume, cancel, retry, update, signal };

  kind what = kind::pause;
  std::optional<run_status> if_status = {};
  std::optional<std::uint64_t> if_checkpoint = {};  ///< the checkpoint that the run must be at
  std::string reason = {};
  json update = json::object();     ///< of a resume or an update
  std::optional<json> answer = {};  ///< of a resume
  std::string question = {};        ///< of a resume
  std::string signal_type = {};
  json payload = nullptr;  ///< of a signal
  std::string signal_id = {};
};

/// Reads the fields of a command by its word: "pause", "cancel", "retry", "resume", "answer"
/// (which is a resume), "update" or "signal". Nothing for another word.
[[nodiscard]] std::optional<run_command> read_command(std::string_view word, object_reader& fields);

/// Gives the command to the engine.
void carry_out(const scope& in, const run_id& run, run_command command, callback<run_changed> done);

}  // namespace pawl::server
