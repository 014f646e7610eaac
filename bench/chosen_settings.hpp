#pragma once

#include <string>

#include <pawl/json.hpp>
#include <pawl/settings.hpp>

/// The settings that the user has chosen: those that differ from the defaults, without the data
/// folder and the log.
namespace pawl::bench {

/// As an object of the names and values.
[[nodiscard]] json chosen_settings(const settings& s);
/// As a configuration file (TOML) for `pawl serve`, without the address to listen on.
[[nodiscard]] std::string chosen_settings_file(const settings& s);

}  // namespace pawl::bench
