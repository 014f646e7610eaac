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

/// Until the server ends; it begins again with `log.level`.
void put_log_level(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  const log_level level = fields.level("level");
  fields.finish();
  if (request->refused(std::move(diagnostics))) return;
  // Where commands are noted in the log itself, this one is in it whether it asks for more or less.
  spdlog::logger& log = *request->with().log;
  const bool for_more = level < level_of(log);
  if (for_more) set_level(log, level);
  request->note(request->route().name, std::string{to_string(level)}, nullptr);
  if (!for_more) set_level(log, level);
  answer_level(request);
}

}  // namespace

void add_log_routes(router& to) {
  const std::string_view pattern = "/v1/config/log-level";
  to.add(get_route(pattern, "config.log_level", role::admin, answer_level));
  // It notes itself.
  to.add(put_route(pattern, "config.set_log_level", role::admin, put_log_level).unaudited());
}

}  // namespace pawl::server
