#pragma once

#include <string>
#include <vector>

#include <pawl/engine.hpp>

#include "server/api/object_reader.hpp"

namespace pawl::server {

/// Reads what a start says: `flow`, `version`, `input`, `id`, `key`, `metadata`.
[[nodiscard]] start_request read_start(object_reader& fields);

/// Reads what a restart says: `id`, `key`, `metadata`.
[[nodiscard]] start_options read_restart(object_reader& fields);

}  // namespace pawl::server
