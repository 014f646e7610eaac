#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void get_cluster(const call_ptr& request) {
  const cluster_info known = request->with().engine.cluster();
  json answer{{"role", to_string(known.role)}, {"node", known.node},
              {"owner", known.owner},          {"owner_url", known.owner_url},
              {"epoch", known.epoch},          {"takeovers", known.takeovers},
              {"losses", known.losses}};
  if (known.role == cluster_role::owner) {
    answer["survives"] = {{"power_loss", known.survives_power_loss},
                          {"machine_loss", known.survives_machine_loss}};
  }
  request->answer(200, answer);
}

}  // namespace

void add_cluster_routes(router& to) {
  to.add(get_route("/v1/cluster", "cluster.get", role::reader, get_cluster));
}

}  // namespace pawl::server
