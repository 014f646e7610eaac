#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void get_cluster(const call_ptr& request) {
  request->answer(200, to_json(request->with().engine.cluster()));
}

}  // namespace

void add_cluster_routes(router& to) {
  to.add(
      get_route("/v1/cluster", "cluster.get", role::reader, get_cluster).answered_by_each_server());
}

}  // namespace pawl::server
