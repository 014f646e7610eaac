#include <algorithm>
#include <utility>

#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_fields.hpp"
#include "server/old_api/old_logs.hpp"
#include "server/old_api/old_routes.hpp"
#include "server/old_api/old_runs.hpp"
#include "server/old_api/thread_commands.hpp"

// The routes under /api/runs, which the first states of the previous engine had.
namespace pawl::server {
namespace {

constexpr std::uint64_t max_listed_runs = 1000;

/// The newest runs by their start, of these the one with the newest event first. Their inputs may
/// be large: a list of some megabytes ends before its limit.
void list_old_runs(const call_ptr& request) {
  const auto limit = old_number(request, "limit", 100, max_listed_runs);
  if (!limit) return;
  if (*limit == 0)
    return request->answer(200, {{"runs", json::array()}, {"total", 0}, {"limit", 0}});
  run_filter filter;
  filter.limit = *limit;
  const std::stop_token withdrawn = request->withdrawn_with_client();
  const auto answer = [request, limit = *limit](result<json> runs) {
    if (!runs) return refuse(request, "Failed to list workflows", runs.error());
    std::stable_sort(runs->begin(), runs->end(), [](const json& a, const json& b) {
      return a["last_event_at"] > b["last_event_at"];
    });
    const std::size_t total = runs->size();
    request->answer(200, {{"runs", *std::move(runs)}, {"total", total}, {"limit", limit}});
  };
  request->in().runs().list_async(
      filter,
      [request, answer, withdrawn](const result<run_page>& page) {
        if (!page) return refuse(request, "Failed to list workflows", page.error());
        std::vector<run_id> ids;
        for (const auto& each : page->runs) ids.push_back(each.key.id);
        show_old_runs(request->in(), std::move(ids), answer, withdrawn);
      },
      withdrawn);
}

void get_old_run(const call_ptr& request) {
  show_old_run(request->in(), request->run(), [request](const result<json>& run) {
    if (run) return request->answer(200, *run);
    if (run.error().code == errc::not_found)
      return refuse(request, old_thread_not_found(request->run().str()));
    refuse(request, "Failed to get workflow status", run.error());
  });
}

void pause_run(const call_ptr& request) {
  pause_old_run(request, {"pause_requested", "Pause request sent", "", "Failed to pause workflow"});
}

void resume_run(const call_ptr& request) {
  resume_old_run_with_body(
      request, {"resumed", "Workflow resumed", "Workflow not found or cannot be resumed",
                "Failed to resume workflow"});
}

void delete_old_run(const call_ptr& request) {
  cancel_old_run(request, "Cancelled via API", {"cancelled", "", "", "Failed to cancel workflow"});
}

/// A run that does not exist has an empty log, as it had no file.
void get_old_run_logs(const call_ptr& request) {
  answer_old_logs(request, "");
}

}  // namespace

void add_old_run_routes(router& to) {
  to.add(old_route("GET", "/api/runs", "old.runs.list", role::reader, list_old_runs, {"limit"}));
  to.add(old_route("GET", "/api/runs/{id}", "old.runs.get", role::reader, get_old_run));
  to.add(old_route("DELETE", "/api/runs/{id}", "old.runs.cancel", role::operator_role,
                   delete_old_run));
  to.add(
      old_route("POST", "/api/runs/{id}/pause", "old.runs.pause", role::operator_role, pause_run));
  to.add(old_route("POST", "/api/runs/{id}/resume", "old.runs.resume", role::operator_role,
                   resume_run));
  to.add(old_route("GET", "/api/runs/{id}/logs", "old.runs.logs", role::reader, get_old_run_logs,
                   {"limit"}));
  to.add(old_route("GET", "/api/runs/{id}/logs/download", "old.runs.download", role::reader,
                   download_old_logs));
}

}  // namespace pawl::server
