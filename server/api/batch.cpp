#include <memory>
#include <utility>

#include "server/api/batch_answer.hpp"
#include "server/api/call.hpp"
#include "server/api/routes.hpp"
#include "server/api/run_command.hpp"
#include "server/api/start_fields.hpp"

namespace pawl::server {
namespace {

void start_batch(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  std::vector<wanted_start> starts;
  fields.objects("items", max_batch,
                 [&](object_reader& item) { starts.push_back(read_start(item)); });
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const auto answer = std::make_shared<batch_answer>(request, "runs.start", starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    start_options& options = starts[i].start.options;
    request->attribute(options);
    const std::string id = options.id ? options.id->str() : options.key;
    const auto set = [answer, i, id](const result<run_started>& started) {
      answer->set(i, id, started);
    };
    find_version_of_start(request->in(), std::move(starts[i]),
                          [request, set](result<start_request> found) {
                            if (!found) return set(found.error());
                            request->in().runs().start_async(found->flow, found->input,
                                                             std::move(found->options), set);
                          });
  }
}

void signal_batch(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  std::vector<std::pair<run_id, run_command>> signals;
  fields.objects("items", max_batch, [&](object_reader& item) {
    run_id run{item.text("run")};
    signals.emplace_back(std::move(run), *read_command("signal", item, command_target::one_run));
  });
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const auto answer = std::make_shared<batch_answer>(request, "runs.signal", signals.size());
  for (std::size_t i = 0; i < signals.size(); ++i) {
    const run_id run = signals[i].first;
    execute(request->in(), request->by().name, run, std::move(signals[i].second),
            [answer, i, run](const result<run_changed>& changed) {
              answer->set(i, run.str(), changed);
            });
  }
}

/// The command's name is the last segment of the path.
void command_batch(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  const auto texts = fields.texts("runs", max_batch);
  const std::vector<run_id> runs(texts.begin(), texts.end());
  const std::string_view path = request->route().pattern;
  const auto command =
      read_command(path.substr(path.rfind('/') + 1), fields, command_target::many_runs);
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const auto answer = std::make_shared<batch_answer>(request, request->route().name, runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    execute(request->in(), request->by().name, runs[i], *command,
            [answer, i, run = runs[i]](const result<run_changed>& changed) {
              answer->set(i, run.str(), changed);
            });
  }
}

}  // namespace

void add_batch_routes(router& to) {
  // Each item is audited, not the batch.
  const auto add = [&](std::string_view pattern, std::string_view name,
                       void (*handle)(const call_ptr&)) {
    to.add(post_route(pattern, name, role::operator_role, handle).unaudited());
  };
  add("/v1/batch/start", "batch.start", start_batch);
  add("/v1/batch/signal", "batch.signal", signal_batch);
  add("/v1/batch/pause", "batch.pause", command_batch);
  add("/v1/batch/resume", "batch.resume", command_batch);
  add("/v1/batch/cancel", "batch.cancel", command_batch);
  add("/v1/batch/terminate", "batch.terminate", command_batch);
  add("/v1/batch/retry", "batch.retry", command_batch);
}

}  // namespace pawl::server
