#include <pawl/version.hpp>

#include "server/api/call.hpp"
#include "server/old_api/old_routes.hpp"

namespace pawl::server {
namespace {

void old_health(const call_ptr& request) {
  request->answer(200, {{"status", "healthy"}, {"service", "workflow-engine"}});
}

void old_root(const call_ptr& request) {
  request->answer(200, {{"message", "It works!"}});
}

/// The apps are with the workers, and the pages are elsewhere.
void old_system_status(const call_ptr& request) {
  const settings& s = request->with().engine.effective_settings();
  request->answer(200, {{"status", "running"},
                        {"service", "workflow-engine"},
                        {"version", library_version},
                        {"database_path", s.storage.data_dir.string()},
                        {"logging_directory", s.log.file.parent_path().string()},
                        {"apps_directory", ""},
                        {"templates_directory", ""}});
}

}  // namespace

void add_old_system_routes(router& to) {
  to.add(old_route("GET", "/", "old.root", std::nullopt, old_root));
  to.add(old_route("GET", "/health", "old.health", std::nullopt, old_health));
  to.add(old_route("GET", "/status", "old.status", role::reader, old_system_status));
}

}  // namespace pawl::server
