#include "server/old_api/thread_commands.hpp"

#include <utility>

#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_fields.hpp"
#include "server/old_api/resume_old_run.hpp"

namespace pawl::server {
namespace {

void answer_command(const call_ptr& request, const old_answer& words) {
  json answer{{"thread_id", request->run().str()}, {"status", words.status}};
  if (!words.message.empty()) answer["message"] = words.message;
  request->answer(200, answer);
}

void refuse_command(const call_ptr& request, const old_answer& words, const error& why) {
  if (why.code == errc::not_found)
    return refuse(request, old_thread_not_found(request->run().str(), words.not_found));
  refuse(request, words.failed, why);
}

/// Answers a command that a run in another state does not need.
callback<run_changed> answer_wish(const call_ptr& request, old_answer words) {
  return [request, words = std::move(words)](const result<run_changed>& changed) {
    if (changed || changed.error().code == errc::illegal_transition)
      return answer_command(request, words);
    refuse_command(request, words, changed.error());
  };
}

}  // namespace

void pause_old_run(const call_ptr& request, old_answer words) {
  command_options options;
  options.by = request->by().name;
  request->in().runs().pause_async(request->run(), std::move(options),
                                   answer_wish(request, std::move(words)));
}

void resume_old_run_with_body(const call_ptr& request, old_answer words) {
  old_fields fields{request};
  const json updates = fields.optional_object("updates").value_or(json::object());
  if (fields.reject()) return;
  resume_old_run(request->in(), request->run(), updates, request->by().name,
                 [request, words = std::move(words)](const result<void>& resumed) {
                   if (resumed) return answer_command(request, words);
                   refuse_command(request, words, resumed.error());
                 });
}

void cancel_old_run(const call_ptr& request, const std::string& reason, old_answer words) {
  command_options options;
  options.reason = reason;
  options.by = request->by().name;
  request->in().runs().cancel_async(request->run(), std::move(options),
                                    answer_wish(request, std::move(words)));
}

}  // namespace pawl::server
