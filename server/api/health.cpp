#include <pawl/version.hpp>

#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void healthy(const call_ptr& request) {
  request->answer(200, {{"status", "ok"}});
}

void ready(const call_ptr& request) {
  const auto is_ready = request->with().engine.ready();
  if (!is_ready) return request->fail(is_ready.error());
  json state{{"ready", true}};
  if (const auto role = request->with().engine.cluster().role; role != cluster_role::single)
    state["role"] = to_string(role);
  if (const auto load = request->with().engine.load(); load && load->quarantined_runs > 0)
    state["quarantined_runs"] = load->quarantined_runs;
  request->answer(200, std::move(state));
}

void version_of_server(const call_ptr& request) {
  request->answer(200, {{"name", "pawl"}, {"version", library_version}});
}

}  // namespace

void add_health_routes(router& to) {
  to.add(get_route("/healthz", "health.live", std::nullopt, healthy));
  to.add(get_route("/readyz", "health.ready", std::nullopt, ready));
  to.add(get_route("/version", "health.version", std::nullopt, version_of_server));
}

}  // namespace pawl::server
