#pragma once

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace pawl::server {

/// Checks that a server without API keys listens only on this machine. Error: `invalid_argument`;
/// the message names the address and the remedy.
[[nodiscard]] result<void> check_exposure(const server_settings& s);

}  // namespace pawl::server
