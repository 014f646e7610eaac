#pragma once

#include "server/api/router.hpp"

namespace pawl::server {

// Each file of this folder that is named for a resource adds its routes. Who they are open to, what
// they take and how their repetition is known stands in the table there; docs/openapi.yaml
// describes them.
void add_flow_routes(router& to);
void add_run_routes(router& to);
void add_run_command_routes(router& to);
void add_batch_routes(router& to);
void add_task_routes(router& to);
void add_function_routes(router& to);
void add_stats_routes(router& to);
void add_log_routes(router& to);
void add_health_routes(router& to);
void add_metrics_routes(router& to);
void add_event_routes(router& to);
void add_web_socket_routes(router& to);
void add_document_routes(router& to);

/// What the old engine offered, under /api. Not among `all_routes`.
void add_old_routes(router& to);

/// All but the old ones.
[[nodiscard]] router all_routes();

}  // namespace pawl::server
