#include <utility>

#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void delete_run(const call_ptr& request) {
  request->in().runs().remove_async(request->run(), answer_with<run_removed>(request));
}

callback<void> answer_done(const call_ptr& request) {
  return [request](const result<void>& done) {
    if (!done) return request->fail(done.error());
    request->answer_empty(204);
  };
}

void keep_run(const call_ptr& request) {
  request->in().runs().keep_async(request->run(), answer_done(request));
}

void release_run(const call_ptr& request) {
  request->in().runs().release_async(request->run(), answer_done(request));
}

void clean_up(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  cleanup_options wanted;
  wanted.older_than = request->query().duration("older_than", max_duration, diagnostics);
  wanted.dry_run = request->query().flag("dry_run", false, diagnostics);
  wanted.limit = request->query().number("limit", 1000, 1, 1000, diagnostics);
  wanted.cursor = request->query().text("cursor");
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().runs().clean_up_async(std::move(wanted), answer_with<cleanup_page>(request));
}

}  // namespace

void add_cleanup_routes(router& to) {
  to.add(delete_route("/v1/runs/{id}", "runs.delete", role::admin, delete_run));
  to.add(put_route("/v1/runs/{id}/keep", "runs.keep", role::admin, keep_run)
             .with_body(body_kind::none));
  to.add(delete_route("/v1/runs/{id}/keep", "runs.release", role::admin, release_run));
  to.add(post_route("/v1/cleanup", "runs.cleanup", role::admin, clean_up)
             .with_body(body_kind::none)
             .with_query({"older_than", "dry_run", "limit", "cursor"}));
}

}  // namespace pawl::server
