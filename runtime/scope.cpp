#include <future>
#include <utility>

#include <pawl/engine.hpp>

#include "actors/ended_run.hpp"
#include "flow/definition/definition.hpp"
#include "runtime/core.hpp"
#include "runtime/queries.hpp"
#include "runtime/tasks.hpp"

namespace pawl {
namespace {

/// Turns an asynchronous call into one that waits.
template <class T, class Call>
result<T> await(Call call) {
  auto answer = std::make_shared<std::promise<result<T>>>();
  auto later = answer->get_future();
  call([answer](result<T> r) { answer->set_value(std::move(r)); });
  return later.get();
}

/// Makes one asynchronous call for each item and gives the answers when all have come.
template <class T, class Call>
std::vector<result<T>> await_all(std::size_t count, Call call) {
  std::vector<std::future<result<T>>> later;
  later.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto answer = std::make_shared<std::promise<result<T>>>();
    later.push_back(answer->get_future());
    call(i, [answer](result<T> r) { answer->set_value(std::move(r)); });
  }
  std::vector<result<T>> answers;
  answers.reserve(count);
  for (auto& each : later) answers.push_back(each.get());
  return answers;
}

template <class Call>
std::vector<batch_item<run_changed>> change_all(const std::vector<run_id>& ids, Call call) {
  auto answers = await_all<run_changed>(ids.size(), [&](std::size_t i, callback<run_changed> done) {
    call(ids[i], std::move(done));
  });
  std::vector<batch_item<run_changed>> items;
  items.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) items.push_back({ids[i], std::move(answers[i])});
  return items;
}

/// A worker's answer: to it, it is the same whether its run went on without it or is gone.
callback<run_changed> to_worker(callback<void> done) {
  return [done = std::move(done)](result<run_changed> changed) {
    if (changed) return done({});
    error why = std::move(changed).error();
    const bool lost = why.code == errc::not_found || why.code == errc::conflict;
    if (lost) why = {errc::conflict, std::move(why.message), "lease_lost"};
    done(std::move(why));
  };
}

/// A read on another thread.
template <class T, class Read>
void read_later(engine_core& core, callback<T> done, Read read) {
  auto shared = std::make_shared<callback<T>>(std::move(done));
  const auto taken = core.read_later([shared, read = std::move(read)] {
    std::exchange(*shared, nullptr)(read());  // what it holds goes with the call
  });
  if (!taken) (*shared)(taken.error());
}

}  // namespace

result<scope> scope::sibling(std::string_view name) const {
  auto good = parse_scope_name(name);
  if (!good) return std::move(good).error();
  return scope{core_, *std::move(good)};
}

scope_functions scope::functions() const {
  return {core_->functions, name_};
}

result<flow_stored> scope::put_flow(const json& definition, put_flow_options options) const {
  return await<flow_stored>(
      [&](auto done) { put_flow_async(definition, options, std::move(done)); });
}

void scope::put_flow_async(const json& definition, put_flow_options options,
                           callback<flow_stored> done) const {
  core_->put_flow(name_, definition, options, std::move(done));
}

result<flow_stored> scope::put_flow_text(std::string_view text, put_flow_options options) const {
  const auto& limits = core_->settings.flow;
  const auto definition =
      flow::parse_json(text, "the flow definition", limits.max_bytes, limits.max_depth);
  if (!definition) return definition.error();
  return put_flow(*definition, options);
}

result<void> scope::publish_flow(const flow_version_id& id) const {
  return await<void>([&](auto done) { publish_flow_async(id, std::move(done)); });
}

void scope::publish_flow_async(const flow_version_id& id, callback<void> done) const {
  core_->publish_flow(name_, id, std::move(done));
}

result<void> scope::delete_flow(const flow_name& flow) const {
  return await<void>([&](auto done) { delete_flow_async(flow, std::move(done)); });
}

void scope::delete_flow_async(const flow_name& flow, callback<void> done) const {
  auto shared = std::make_shared<callback<void>>(std::move(done));
  const auto taken = core_->read_later([core = core_, in = name_, flow, shared] {
    if (auto unused = queries{*core}.flow_is_unused(in, flow); !unused)
      return (*shared)(std::move(unused).error());
    core->delete_flow(in, flow, std::move(*shared));
  });
  if (!taken) (*shared)(taken.error());
}

