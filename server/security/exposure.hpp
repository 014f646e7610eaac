#pragma once

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace pawl::server {

/// Whether a server without keys may listen where its settings say: on this machine only. Error:
/// `invalid_argument`, which names the address and says what to do.
[[nodiscard]] result<void> check_exposure(const server_settings& s);

}  // namespace pawl::server
