#pragma once

#include <pawl/json.hpp>
#include <pawl/run_statistics.hpp>

/// JSON representation of statistics, shared by the HTTP API and the program's `--json` output.
/// docs/openapi.yaml describes every field.
namespace pawl::server {

[[nodiscard]] json to_json(const run_statistics& of);

}  // namespace pawl::server