result<flow_version> scope::get_flow(const flow_name& flow, std::optional<version> v) const {
  return queries{*core_}.get_flow(name_, flow, v);
}

result<std::vector<flow_summary>> scope::list_flows() const {
  return queries{*core_}.list_flows(name_);
}

result<flow_page> scope::list_flows(const flow_filter& filter) const {
  return queries{*core_}.list_flows(name_, filter);
}

result<std::vector<flow_version>> scope::flow_versions(const flow_name& flow) const {
  return queries{*core_}.flow_versions(name_, flow);
}

void scope::get_flow_async(const flow_name& flow, std::optional<version> v,
                           callback<flow_version> done) const {
  read_later(*core_, std::move(done), [self = *this, flow, v] { return self.get_flow(flow, v); });
}

void scope::list_flows_async(callback<std::vector<flow_summary>> done) const {
  read_later(*core_, std::move(done), [self = *this] { return self.list_flows(); });
}

void scope::list_flows_async(const flow_filter& filter, callback<flow_page> done) const {
  read_later(*core_, std::move(done), [self = *this, filter] { return self.list_flows(filter); });
}

void scope::flow_versions_async(const flow_name& flow,
                                callback<std::vector<flow_version>> done) const {
  read_later(*core_, std::move(done), [self = *this, flow] { return self.flow_versions(flow); });
}

void scope::validate_flow_async(json definition, callback<std::vector<diagnostic>> done) const {
  read_later(*core_, std::move(done), [self = *this, definition = std::move(definition)] {
    return queries{*self.core_}.validate_flow(self.name_, definition);
  });
}

result<run_started> scope::start(std::string_view flow, const json& input,
                                 start_options options) const {
  return await<run_started>(
      [&](auto done) { start_async(flow, input, std::move(options), std::move(done)); });
}

void scope::start_async(std::string_view flow, const json& input, start_options options,
                        callback<run_started> done) const {
  auto request = queries{*core_}.make_start(name_, flow, input, std::move(options));
  if (!request) return done(std::move(request).error());
  run_key key = request->key;
  core_->start(std::move(key), *std::move(request), std::move(done));
}

result<run_view> scope::wait(const run_id& id, std::chrono::milliseconds timeout) const {
  return await<run_view>([&](auto done) { wait_async(id, timeout, std::move(done)); });
}

void scope::wait_async(const run_id& id, std::chrono::milliseconds timeout,
                       callback<run_view> done) const {
  core_->wait({name_, id}, timeout, [core = core_, done](const result<actors::ended_run>& over) {
    if (!over) return done(over.error());
    done(queries{*core}.view_of(*over));
  });
}

result<run_view> scope::start_and_wait(std::string_view flow, const json& input,
                                       std::chrono::milliseconds timeout,
                                       start_options options) const {
  const auto started = start(flow, input, std::move(options));
  if (!started) return started.error();
  return wait(started->id, timeout);
}

result<run_view> scope::get(const run_id& id) const {
  return queries{*core_}.get({name_, id});
}

void scope::get_async(const run_id& id, callback<run_view> done) const {
  read_later(*core_, std::move(done), [self = *this, id] { return self.get(id); });
}

result<run_page> scope::list(const run_filter& filter) const {
  return queries{*core_}.list(name_, filter);
}

void scope::list_async(const run_filter& filter, callback<run_page> done) const {
  read_later(*core_, std::move(done), [self = *this, filter] { return self.list(filter); });
}

result<std::vector<run_count>> scope::counts() const {
  return queries{*core_}.counts(name_);
}

void scope::counts_async(callback<std::vector<run_count>> done) const {
  read_later(*core_, std::move(done), [self = *this] { return self.counts(); });
}

result<std::vector<history_event>> scope::history(const run_id& id, std::uint64_t first,
                                                  std::size_t limit) const {
  return queries{*core_}.history({name_, id}, first, limit);
}

void scope::history_async(const run_id& id, std::uint64_t first, std::size_t limit,
                          callback<std::vector<history_event>> done) const {
  read_later(*core_, std::move(done),
             [self = *this, id, first, limit] { return self.history(id, first, limit); });
}

