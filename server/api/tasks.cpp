#include <memory>
#include <utility>

#include "server/api/batch_answer.hpp"
#include "server/api/call.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/routes.hpp"
#include "server/api/task_outcomes.hpp"
#include "server/api/task_poll.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t max_lines = 1000;

/// Reads the body: the lease, and the fields that `read` reads. None if the request was refused.
template <class Read>
std::optional<task_lease> read_lease(const call_ptr& request, Read read) {
  auto body = request->take_body();
  if (!body) return std::nullopt;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  task_lease task{request->segment("task"), fields.text("lease")};
  read(fields);
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return std::nullopt;
  return task;
}

lease_ended answer_empty_object(call_ptr request) {
  return [request = std::move(request)](const result<void>& ended, bool is_repeated) {
    if (!ended) return request->fail(ended.error());
    http::fields fields;
    if (is_repeated) fields.set("Idempotency-Replayed", "true");
    request->answer(200, json::object(), std::move(fields));
  };
}

void complete(const call_ptr& request) {
  task_outcome outcome;
  const auto task =
      read_lease(request, [&](object_reader& fields) { outcome = read_result(fields); });
  if (!task) return;
  complete_once(request, *task, std::move(outcome), answer_empty_object(request));
}

void complete_batch(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  std::vector<std::pair<task_lease, task_outcome>> done;
  fields.objects("items", max_batch, [&](object_reader& item) {
    task_lease task{item.text("task"), item.text("lease")};
    done.emplace_back(std::move(task), read_result(item));
  });
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const auto answer = std::make_shared<batch_answer>(request, request->route().name, done.size());
  for (std::size_t i = 0; i < done.size(); ++i) {
    auto& [task, outcome] = done[i];
    complete_once(request, task, std::move(outcome),
                  [answer, i, id = task.task](const result<void>& ended, bool) {
                    answer->set(i, id, ended);
                  });
  }
}

void fail_task(const call_ptr& request) {
  task_outcome outcome;
  const auto task =
      read_lease(request, [&](object_reader& fields) { outcome = read_failure(fields); });
  if (!task) return;
  complete_once(request, *task, std::move(outcome), answer_empty_object(request));
}

void interrupt(const call_ptr& request) {
  task_outcome outcome;
  const auto task =
      read_lease(request, [&](object_reader& fields) { outcome = read_question(fields); });
  if (!task) return;
  complete_once(request, *task, std::move(outcome), answer_empty_object(request));
}

void release(const call_ptr& request) {
  const auto task = read_lease(request, [](object_reader&) {});
  if (!task) return;
  end_once(
      request, *task, {"release"},
      [in = request->in(), task = *task](callback<void> ended) {
        in.workers().release_async(task, std::move(ended));
      },
      answer_empty_object(request));
}

void heartbeat(const call_ptr& request) {
  std::optional<double> progress;
  const auto task = read_lease(
      request, [&](object_reader& fields) { progress = fields.optional_fraction("progress"); });
  if (!task) return;
  request->in().workers().heartbeat_async(
      *task, progress, {}, [request](result<task_heartbeat> beat) {
        if (!beat) return request->fail(beat.error());
        request->answer(200,
                        {{"wish", to_string(beat->wish)}, {"lease_ms", beat->lease_time.count()}});
      });
}

void log_lines(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  std::vector<task_log_line> lines;
  object_reader fields{*body, "", diagnostics};
  const task_lease task{request->segment("task"), fields.text("lease")};
  fields.objects("lines", max_lines, [&](object_reader& line) {
    const log_level level = line.level("level");
    std::string message = line.text("message");
    const std::chrono::milliseconds age{line.number("age_ms", 0, 0, 86'400'000)};
    std::string about = line.optional_text("about").value_or("");
    json context = line.optional_object("context").value_or(nullptr);
    lines.push_back({level, std::move(message), age, std::move(about), std::move(context)});
  });
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().workers().heartbeat_async(task, std::nullopt, std::move(lines),
                                          [request](const result<task_heartbeat>& beat) {
                                            if (!beat) return request->fail(beat.error());
                                            request->answer(200, json::object());
                                          });
}

void list_workers(const call_ptr& request) {
  request->in().workers().list_async([request](result<worker_overview> all) {
    if (!all) return request->fail(all.error());
    json workers = json::array(), queues = json::array();
    for (const auto& each : all->workers) {
      workers.push_back({{"worker", each.name},
                         {"queue", each.queue},
                         {"functions", each.functions},
                         {"leases", each.leases},
                         {"last_seen", to_rfc3339(each.last_seen)}});
    }
    for (const auto& each : all->queues) {
      queues.push_back({{"queue", each.queue},
                        {"code_ref", each.code_ref},
                        {"queued", each.queued},
                        {"leased", each.leased},
                        {"oldest_at", time_or_null(each.oldest_at)}});
    }
    request->answer(200, {{"workers", std::move(workers)}, {"queues", std::move(queues)}});
  });
}

}  // namespace

void add_task_routes(router& to) {
  // The calls of workers are recorded in the history of the run, not in the audit log.
  const auto add = [&](std::string_view pattern, std::string_view name,
                       void (*handle)(const call_ptr&)) {
    to.add(post_route(pattern, name, role::operator_role, handle).unaudited());
  };
  add("/v1/tasks/poll", "tasks.poll", poll_tasks);
  add("/v1/tasks/{task}/complete", "tasks.complete", complete);
  add("/v1/batch/complete", "batch.complete", complete_batch);
  add("/v1/tasks/{task}/fail", "tasks.fail", fail_task);
  add("/v1/tasks/{task}/interrupt", "tasks.interrupt", interrupt);
  add("/v1/tasks/{task}/release", "tasks.release", release);
  add("/v1/tasks/{task}/heartbeat", "tasks.heartbeat", heartbeat);
  add("/v1/tasks/{task}/log", "tasks.log", log_lines);
  to.add(get_route("/v1/workers", "workers.list", role::reader, list_workers));
}

}  // namespace pawl::server
