#pragma once

#include <optional>

#include "cli/target.hpp"
#include "cli/target/server_address.hpp"

namespace pawl::cli {

/// Reads the stream of all events of a scope of a server, as `target::events` says; opens it again
/// where it breaks, behind the last event that was told.
[[nodiscard]] result<void> tell_scope_events(const server_access& access,
                                             std::optional<journal_position> after,
                                             const event_listener& tell);

}  // namespace pawl::cli
