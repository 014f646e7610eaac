#pragma once

#include <string_view>
#include <vector>

#include "server/api/router.hpp"

/// The HTTP API and the WebSocket of the previous engine, for its clients. Its words: a run is a
/// thread, its input `inputs`, a cancel a stop; flows and versions have numbers. It adds no rules
/// about runs. To remove it, delete this folder and `server.old_api`.
namespace pawl::server {

// One function per group of routes, in the file of that name.
void add_old_system_routes(router& to);
void add_old_flow_routes(router& to);
void add_old_version_routes(router& to);
void add_old_start_routes(router& to);
void add_old_form_routes(router& to);
void add_old_thread_routes(router& to);
void add_old_run_routes(router& to);
void add_old_socket_routes(router& to);

/// A route with the errors of the previous engine, which ignores what it does not know: fields,
/// query parameters and media types. `method` and the texts are literals.
[[nodiscard]] route old_route(std::string_view method, std::string_view pattern,
                              std::string_view name, std::optional<role> open_to,
                              route::handler handle, std::vector<std::string_view> parameters = {});

}  // namespace pawl::server
