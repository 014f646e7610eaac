#include "server/old_api/start_old_run.hpp"

#include <utility>

#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_runs.hpp"
#include "server/old_api/resume_old_run.hpp"
#include "server/old_api/uploads.hpp"
#include "server/security/keys.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t thread_digits = 32;

using thread_handler = std::function<void(const std::string& thread)>;

void refuse_thread_in_use(const call_ptr& request, const std::string& thread,
                          const std::string& status) {
  refuse(request,
         {400, std::string{start_failed} + ": Workflow " + thread + " is already " + status});
}

/// Whether a run may be stored although its start was refused: the store has failed meanwhile.
bool may_be_stored(const error& why) noexcept {
  return why.code == errc::unavailable || why.code == errc::io_failed ||
         why.code == errc::storage_full || why.code == errc::corrupt;
}

void begin_new(const call_ptr& request, const old_start& what, thread_handler done) {
  start_options options;
  options.id = run_id{*what.thread};
  options.version = what.of.id.version;
  options.metadata = {{old_version_key, what.of.version}};
  options.paused = what.paused;
  request->attribute(options);
  request->in().runs().start_async(
      what.of.id.name.str(), what.input, std::move(options),
      [request, thread = *what.thread, files = what.files,
       done = std::move(done)](const result<run_started>& run) {
        const bool is_stored = run ? run->created : may_be_stored(run.error());
        if (files && is_stored) files->keep();
        if (files) files->remove();  // before the answer
        if (!run && run.error().code == errc::already_exists)
          return refuse_thread_in_use(request, thread, "in use");
        if (!run) return refuse(request, start_failed, run.error());
        if (!run->created)
          return refuse_thread_in_use(request, thread, std::string{to_string(run->status)});
        done(thread);
      });
}

/// Whether a run is of the flow, and of the version if the client named one, of a start.
bool is_of(const run_summary& run, const old_start& what) {
  return what.any_version ? run.flow.name == what.of.id.name : run.flow == what.of.id;
}

/// A client that gives an id may mean a run that exists.
void begin_named(const call_ptr& request, const old_start& what, thread_handler done) {
  request->in().runs().get_async(run_id{*what.thread}, [request, what, done = std::move(done)](
                                                           const result<run_view>& existing) {
    const bool is_new = !existing && existing.error().code != errc::unavailable &&
                        existing.error().code != errc::overloaded;
    if (is_new) return begin_new(request, what, done);
    if (!existing) return refuse(request, start_failed, existing.error());
    const run_summary& run = existing->summary;
    if (!can_start(run))
      return refuse_thread_in_use(request, *what.thread, std::string{old_status(run)});
    if (!is_of(run, what)) {
      return refuse(request, {400, std::string{start_failed} + ": Workflow " + *what.thread +
                                       " is a run of " + to_string(run.flow)});
    }
    resume_old_run(request->in(), run.key.id, what.input, request->by().name,
                   [request, thread = *what.thread, done](const result<void>& resumed) {
                     if (!resumed) return refuse(request, start_failed, resumed.error());
                     done(thread);
                   });
  });
}

}  // namespace

result<std::string> new_thread_id() {
  auto digits = make_session_token();
  if (!digits) return digits;
  return "thr_" + digits->substr(0, thread_digits);
}

void start_old_run(const call_ptr& request, old_start what, thread_handler done) {
  if (what.thread) {
    request->set_target(*what.thread);
    return begin_named(request, what, std::move(done));
  }
  auto made = new_thread_id();
  if (!made) return refuse(request, start_failed, made.error());
  what.thread = *std::move(made);
  request->set_target(*what.thread);
  begin_new(request, what, std::move(done));
}

}  // namespace pawl::server
