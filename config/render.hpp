#pragma once

#include <string>

#include <pawl/json.hpp>
#include <pawl/settings.hpp>

#include "config/load.hpp"

namespace pawl::config {

/// The settings as they may be shown: with `***` in place of a password in `storage.url`.
[[nodiscard]] settings without_secrets(settings values);

/// The settings as a TOML file, with the source of each value as a comment. Loading the file yields
/// the same settings, but a password in `storage.url` is shown as `***`.
[[nodiscard]] std::string to_toml(const effective_settings& effective);

/// The settings as JSON: an object from each setting's name to `value` (sizes in bytes, times in
/// milliseconds), `source` ("default", "file", "environment", "flag", "program") and `place`
/// ("pawl.toml:3"; empty for a default). Passwords as in `to_toml`.
[[nodiscard]] json to_json(const effective_settings& effective);

}  // namespace pawl::config
