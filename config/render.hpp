#pragma once

#include <string>

#include <pawl/json.hpp>

#include "config/load.hpp"

namespace pawl::config {

/// The settings as a TOML file that gives the same settings again, each line with the origin of its
/// value as a comment.
[[nodiscard]] std::string to_toml(const effective_settings& effective);

/// The settings for programs: an object from each key's name to `value` (sizes in bytes, times in
/// milliseconds), `source` ("default", "file", "environment", "flag", "program") and `place`
/// ("pawl.toml:3"; empty for a default).
[[nodiscard]] json to_json(const effective_settings& effective);

}  // namespace pawl::config
