#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void back_up(const call_ptr& request) {
  const auto& engine = request->with().engine;
  const auto& folder = engine.effective_settings().backup.dir;
  if (folder.empty()) {
    return request->fail(problem{problem_code::illegal_transition,
                                 "this server makes no backups: set backup.dir to a folder"});
  }
  engine.back_up_async(folder, answer_with<backup_info>(request));
}

void compact(const call_ptr& request) {
  request->with().engine.compact_async(answer_with<compaction_result>(request));
}

}  // namespace

void add_upkeep_routes(router& to) {
  to.add(post_route("/v1/backups", "backups.create", role::admin, back_up)
             .with_body(body_kind::none)
             .for_whole_server());
  to.add(post_route("/v1/store/compact", "store.compact", role::admin, compact)
             .with_body(body_kind::none)
             .for_whole_server());
}

}  // namespace pawl::server
