#include <functional>
#include <initializer_list>
#include <memory>
#include <stop_token>
#include <utility>

#include "server/api/batch_answer.hpp"
#include "server/api/call.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t max_functions = 1000;
constexpr std::size_t max_lines = 1000;

json view_of(const worker_task& task) {
  json shown{{"task", task.id.task},
             {"lease", task.id.lease},
             {"run", task.run.str()},
             {"flow", task.flow.name.str()},
             {"version", to_string(task.flow.version)},
             {"node", task.node},
             {"visit", task.visit},
             {"attempt", task.attempt},
             {"code_ref", task.code_ref},
             {"args", task.args},
             {"state", task.state.whole()},
             {"idempotency_key", task.idempotency_key},
             {"traceparent", to_traceparent(task.trace)},
             {"interrupted", task.answer.has_value()},
             {"lease_ms", task.lease_time.count()},
             {"timeout_at", time_or_null(task.timeout_at)}};
  if (task.answer) shown["resume_value"] = *task.answer;
  return shown;
}

/// Answers a poll. If the answer does not reach the worker, the tasks return to their queue.
void answer_poll(const call_ptr& request, const std::vector<worker_task>& tasks) {
  json list = json::array();
  std::vector<task_lease> leases;
  for (const auto& each : tasks) {
    list.push_back(view_of(each));
    leases.push_back(each.id);
  }
  std::function<void()> release_all;
  if (!leases.empty()) {
    release_all = [in = request->in(), leases] {
      for (const auto& each : leases) in.workers().release_async(each, [](const result<void>&) {});
    };
  }
  request->answer(200, {{"tasks", std::move(list)}}, {}, std::move(release_all));
}

void poll(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  task_poll options;
  options.worker = fields.text("worker");
  options.queue = fields.optional_text("queue").value_or("default");
  options.functions = fields.texts("functions", max_functions);
  options.max = fields.number("max", 1, 1, 100);
  options.wait = std::chrono::milliseconds{fields.number("wait_ms", 0, 0, 60'000)};
  options.lease_time =
      std::chrono::milliseconds{fields.number("lease_ms", 30'000, 1'000, 3'600'000)};
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  std::stop_source cancelled;
  if (options.wait.count() > 0) {
    if (!request->acquire_wait_slot()) return;
    request->set_early_answer([request, cancelled]() mutable {
      cancelled.request_stop();
      answer_poll(request, {});
    });
  }
  request->in().workers().poll_async(
      std::move(options),
      [request](result<std::vector<worker_task>> tasks) {
        if (!tasks) return request->fail(tasks.error());
        answer_poll(request, *tasks);
      },
      cancelled.get_token());
}

/// Receives the end of a lease, and whether the same end was sent before.
using lease_ended = std::function<void(const result<void>& ended, bool is_repeated)>;

using ticket_ptr = std::shared_ptr<idempotency_table::ticket>;

/// What waits for the end of a lease. The ticket is destroyed first: the request keeps the table
/// that it refers to.
struct awaited_end {
  call_ptr request;
  lease_ended done;
  ticket_ptr ticket;

  void operator()(const result<void>& ended) const {
    if (ended && ticket) ticket->complete({200});
    done(ended, false);
  }
};

/// Ends a lease by `end`, which is called at most once. A worker whose answer was lost sends the
/// same outcome again, alone or in a batch: that has no effect and succeeds. `outcome`: identifies
/// the outcome.
void end_once(const call_ptr& request, const task_lease& task,
              std::initializer_list<std::string_view> outcome,
              std::function<void(callback<void>)> end, lease_ended done) {
  const auto end_now = [end = std::make_shared<std::function<void(callback<void>)>>(std::move(end)),
                        request, done](ticket_ptr ticket) {
    (*end)(awaited_end{request, done, std::move(ticket)});
  };
  auto begun = request->with().idempotency->begin(
      joined_key({request->by().scope.str(), task.task, task.lease}) + "outcome",
      fingerprint_of(outcome),
      [end_now, done](const http::response* first) {
        if (first != nullptr && first->status < 300) return done({}, true);
        end_now(ticket_ptr{});
      },
      request->idempotency_share("outcome"), idempotency_table::kept_answers::successes);
  using status = idempotency_table::entry_status;
  switch (begun.status) {
    case status::completed:
      return done({}, true);
    case status::in_progress:
      return;
    case status::created:
      return end_now(std::make_shared<idempotency_table::ticket>(std::move(begun.ticket)));
    case status::mismatch:  // the engine refuses a second outcome
    case status::full:
      return end_now(ticket_ptr{});
  }
}

/// Ends a lease once by the outcome of its task.
void complete_once(const call_ptr& request, const task_lease& task, task_outcome outcome,
                   lease_ended done) {
  std::string_view kind = "fail";
  std::string text;
  if (outcome.interrupted) {
    kind = "interrupt";
    text = outcome.interrupted->value.dump() + "\n" + outcome.interrupted->update.dump();
  } else if (outcome.value) {
    kind = "complete";
    text = outcome.value->dump();
  }
  const std::string_view retried = outcome.retryable ? "retryable" : "";
  const error failure = outcome.value ? error{} : outcome.value.error();
  end_once(
      request, task, {kind, text, failure.type, failure.message, retried},
      [in = request->in(), task, outcome = std::move(outcome)](callback<void> ended) mutable {
        in.workers().complete_async(task, std::move(outcome), std::move(ended));
      },
      std::move(done));
}

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

task_outcome read_result(object_reader& fields) {
  if (!fields.has("result"))
    fields.refuse("result", "the required field result (any JSON value) is missing");
  task_outcome outcome;
  outcome.value = fields.optional_value("result").value_or(nullptr);
  return outcome;
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
  const auto task = read_lease(request, [&](object_reader& fields) {
    std::string type = fields.text("type");
    outcome.value = error{errc::function_failed, fields.text("message"), std::move(type)};
    outcome.retryable = fields.flag("retryable", true);
  });
  if (!task) return;
  complete_once(request, *task, std::move(outcome), answer_empty_object(request));
}

void interrupt(const call_ptr& request) {
  interruption question;
  const auto task = read_lease(request, [&](object_reader& fields) {
    question.value = fields.optional_value("value").value_or(nullptr);
    question.update = fields.optional_object("update").value_or(json::object());
  });
  if (!task) return;
  task_outcome outcome;
  outcome.interrupted = std::move(question);
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
    lines.push_back({level, line.text("message")});
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
  add("/v1/tasks/poll", "tasks.poll", poll);
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
