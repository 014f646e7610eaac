#include <utility>

#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_fields.hpp"
#include "server/old_api/old_logs.hpp"
#include "server/old_api/old_routes.hpp"
#include "server/old_api/old_runs.hpp"
#include "server/old_api/resume_old_run.hpp"
#include "server/old_api/thread_commands.hpp"

namespace pawl::server {
namespace {

constexpr const char* no_thread = "Thread not found";

/// Starts a run that was only created, or resumes a paused one.
void start_thread(const call_ptr& request) {
  old_fields fields{request};
  const json updates = fields.optional_object("updates").value_or(json::object());
  if (fields.reject()) return;
  request->in().runs().get_async(request->run(), [request, updates](const result<run_view>& run) {
    const std::string id = request->run().str();
    if (!run && run.error().code == errc::not_found)
      return refuse(request, old_thread_not_found(id, no_thread));
    if (!run) return refuse(request, "Failed to start thread", run.error());
    if (!can_start(run->summary)) {
      return refuse(request, {400, "Thread " + id + " cannot be started from status: " +
                                       std::string{old_status(run->summary)}});
    }
    resume_old_run(request->in(), run->summary.key.id, updates, request->by().name,
                   [request, id](const result<void>& resumed) {
                     if (!resumed)
                       return refuse(request, "Failed to start thread", resumed.error());
                     request->answer(200, {{"thread_id", id},
                                           {"status", "started"},
                                           {"message", "Thread " + id + " started successfully"}});
                   });
  });
}

void pause_thread(const call_ptr& request) {
  pause_old_run(request,
                {"pause_requested", "Pause request sent", no_thread, "Failed to pause thread"});
}

void resume_thread(const call_ptr& request) {
  resume_old_run_with_body(request,
                           {"resumed", "Thread resumed", no_thread, "Failed to resume thread"});
}

void stop_thread(const call_ptr& request) {
  cancel_old_run(request, "User requested stop",
                 {"stopped", "Thread stopped successfully", no_thread, "Failed to stop thread"});
}

void get_thread_status(const call_ptr& request) {
  show_old_run(request->in(), request->run(), [request](const result<json>& run) {
    if (run) return request->answer(200, *run);
    if (run.error().code == errc::not_found)
      return refuse(request, old_thread_not_found(request->run().str(), no_thread));
    refuse(request, "Failed to get thread status", run.error());
  });
}

void get_thread_logs(const call_ptr& request) {
  answer_old_logs(request, no_thread);
}

}  // namespace

void add_old_thread_routes(router& to) {
  to.add(old_route("POST", "/api/thread/{id}/start", "old.thread.start", role::operator_role,
                   start_thread));
  to.add(old_route("POST", "/api/thread/{id}/pause", "old.thread.pause", role::operator_role,
                   pause_thread));
  to.add(old_route("POST", "/api/thread/{id}/resume", "old.thread.resume", role::operator_role,
                   resume_thread));
  to.add(old_route("POST", "/api/thread/{id}/stop", "old.thread.stop", role::operator_role,
                   stop_thread));
  to.add(old_route("GET", "/api/thread/{id}/status", "old.thread.status", role::reader,
                   get_thread_status));
  to.add(old_route("GET", "/api/thread/{id}/logs", "old.thread.logs", role::reader, get_thread_logs,
                   {"limit"}));
  to.add(old_route("GET", "/api/thread/{id}/logs/download", "old.thread.download", role::reader,
                   download_old_logs));
}

}  // namespace pawl::server
