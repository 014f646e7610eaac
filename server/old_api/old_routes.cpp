#include "server/old_api/old_routes.hpp"

#include <utility>

#include "server/api/routes.hpp"
#include "server/old_api/old_errors.hpp"

namespace pawl::server {

route old_route(std::string_view method, std::string_view pattern, std::string_view name,
                std::optional<role> open_to, route::handler handle,
                std::vector<std::string_view> parameters) {
  route made{method, pattern, name, open_to, handle};
  made.body = method == "GET" ? body_kind::none : body_kind::optional_object;
  made.parameters = std::move(parameters);
  made.refusal = old_refusal;
  made.lenient = true;
  return made;
}

void add_old_routes(router& to) {
  add_old_system_routes(to);
  add_old_flow_routes(to);
  add_old_version_routes(to);
  add_old_start_routes(to);
  add_old_form_routes(to);
  add_old_thread_routes(to);
  add_old_run_routes(to);
  add_old_socket_routes(to);
}

}  // namespace pawl::server
