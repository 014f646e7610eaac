#pragma once

#include <optional>

#include "cli/target.hpp"
#include "cli/target/server_address.hpp"

namespace pawl::cli {

/// Streams the events of a scope of a server; see `target::events`. Reconnects after a connection
/// failure and continues after the last delivered event.
[[nodiscard]] result<void> stream_scope_events(const server_access& access,
                                               std::optional<journal_position> after,
                                               const event_selection& which,
                                               const event_listener& listener);

}  // namespace pawl::cli
