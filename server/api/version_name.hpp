#pragma once

#include <string>

#include <pawl/engine.hpp>

namespace pawl::server {

/// Calls `done` with the version of a flow that a text names: three numbers, "1.0.2", which need
/// not exist, or else the label of a version. Errors: `invalid_argument` (neither), `not_found` (no
/// version has the label, or clients of the previous engine have deleted it), `overloaded`.
void find_version(const scope& in, const flow_name& flow, const std::string& text,
                  callback<version> done);

}  // namespace pawl::server
