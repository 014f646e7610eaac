#pragma once

#include <string>
#include <vector>

#include <pawl/engine.hpp>

#include "server/api/object_reader.hpp"

namespace pawl::server {

/// A start as a client asks for it.
struct wanted_start {
  start_request start;
  std::string label;  ///< of the version; "": `start` has the version, or none is named
};

/// Reads the fields of a start: `flow`, `version`, `input`, `id`, `key`, `metadata`,
/// `paused`.
[[nodiscard]] wanted_start read_start(object_reader& fields);
/// Calls `done` with the start and the version that its label names, at once if there is no label.
/// Errors: as `find_version`.
void find_version_of_start(const scope& in, wanted_start wanted, callback<start_request> done);

/// Reads the fields of a restart: `id`, `key`, `metadata`.
[[nodiscard]] start_options read_restart(object_reader& fields);

/// What names the run in the body, its id or key; "" if neither does.
[[nodiscard]] std::string name_of(const start_options& options);

}  // namespace pawl::server
