#pragma once

#include <cstdint>

#include <pawl/settings.hpp>

namespace pawl::server {

/// Descriptors that must stay free for others than the connections: tables of the store, and the
/// calls of functions, which open sockets, pipes and files; `executor.max_http_calls` of core.http.
[[nodiscard]] std::uint64_t reserved_descriptors(const settings& s);

/// The number of calls of core.http for which a quarter of the limit of open files has room; at
/// least 1, at most `executor.max_http_calls`. A server must not make more at once: its connections
/// and its store need the rest.
[[nodiscard]] std::uint32_t affordable_http_calls(const settings& s);

/// The number of connections for which the limit of open files has room: what is left of it after
/// the descriptors in use and the reserved ones; at least 4, at most `server.max_connections`. Call
/// it when the engine is open and the server is not.
[[nodiscard]] std::uint32_t affordable_connections(const settings& s);

}  // namespace pawl::server
