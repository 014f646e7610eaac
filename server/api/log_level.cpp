#include <utility>

#include "runtime/logging.hpp"
#include "server/api/call.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void answer_level(const call_ptr& request) {
  request->answer(200, {{"level", to_string(level_of(*request->with().log))}});
}

/// Lasts until the server ends; the next start uses `log.level`.
void put_log_level(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  const log_level level = fields.level("level");
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  set_level(*request->with().log, level);
  request->audit(request->route().name, std::string{to_string(level)}, nullptr);
  answer_level(request);
}

}  // namespace

void add_log_routes(router& to) {
  const std::string_view pattern = "/v1/config/log-level";
  to.add(get_route(pattern, "config.log_level", role::admin, answer_level)
             .for_whole_server()
             .answered_by_each_server());
  // The handler writes the audit entry.
  to.add(put_route(pattern, "config.set_log_level", role::admin, put_log_level)
             .for_whole_server()
             .unaudited()
             .answered_by_each_server());
}

}  // namespace pawl::server