void scope::history_page_async(const run_id& id, std::uint64_t first, std::size_t limit,
                               callback<history_page> done) const {
  read_later(*core_, std::move(done), [self = *this, id, first, limit] {
    return queries{*self.core_}.history_page({self.name_, id}, first, limit);
  });
}

result<run_changed> scope::cancel(const run_id& id, command_options options) const {
  return await<run_changed>(
      [&](auto done) { cancel_async(id, std::move(options), std::move(done)); });
}

void scope::cancel_async(const run_id& id, command_options options,
                         callback<run_changed> done) const {
  core_->command({name_, id}, flow::cancel_command{options.if_status, std::move(options.reason)},
                 std::move(done), options.if_checkpoint);
}

result<run_changed> scope::pause(const run_id& id, command_options options) const {
  return await<run_changed>(
      [&](auto done) { pause_async(id, std::move(options), std::move(done)); });
}

void scope::pause_async(const run_id& id, command_options options,
                        callback<run_changed> done) const {
  core_->command({name_, id}, flow::pause_command{options.if_status, std::move(options.reason)},
                 std::move(done), options.if_checkpoint);
}

result<run_changed> scope::resume(const run_id& id, resume_options options) const {
  return await<run_changed>(
      [&](auto done) { resume_async(id, std::move(options), std::move(done)); });
}

void scope::resume_async(const run_id& id, resume_options options,
                         callback<run_changed> done) const {
  core_->command(
      {name_, id},
      flow::resume_command{options.if_status, std::move(options.reason), std::move(options.update),
                           std::move(options.question), std::move(options.answer)},
      std::move(done), options.if_checkpoint);
}

result<run_changed> scope::update(const run_id& id, json update, command_options options) const {
  return await<run_changed>(
      [&](auto done) { update_async(id, std::move(update), std::move(options), std::move(done)); });
}

void scope::update_async(const run_id& id, json update, command_options options,
                         callback<run_changed> done) const {
  core_->command(
      {name_, id},
      flow::set_data_command{options.if_status, std::move(options.reason), std::move(update)},
      std::move(done), options.if_checkpoint);
}

result<run_changed> scope::signal(const run_id& id, std::string type, json payload,
                                  signal_options options) const {
  return await<run_changed>([&](auto done) {
    signal_async(id, std::move(type), std::move(payload), std::move(options), std::move(done));
  });
}

void scope::signal_async(const run_id& id, std::string type, json payload, signal_options options,
                         callback<run_changed> done) const {
  core_->command({name_, id},
                 flow::signal_command{std::move(type), std::move(payload), std::move(options.id)},
                 std::move(done), options.if_checkpoint);
}

result<run_changed> scope::retry(const run_id& id, command_options options) const {
  return await<run_changed>(
      [&](auto done) { retry_async(id, std::move(options), std::move(done)); });
}

void scope::retry_async(const run_id& id, command_options options,
                        callback<run_changed> done) const {
  core_->command({name_, id}, flow::retry_command{options.if_status, std::move(options.reason)},
                 std::move(done), options.if_checkpoint);
}

result<run_started> scope::restart(const run_id& id, start_options options) const {
  return await<run_started>(
      [&](auto done) { restart_async(id, std::move(options), std::move(done)); });
}

void scope::restart_async(const run_id& id, start_options options,
                          callback<run_started> done) const {
  auto shared = std::make_shared<callback<run_started>>(std::move(done));
  const auto taken = core_->read_later(
      [core = core_, old = run_key{name_, id}, options = std::move(options), shared] {
        auto request = queries{*core}.make_restart(old, options);
        if (!request) return (*shared)(std::move(request).error());
        run_key key = request->key;
        core->start(std::move(key), *std::move(request), std::move(*shared));
      });
  if (!taken) (*shared)(taken.error());
}

