#pragma once

#include "server/api/router.hpp"

namespace pawl::server {

// One function per resource, in the file of that name: its table has the role, body and idempotency
// of each route. docs/openapi.yaml describes them.
void add_flow_routes(router& to);
void add_flow_file_routes(router& to);
void add_blob_routes(router& to);
void add_logic_routes(router& to);
void add_run_routes(router& to);
void add_run_command_routes(router& to);
void add_cleanup_routes(router& to);
void add_job_routes(router& to);
void add_upkeep_routes(router& to);
void add_run_state_routes(router& to);
void add_batch_routes(router& to);
void add_task_routes(router& to);
void add_function_routes(router& to);
void add_stats_routes(router& to);
void add_series_routes(router& to);
void add_cluster_routes(router& to);
void add_session_routes(router& to);
void add_scope_routes(router& to);
void add_log_routes(router& to);
void add_health_routes(router& to);
void add_metrics_routes(router& to);
void add_event_routes(router& to);
void add_web_socket_routes(router& to);
void add_document_routes(router& to);

// Not part of `all_routes`: these are no operations of the API.

/// The web console, under /ui; if it is not enabled, a page that names the setting.
void add_console_routes(router& to, bool enabled);
/// GET / redirects browsers to the console. The previous engine has an answer of its own there.
void add_root_route(router& to);

/// Routes of the previous engine, under /api. Not part of `all_routes`.
void add_old_routes(router& to);

[[nodiscard]] router all_routes();

}  // namespace pawl::server
