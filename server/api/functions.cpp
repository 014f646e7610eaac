#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void list_functions(const call_ptr& request) {
  json list = json::array();
  for (const auto& each : request->in().functions().list()) list.push_back(to_json(each));
  request->answer(200, {{"functions", std::move(list)}});
}

}  // namespace

void add_function_routes(router& to) {
  to.add(get_route("/v1/functions", "functions.list", role::reader, list_functions));
}

}  // namespace pawl::server
