#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/target.hpp"
#include "cli/target/server_address.hpp"

namespace pawl::cli {

/// A scope of a server. `flags`: the options that name it to another command. `given_up`: asked
/// while a request is under way; true ends it as `cancelled`.
[[nodiscard]] std::unique_ptr<target> make_remote_target(server_access access, std::string flags,
                                                         std::function<bool()> given_up);

}  // namespace pawl::cli
