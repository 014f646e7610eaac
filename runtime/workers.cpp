#include <pawl/workers.hpp>

#include <pawl/detail/utf8.hpp>

#include "flow/values/json_size.hpp"
#include "flow/values/value_check.hpp"
#include "functions/call.hpp"
#include "functions/context.hpp"
#include "functions/secrets/secret_store.hpp"
#include "runtime/async.hpp"
#include "runtime/tasks.hpp"

namespace pawl {
namespace {

/// Maximum number of log lines in one heartbeat.
constexpr std::size_t max_log_lines = 1000;
constexpr std::size_t max_about_bytes = 255;  ///< as an id of a node
/// Maximum number of outcomes that come with one poll.
constexpr std::size_t max_finished_tasks = 1000;

/// Reports a lost lease in the same way whether the run went on without the worker or is deleted.
callback<run_changed> to_worker(callback<void> done) {
  return [done = std::move(done)](result<run_changed> changed) {
    if (changed) return done({});
    error why = std::move(changed).error();
    const bool lost = why.code == errc::not_found || why.code == errc::conflict;
    if (lost) why = {errc::conflict, std::move(why.message), "lease_lost"};
    done(std::move(why));
  };
}

/// The command that records the outcome of a task.
flow::step_outcome_command make_outcome(const detail::scope_ref& in, const task_place& place,
                                        task_outcome outcome) {
  const engine_core& core = *in.core;
  flow::step_outcome_command ended{place.token, {}, place.visit, place.attempt};
  ended.lease = place.lease;
  ended.retryable = outcome.retryable;
  ended.random = core.draw();
  if (auto good = check_outcome(outcome, core.settings.run.max_result_bytes); !good) {
    ended.value = std::move(good).error();
  } else if (!outcome.value) {
    error why = std::move(outcome.value).error();
    core.secrets->mask(in.name, why);  // before it is cut
    ended.value = functions::storable_error(std::move(why));
  } else {
    ended.value = std::move(outcome.value);
    core.secrets->mask(in.name, *ended.value);
    ended.interrupted = std::move(outcome.interrupted);
    if (ended.interrupted) {
      core.secrets->mask(in.name, ended.interrupted->value);
      core.secrets->mask(in.name, ended.interrupted->update);
    }
  }
  return ended;
}

}  // namespace

result<std::vector<worker_task>> scope_workers::poll(task_poll wanted) const {
  return await<std::vector<worker_task>>(
      [&](auto done) { poll_async(std::move(wanted), std::move(done)); });
}

void scope_workers::poll_async(task_poll wanted, callback<std::vector<worker_task>> done,
                               std::stop_token withdrawn) const {
  if (auto good = check_poll(wanted); !good) return done(std::move(good).error());
  at_.core->poll_tasks(at_.name, std::move(wanted), {}, std::move(done), std::move(withdrawn));
}

result<void> scope_workers::complete(const task_lease& task, task_outcome outcome) const {
  return await<void>([&](auto done) { complete_async(task, std::move(outcome), std::move(done)); });
}

void scope_workers::complete_async(const task_lease& task, task_outcome outcome,
                                   callback<void> done) const {
  const auto place = parse_task(task);
  if (!place) return done(place.error());
  at_.core->command(at_.key(place->run), make_outcome(at_, *place, std::move(outcome)),
                    to_worker(std::move(done)));
}

completed_and_polled scope_workers::complete_and_poll(std::vector<finished_task> finished,
                                                      task_poll wanted) const {
  completed_and_polled answer{std::vector<result<void>>(finished.size()),
                              std::vector<worker_task>{}};
  answer.tasks = await<std::vector<worker_task>>([&](auto done) {
    complete_and_poll_async(
        std::move(finished), std::move(wanted),
        [&](std::size_t i, result<void> ended) { answer.outcomes[i] = std::move(ended); },
        std::move(done));
  });
  return answer;
}

void scope_workers::complete_and_poll_async(std::vector<finished_task> finished, task_poll wanted,
                                            std::function<void(std::size_t, result<void>)> ended,
                                            callback<std::vector<worker_task>> done,
                                            std::stop_token withdrawn) const {
  auto good = check_poll(wanted);
  if (good && finished.size() > max_finished_tasks) {
    good = error{errc::invalid_argument, "a poll brings at most " +
                                             std::to_string(max_finished_tasks) +
                                             " outcomes, not " + std::to_string(finished.size())};
  }
  if (!good) {
    for (std::size_t i = 0; i < finished.size(); ++i) ended(i, good);
    return done(std::move(good).error());
  }
  std::vector<ended_task> outcomes;
  for (std::size_t i = 0; i < finished.size(); ++i) {
    const auto place = parse_task(finished[i].id);
    if (!place) {
      ended(i, place.error());
      wanted.wait = {};
      continue;
    }
    outcomes.push_back({at_.key(place->run),
                        make_outcome(at_, *place, std::move(finished[i].outcome)),
                        to_worker([ended, i](result<void> how) { ended(i, std::move(how)); })});
  }
  at_.core->poll_tasks(at_.name, std::move(wanted), std::move(outcomes), std::move(done),
                       std::move(withdrawn));
}

result<void> scope_workers::release(const task_lease& task) const {
  return await<void>([&](auto done) { release_async(task, std::move(done)); });
}

void scope_workers::release_async(const task_lease& task, callback<void> done) const {
  const auto place = parse_task(task);
  if (!place) return done(place.error());
  at_.core->command(at_.key(place->run),
                    flow::lease_lost_command{place->token, place->lease, at_.core->draw(), true},
                    to_worker(std::move(done)));
}

result<task_heartbeat> scope_workers::heartbeat(const task_lease& task,
                                                std::optional<double> progress,
                                                std::vector<task_log_line> log) const {
  return await<task_heartbeat>(
      [&](auto done) { heartbeat_async(task, progress, std::move(log), std::move(done)); });
}

void scope_workers::heartbeat_async(const task_lease& task, std::optional<double> progress,
                                    std::vector<task_log_line> log,
                                    callback<task_heartbeat> done) const {
  const auto place = parse_task(task);
  if (!place) return done(place.error());
  if (progress && !(*progress >= 0 && *progress <= 1))
    return done(
        error{errc::invalid_argument, "the progress of a task must be a number from 0 to 1"});
  if (log.size() > max_log_lines) {
    return done(error{errc::invalid_argument, "a heartbeat has at most " +
                                                  std::to_string(max_log_lines) +
                                                  " log lines, not " + std::to_string(log.size())});
  }
  for (auto& line : log) {
    line.message = detail::to_valid_utf8(line.message, functions::max_log_line_bytes);
    line.about = detail::to_valid_utf8(line.about, max_about_bytes);
    if (line.context.is_null()) continue;
    if (!line.context.is_object())
      return done(error{errc::invalid_argument, "the context of a log line must be an object"});
    if (auto valid = flow::check_value(line.context, "the context of a log line"); !valid)
      return done(std::move(valid).error());
    if (const std::size_t size = flow::json_size(line.context); size > max_log_context_bytes)
      line.context = {{"left_out_bytes", size}};
  }
  at_.core->heartbeat_task({at_.key(place->run), place->token}, place->lease, progress,
                           std::move(log), std::move(done));
}

result<worker_overview> scope_workers::list() const {
  return await<worker_overview>([&](auto done) { list_async(std::move(done)); });
}

void scope_workers::list_async(callback<worker_overview> done) const {
  at_.core->describe_workers(at_.name, std::move(done));
}

}  // namespace pawl
