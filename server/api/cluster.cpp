#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void get_cluster(const call_ptr& request) {
  const cluster_info known = request->with().engine.cluster();
  request->answer(200, {{"role", to_string(known.role)},
                        {"node", known.node},
                        {"owner", known.owner},
                        {"owner_url", known.owner_url},
                        {"epoch", known.epoch},
                        {"takeovers", known.takeovers},
                        {"losses", known.losses}});
}

}  // namespace

void add_cluster_routes(router& to) {
  to.add(get_route("/v1/cluster", "cluster.get", role::reader, get_cluster));
}

}  // namespace pawl::server
