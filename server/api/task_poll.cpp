#include "server/api/task_poll.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "server/api/batch_answer.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/task_outcomes.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t max_functions = 1000;

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
/// `outcomes`: the results of those that came with the poll; null if none did.
void answer_poll(const call_ptr& request, const std::vector<worker_task>& tasks, json outcomes) {
  json list = json::array();
  std::vector<task_lease> leases;
  for (const auto& each : tasks) {
    request->concern(each.run.str());
    list.push_back(view_of(each));
    leases.push_back(each.id);
  }
  std::function<void()> release_all;
  if (!leases.empty()) {
    release_all = [in = request->in(), leases] {
      for (const auto& each : leases) in.workers().release_async(each, [](const result<void>&) {});
    };
  }
  json answer{{"tasks", std::move(list)}};
  if (!outcomes.is_null()) answer["outcomes"] = std::move(outcomes);
  request->answer(200, answer, {}, std::move(release_all));
}

task_poll read_poll(object_reader& fields) {
  task_poll wanted;
  wanted.worker = fields.text("worker");
  wanted.queue = fields.optional_text("queue").value_or("default");
  wanted.functions = fields.texts("functions", max_functions);
  wanted.max = fields.number("max", 1, 1, 100);
  wanted.wait = std::chrono::milliseconds{fields.number("wait_ms", 0, 0, 60'000)};
  wanted.lease_time =
      std::chrono::milliseconds{fields.number("lease_ms", 30'000, 1'000, 3'600'000)};
  return wanted;
}

/// Reads an object of an outcome: "failure" or "question".
template <class Read>
task_outcome read_nested(object_reader& item, std::string_view name,
                         std::vector<diagnostic>& diagnostics, Read read) {
  auto object = item.optional_object(name).value_or(json::object());
  object_reader fields{object, item.pointer() + "/" + std::string{name}, diagnostics};
  task_outcome outcome = read(fields);
  fields.finish();
  return outcome;
}

finished_task read_finished(object_reader& item, std::vector<diagnostic>& diagnostics) {
  finished_task task{{item.text("task"), item.text("lease")}, {}};
  const bool failed = item.has("failure"), asks = item.has("question");
  if (failed + asks + item.has("result") != 1) {
    item.refuse("result", "an outcome has one of the fields result, failure and question");
  } else if (failed) {
    task.outcome = read_nested(item, "failure", diagnostics, read_failure);
  } else if (asks) {
    task.outcome = read_nested(item, "question", diagnostics, read_question);
  } else {
    task.outcome = read_result(item);
  }
  return task;
}

/// The answer to a poll with outcomes: made when the poll is over and all outcomes are recorded or
/// refused.
class joint_poll_answer {
 public:
  explicit joint_poll_answer(call_ptr request) : request_(std::move(request)) {}

  void set_outcomes(std::vector<json> results) {
    outcomes_ = std::move(results);
    arrive();
  }
  void set_tasks(std::vector<worker_task> tasks) {
    tasks_ = std::move(tasks);
    arrive();
  }
  /// The poll was refused.
  void fail(const error& why) { request_->fail(why); }

 private:
  void arrive() {
    if (pending_.fetch_sub(1) == 1) answer_poll(request_, tasks_, std::move(outcomes_));
  }

  const call_ptr request_;
  json outcomes_;
  std::vector<worker_task> tasks_;
  std::atomic<int> pending_{2};
};

/// Records the outcomes and polls. Those that were recorded before do not reach the engine.
void complete_and_poll(const call_ptr& request, std::vector<finished_task> finished,
                       task_poll wanted, std::stop_token withdrawn) {
  const auto answer = std::make_shared<joint_poll_answer>(request);
  const auto results = std::make_shared<batch_answer>(
      request, request->route().name, finished.size(),
      [answer](std::vector<json> all) { answer->set_outcomes(std::move(all)); });
  std::vector<finished_task> recorded;
  std::vector<callback<void>> ended;
  for (std::size_t i = 0; i < finished.size(); ++i) {
    auto& [id, outcome] = finished[i];
    const auto shared = std::make_shared<task_outcome>(std::move(outcome));
    auto begun = begin_outcome(request, id, shared,
                               [results, i, task = id.task](const result<void>& how, bool) {
                                 results->set(i, task, how);
                               });
    if (!begun) continue;
    recorded.push_back({std::move(id), std::move(*shared)});
    ended.push_back(*std::move(begun));
  }
  request->in().workers().complete_and_poll_async(
      std::move(recorded), std::move(wanted),
      [ended = std::move(ended)](std::size_t i, result<void> how) { ended[i](std::move(how)); },
      [answer](result<std::vector<worker_task>> tasks) {
        if (!tasks) return answer->fail(tasks.error());
        answer->set_tasks(*std::move(tasks));
      },
      std::move(withdrawn));
}

}  // namespace

void poll_tasks(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  task_poll wanted = read_poll(fields);
  std::vector<finished_task> finished;
  if (fields.has("outcomes")) {
    fields.objects("outcomes", max_batch, [&](object_reader& item) {
      finished.push_back(read_finished(item, diagnostics));
    });
  }
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  std::stop_source cancelled;
  if (wanted.wait.count() > 0) {
    if (!request->acquire_wait_slot()) return;
    request->set_early_answer(
        [request, cancelled, waits_for_outcomes = !finished.empty()]() mutable {
          cancelled.request_stop();
          if (!waits_for_outcomes) answer_poll(request, {}, nullptr);
        });
  }
  if (!finished.empty()) {
    return complete_and_poll(request, std::move(finished), std::move(wanted),
                             cancelled.get_token());
  }
  request->in().workers().poll_async(
      std::move(wanted),
      [request](result<std::vector<worker_task>> tasks) {
        if (!tasks) return request->fail(tasks.error());
        answer_poll(request, *tasks, nullptr);
      },
      cancelled.get_token());
}

}  // namespace pawl::server
