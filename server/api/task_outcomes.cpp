#include "server/api/task_outcomes.hpp"

#include <memory>
#include <string>
#include <utility>

#include "runtime/tasks.hpp"

namespace pawl::server {
namespace {

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

/// Begins to end a lease. Returns what to call when it has ended. None if it was ended before, or
/// another request is ending it; if that fails, `end` ends it.
std::optional<callback<void>> begin_end(const call_ptr& request, const task_lease& task,
                                        std::initializer_list<std::string_view> outcome,
                                        std::function<void(callback<void>)> end, lease_ended done) {
  auto begun = request->with().idempotency->begin(
      joined_key({request->by().scope.str(), task.task, task.lease}) + "outcome",
      fingerprint_of(outcome),
      [end = std::move(end), request, done](const http::response* first) {
        if (first != nullptr && first->status < 300) return done({}, true);
        end(awaited_end{request, done, {}});
      },
      request->idempotency_share("outcome"), idempotency_table::kept_answers::successes,
      request->idempotency_run(std::string{run_of_task(task.task)}));
  using status = idempotency_table::entry_status;
  switch (begun.status) {
    case status::completed:
      done({}, true);
      return std::nullopt;
    case status::in_progress:
      return std::nullopt;
    case status::created:
      return awaited_end{request, std::move(done),
                         std::make_shared<idempotency_table::ticket>(std::move(begun.ticket))};
    case status::mismatch:  // the engine refuses a second outcome
    case status::full:
      break;
  }
  return awaited_end{request, std::move(done), {}};
}

}  // namespace

task_outcome read_result(object_reader& fields) {
  if (!fields.has("result"))
    fields.refuse("result", "the required field result (any JSON value) is missing");
  task_outcome outcome;
  outcome.value = fields.optional_value("result").value_or(nullptr);
  return outcome;
}

task_outcome read_failure(object_reader& fields) {
  task_outcome outcome;
  std::string type = fields.text("type");
  std::string message = fields.text("message");
  auto details = fields.optional_value("details");
  outcome.value = details ? fail(std::move(type), std::move(message), *std::move(details))
                          : fail(std::move(type), std::move(message));
  outcome.retryable = fields.flag("retryable", true);
  return outcome;
}

task_outcome read_question(object_reader& fields) {
  interruption question;
  question.value = fields.optional_value("value").value_or(nullptr);
  question.update = fields.optional_object("update").value_or(json::object());
  question.for_pause = fields.flag("for_pause", false);
  task_outcome outcome;
  outcome.interrupted = std::move(question);
  return outcome;
}

void end_once(const call_ptr& request, const task_lease& task,
              std::initializer_list<std::string_view> outcome,
              std::function<void(callback<void>)> end, lease_ended done) {
  if (auto ended = begin_end(request, task, outcome, end, std::move(done))) end(*std::move(ended));
}

void complete_once(const call_ptr& request, const task_lease& task, task_outcome outcome,
                   lease_ended done) {
  const auto shared = std::make_shared<task_outcome>(std::move(outcome));
  if (auto ended = begin_outcome(request, task, shared, std::move(done)))
    request->in().workers().complete_async(task, std::move(*shared), *std::move(ended));
}

std::optional<callback<void>> begin_outcome(const call_ptr& request, const task_lease& task,
                                            const std::shared_ptr<task_outcome>& outcome,
                                            lease_ended done) {
  std::string_view kind = "fail";
  std::string text;
  if (outcome->interrupted) {
    kind = outcome->interrupted->for_pause ? "pause" : "interrupt";
    text = outcome->interrupted->value.dump() + "\n" + outcome->interrupted->update.dump();
  } else if (outcome->value) {
    kind = "complete";
    text = outcome->value->dump();
  }
  const std::string_view retried = outcome->retryable ? "retryable" : "";
  const error failure = outcome->value ? error{} : outcome->value.error();
  if (failure.details) text = failure.details->dump();
  return begin_end(
      request, task, {kind, text, failure.type, failure.message, retried},
      [in = request->in(), task, outcome](callback<void> ended) {
        in.workers().complete_async(task, std::move(*outcome), std::move(ended));
      },
      std::move(done));
}

}  // namespace pawl::server
