#pragma once

#include <string>
#include <vector>

#include <pawl/engine.hpp>

#include "server/api/object_reader.hpp"

namespace pawl::server {

/// Reads the fields of a start: `flow`, `version`, `input`, `id`, `key`, `metadata`,
/// `paused`.
[[nodiscard]] start_request read_start(object_reader& fields);

/// Reads the fields of a restart: `id`, `key`, `metadata`.
[[nodiscard]] start_options read_restart(object_reader& fields);

/// What names the run in the body, its id or key; "" if neither does.
[[nodiscard]] std::string name_of(const start_options& options);

}  // namespace pawl::server