std::vector<result<run_started>> scope::start_many(std::vector<start_request> requests) const {
  return await_all<run_started>(requests.size(), [&](std::size_t i, callback<run_started> done) {
    start_async(requests[i].flow, requests[i].input, std::move(requests[i].options),
                std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope::signal_many(
    std::vector<signal_request> requests) const {
  std::vector<run_id> ids;
  for (const auto& each : requests) ids.push_back(each.id);
  std::size_t next = 0;  // calls are made in the order of the ids
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    auto& each = requests[next++];
    signal_async(id, std::move(each.type), std::move(each.payload), std::move(each.options),
                 std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope::pause_many(const std::vector<run_id>& ids,
                                                       const command_options& options) const {
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    pause_async(id, options, std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope::resume_many(const std::vector<run_id>& ids,
                                                        const resume_options& options) const {
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    resume_async(id, options, std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope::cancel_many(const std::vector<run_id>& ids,
                                                        const command_options& options) const {
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    cancel_async(id, options, std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope::retry_many(const std::vector<run_id>& ids,
                                                       const command_options& options) const {
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    retry_async(id, options, std::move(done));
  });
}

result<event_page> scope::events(std::optional<journal_position> after, std::size_t limit) const {
  return queries{*core_}.events(name_, after, limit);
}

void scope::events_async(std::optional<journal_position> after, std::size_t limit,
                         callback<event_page> done) const {
  read_later(*core_, std::move(done),
             [self = *this, after, limit] { return self.events(after, limit); });
}

result<std::vector<worker_task>> scope::poll_tasks(task_poll wanted) const {
  return await<std::vector<worker_task>>(
      [&](auto done) { poll_tasks_async(std::move(wanted), std::move(done)); });
}

void scope::poll_tasks_async(task_poll wanted, callback<std::vector<worker_task>> done,
                             std::stop_token withdrawn) const {
  if (auto good = check_poll(wanted); !good) return done(std::move(good).error());
  core_->poll_tasks(name_, std::move(wanted), std::move(done), std::move(withdrawn));
}

result<void> scope::finish_task(const task_lease& task, task_outcome outcome) const {
  return await<void>(
      [&](auto done) { finish_task_async(task, std::move(outcome), std::move(done)); });
}

void scope::finish_task_async(const task_lease& task, task_outcome outcome,
                              callback<void> done) const {
  const auto place = parse_task(task);
  if (!place) return done(place.error());
  flow::step_outcome_command ended{place->token, {}, place->visit, place->attempt};
  ended.lease = place->lease;
  ended.retryable = outcome.retryable;
  ended.random = core_->draw();
  if (auto good = check_outcome(outcome, core_->settings.run.max_result_bytes); !good) {
    ended.value = std::move(good).error();
  } else {
    ended.value = std::move(outcome.value);
    ended.interrupted = std::move(outcome.interrupted);
  }
  core_->command({name_, place->run}, std::move(ended), to_worker(std::move(done)));
}

result<void> scope::release_task(const task_lease& task) const {
  return await<void>([&](auto done) { release_task_async(task, std::move(done)); });
}

void scope::release_task_async(const task_lease& task, callback<void> done) const {
  const auto place = parse_task(task);
  if (!place) return done(place.error());
  core_->command({name_, place->run},
                 flow::lease_lost_command{place->token, place->lease, core_->draw(), true},
                 to_worker(std::move(done)));
}

result<task_heartbeat> scope::heartbeat_task(const task_lease& task, std::optional<double> progress,
                                             std::vector<task_log_line> log) const {
  return await<task_heartbeat>(
      [&](auto done) { heartbeat_task_async(task, progress, std::move(log), std::move(done)); });
}

void scope::heartbeat_task_async(const task_lease& task, std::optional<double> progress,
                                 std::vector<task_log_line> log,
                                 callback<task_heartbeat> done) const {
  const auto place = parse_task(task);
  if (!place) return done(place.error());
  if (progress && !(*progress >= 0 && *progress <= 1))
    return done(error{errc::invalid_argument, "a task's progress is a number from 0 to 1"});
  core_->heartbeat_task({{name_, place->run}, place->token}, place->lease, progress, std::move(log),
                        std::move(done));
}

result<worker_overview> scope::workers() const {
  return await<worker_overview>([&](auto done) { workers_async(std::move(done)); });
}

void scope::workers_async(callback<worker_overview> done) const {
  core_->describe_workers(name_, std::move(done));
}

std::shared_ptr<subscription> scope::watch(std::optional<run_id> id, std::size_t capacity) const {
  return queries{*core_}.watch({name_, id.value_or(run_id{})}, capacity);
}

}  // namespace pawl
