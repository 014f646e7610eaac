#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <pawl/flow_numbers.hpp>
#include <pawl/json.hpp>

#include "server/api/call.hpp"

namespace pawl::server {

class form_files;

/// What a refused start begins with.
inline constexpr const char* start_failed = "Failed to start workflow";

/// A start in the words of the previous engine.
struct old_start {
  flow_numbers of;
  json input = json::object();
  std::optional<std::string> thread = {};  ///< none: a new id, "thr_…"
  bool paused = false;                     ///< create it, but do not start it yet
  bool any_version = false;                ///< the client named the flow, but no version of it
  /// The files in the input: kept if the run is stored, or may be.
  std::shared_ptr<form_files> files = nullptr;
};

/// A new id, "thr_…". Error: no random numbers.
[[nodiscard]] result<std::string> new_thread_id();

/// Starts a run. The id of a run of the same flow, and version if the client named one, that is
/// created but not started, or paused, resumes that run with `input` as updates of its data. Calls
/// `done` with the id; answers the request itself if the start is refused, with 400 if the id is in
/// use.
void start_old_run(const call_ptr& request, old_start what,
                   std::function<void(const std::string& thread)> done);

}  // namespace pawl::server
