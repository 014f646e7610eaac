#include <utility>

#include "server/api/call.hpp"
#include "server/api/routes.hpp"
#include "server/api/run_command.hpp"
#include "server/api/start_fields.hpp"
#include "server/api/start_from_run.hpp"

namespace pawl::server {
namespace {

/// Adds the checkpoint in If-Match to the command. Returns false if the request was refused.
bool take_precondition(const call_ptr& request, run_command& command) {
  const auto wanted = request->precondition();
  if (!wanted.given || wanted.any) return true;
  const auto checkpoint = checkpoint_of(wanted);
  if (!checkpoint) {
    request->fail(problem{problem_code::precondition_failed,
                          "If-Match is not a checkpoint of a run; use its ETag, such as \"17\""});
    return false;
  }
  if (command.if_checkpoint && command.if_checkpoint != checkpoint) {
    request->fail(problem{problem_code::invalid_argument,
                          "If-Match and if_checkpoint differ; give only one of them"});
    return false;
  }
  command.if_checkpoint = checkpoint;
  return true;
}

/// The command's name is the last segment of the path.
void command_run(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  const std::string_view path = request->route().pattern;
  auto command = read_command(path.substr(path.rfind('/') + 1), fields, command_target::one_run);
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics)) || !take_precondition(request, *command))
    return;
  const bool sends_signal = command->what == run_command::kind::signal;
  if (sends_signal && !request->bind_idempotency_key(command->signal_id)) return;
  if (command->signal_id.empty()) command->signal_id = request->idempotency_key();
  execute(request->in(), request->by().name, request->run(), *std::move(command),
          answer_with<run_changed>(request));
}

void restart_run(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  start_options options = read_restart(fields);
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  start_from_run(request, "restart", std::move(options),
                 [request](start_options how, callback<run_started> done) {
                   request->in().runs().restart_async(request->run(), std::move(how),
                                                      std::move(done));
                 });
}

}  // namespace

void add_run_command_routes(router& to) {
  for (const auto& [pattern, name] : {std::pair{"/v1/runs/{id}/pause", "runs.pause"},
                                      {"/v1/runs/{id}/resume", "runs.resume"},
                                      {"/v1/runs/{id}/answer", "runs.answer"},
                                      {"/v1/runs/{id}/set-data", "runs.set_data"},
                                      {"/v1/runs/{id}/update", "runs.update"},  // old name
                                      {"/v1/runs/{id}/cancel", "runs.cancel"},
                                      {"/v1/runs/{id}/terminate", "runs.terminate"},
                                      {"/v1/runs/{id}/retry", "runs.retry"}}) {
    to.add(post_route(pattern, name, role::operator_role, command_run)
               .with_body(body_kind::optional_object));
  }
  to.add(post_route("/v1/runs/{id}/skip", "runs.skip", role::operator_role, command_run));
  to.add(post_route("/v1/runs/{id}/signal", "runs.signal", role::operator_role, command_run)
             .idempotent_by_engine());
  for (const auto& [pattern, name] : {std::pair{"/v1/runs/{id}/restart", "runs.restart"},
                                      {"/v1/runs/{id}/replay", "runs.replay"}}) {
    to.add(post_route(pattern, name, role::operator_role, restart_run)
               .with_body(body_kind::optional_object)
               .idempotent_by_engine());
  }
}

}  // namespace pawl::server
