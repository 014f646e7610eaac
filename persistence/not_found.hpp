#pragma once

#include <pawl/ids.hpp>

/// The one wording of `not_found` for each thing that a caller names.
namespace pawl::persistence {

/// "no such run: ID"
[[nodiscard]] inline error no_such_run(const run_id& id) {
  return {errc::not_found, "no such run: " + id.str()};
}

/// "no such flow: NAME"
[[nodiscard]] inline error no_such_flow(const flow_name& name) {
  return {errc::not_found, "no such flow: " + name.str()};
}

/// "no such version: NAME@VERSION"
[[nodiscard]] inline error no_such_version(const flow_version_id& id) {
  return {errc::not_found, "no such version: " + to_string(id)};
}

}  // namespace pawl::persistence
