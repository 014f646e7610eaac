#include "server/api/routes.hpp"

namespace pawl::server {

router all_routes() {
  router all;
  add_flow_routes(all);
  add_flow_file_routes(all);
  add_blob_routes(all);
  add_logic_routes(all);
  add_run_routes(all);
  add_run_command_routes(all);
  add_cleanup_routes(all);
  add_job_routes(all);
  add_upkeep_routes(all);
  add_run_state_routes(all);
  add_batch_routes(all);
  add_task_routes(all);
  add_function_routes(all);
  add_stats_routes(all);
  add_series_routes(all);
  add_cluster_routes(all);
  add_session_routes(all);
  add_scope_routes(all);
  add_log_routes(all);
  add_health_routes(all);
  add_metrics_routes(all);
  add_event_routes(all);
  add_web_socket_routes(all);
  add_document_routes(all);
  return all;
}

}  // namespace pawl::server
