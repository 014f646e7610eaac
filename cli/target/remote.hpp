#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/target.hpp"
#include "cli/target/server_address.hpp"

namespace pawl::cli {

/// A target on a server. `flags` are the options that select it in another command. `is_cancelled`
/// is polled during a request; if it returns true, the request fails with `cancelled`.
[[nodiscard]] std::unique_ptr<target> make_remote_target(server_access access, std::string flags,
                                                         std::function<bool()> is_cancelled);

}  // namespace pawl::cli
