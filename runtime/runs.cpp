#include <pawl/runs.hpp>

#include "actors/ended_run.hpp"
#include "runtime/async.hpp"
#include "runtime/call_size.hpp"
#include "runtime/queries/history.hpp"
#include "runtime/queries/run_page_query.hpp"
#include "runtime/queries/run_queries.hpp"
#include "runtime/queries/sorted_page_query.hpp"
#include "runtime/queries/start_commands.hpp"

namespace pawl {
namespace {

/// As `await_all`, one command for each run.
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

}  // namespace

result<run_started> scope_runs::start(std::string_view flow, const json& input,
                                      start_options options) const {
  return await<run_started>(
      [&](auto done) { start_async(flow, input, std::move(options), std::move(done)); });
}

void scope_runs::start_async(std::string_view flow, const json& input, start_options options,
                             callback<run_started> done) const {
  auto request = make_start(*at_.core, at_.name, flow, input, std::move(options));
  if (!request) return done(std::move(request).error());
  at_.core->start(std::move(request->command), request->version, std::move(done));
}

result<run_view> scope_runs::wait(const run_id& id, std::chrono::milliseconds timeout,
                                  std::stop_token withdrawn) const {
  return await<run_view>(
      [&](auto done) { wait_async(id, timeout, std::move(done), std::move(withdrawn)); });
}

void scope_runs::wait_async(const run_id& id, std::chrono::milliseconds timeout,
                            callback<run_view> done, std::stop_token withdrawn) const {
  at_.core->wait(
      at_.key(id), timeout,
      [core = at_.core, done](const result<actors::ended_run>& over) {
        if (!over) return done(over.error());
        // This thread must not read the store.
        if (auto shown = run_queries{*core}.view_in_memory(*over)) return done(*std::move(shown));
        read_later(*core, {over->summary.key.scope, "runs.get"}, done,
                   [core, key = over->summary.key] { return run_queries{*core}.get(key); });
      },
      std::move(withdrawn));
}

result<run_view> scope_runs::start_and_wait(std::string_view flow, const json& input,
                                            std::chrono::milliseconds timeout,
                                            start_options options,
                                            std::stop_token withdrawn) const {
  const auto started = start(flow, input, std::move(options));
  if (!started) return started.error();
  return wait(started->id, timeout, std::move(withdrawn));
}

void scope_runs::start_and_wait_async(std::string_view flow, const json& input,
                                      std::chrono::milliseconds timeout, start_options options,
                                      callback<run_view> done, std::stop_token withdrawn) const {
  start_async(flow, input, std::move(options),
              [self = *this, timeout, done = std::move(done),
               withdrawn = std::move(withdrawn)](const result<run_started>& started) {
                if (!started) return done(started.error());
                self.wait_async(started->id, timeout, done, withdrawn);
              });
}

result<run_view> scope_runs::get(const run_id& id) const {
  return run_queries{*at_.core}.get(at_.key(id));
}

void scope_runs::get_async(const run_id& id, callback<run_view> done,
                           std::stop_token withdrawn) const {
  read_later(*at_.core, {at_.name, "runs.get", query_cost::point, std::move(withdrawn)},
             std::move(done), [self = *this, id] { return self.get(id); });
}

result<run_page> scope_runs::list(const run_filter& filter) const {
  if (persistence::is_by_last_event(filter.order))
    return read_to_end(sorted_page_query{*at_.core, at_.name, filter});
  return read_to_end(run_page_query{*at_.core, at_.name, filter});
}

void scope_runs::list_async(const run_filter& filter, callback<run_page> done,
                            std::stop_token withdrawn) const {
  query_call wanted{at_.name, "runs.list", query_cost::page, std::move(withdrawn)};
  if (persistence::is_by_last_event(filter.order)) {
    read_in_turns(at_.core, std::move(wanted), std::move(done),
                  sorted_page_query{*at_.core, at_.name, filter});
  } else {
    read_in_turns(at_.core, std::move(wanted), std::move(done),
                  run_page_query{*at_.core, at_.name, filter});
  }
}

result<run_total> scope_runs::count(const run_filter& filter) const {
  return read_to_end(run_count_query{*at_.core, at_.name, filter});
}

void scope_runs::count_async(const run_filter& filter, callback<run_total> done,
                             std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "runs.count", query_cost::page, std::move(withdrawn)},
                std::move(done), run_count_query{*at_.core, at_.name, filter});
}

result<std::vector<run_count>> scope_runs::counts() const {
  return run_queries{*at_.core}.counts(at_.name);
}

void scope_runs::counts_async(callback<std::vector<run_count>> done,
                              std::stop_token withdrawn) const {
  read_later(*at_.core, {at_.name, "runs.counts", query_cost::point, std::move(withdrawn)},
             std::move(done), [self = *this] { return self.counts(); });
}

result<std::vector<history_event>> scope_runs::history(const run_id& id, std::uint64_t first,
                                                       std::size_t limit) const {
  return read_to_end(history_list_query{*at_.core, at_.key(id), first, limit});
}

void scope_runs::history_async(const run_id& id, std::uint64_t first, std::size_t limit,
                               callback<std::vector<history_event>> done,
                               std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "runs.history", query_cost::page, std::move(withdrawn)},
                std::move(done), history_list_query{*at_.core, at_.key(id), first, limit});
}

result<pawl::history_page> scope_runs::history_page(const run_id& id, std::uint64_t first,
                                                    std::size_t limit) const {
  return read_to_end(history_query{*at_.core, at_.key(id), {first, limit}, max_page_bytes});
}

void scope_runs::history_page_async(const run_id& id, std::uint64_t first, std::size_t limit,
                                    callback<pawl::history_page> done,
                                    std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "runs.history", query_cost::page, std::move(withdrawn)},
                std::move(done),
                history_query{*at_.core, at_.key(id), {first, limit}, max_page_bytes});
}

result<run_changed> scope_runs::cancel(const run_id& id, command_options options) const {
  return await<run_changed>(
      [&](auto done) { cancel_async(id, std::move(options), std::move(done)); });
}

void scope_runs::cancel_async(const run_id& id, command_options options,
                              callback<run_changed> done) const {
  at_.core->command(at_.key(id), flow::cancel_command{options.if_status, std::move(options.reason)},
                    std::move(done), options.if_checkpoint, std::move(options.by));
}

result<run_changed> scope_runs::terminate(const run_id& id, command_options options) const {
  return await<run_changed>(
      [&](auto done) { terminate_async(id, std::move(options), std::move(done)); });
}

void scope_runs::terminate_async(const run_id& id, command_options options,
                                 callback<run_changed> done) const {
  at_.core->command(at_.key(id),
                    flow::terminate_command{options.if_status, std::move(options.reason)},
                    std::move(done), options.if_checkpoint, std::move(options.by));
}

result<run_changed> scope_runs::skip(const run_id& id, std::string node,
                                     command_options options) const {
  return await<run_changed>(
      [&](auto done) { skip_async(id, std::move(node), std::move(options), std::move(done)); });
}

void scope_runs::skip_async(const run_id& id, std::string node, command_options options,
                            callback<run_changed> done) const {
  at_.core->command(
      at_.key(id),
      flow::skip_command{options.if_status, std::move(options.reason), std::move(node)},
      std::move(done), options.if_checkpoint, std::move(options.by));
}

result<run_changed> scope_runs::pause(const run_id& id, command_options options) const {
  return await<run_changed>(
      [&](auto done) { pause_async(id, std::move(options), std::move(done)); });
}

void scope_runs::pause_async(const run_id& id, command_options options,
                             callback<run_changed> done) const {
  at_.core->command(at_.key(id), flow::pause_command{options.if_status, std::move(options.reason)},
                    std::move(done), options.if_checkpoint, std::move(options.by));
}

result<run_changed> scope_runs::resume(const run_id& id, resume_options options) const {
  return await<run_changed>(
      [&](auto done) { resume_async(id, std::move(options), std::move(done)); });
}

void scope_runs::resume_async(const run_id& id, resume_options options,
                              callback<run_changed> done) const {
  at_.core->command(
      at_.key(id),
      flow::resume_command{options.if_status, std::move(options.reason), std::move(options.update),
                           std::move(options.question), std::move(options.answer)},
      std::move(done), options.if_checkpoint, std::move(options.by));
}

result<run_changed> scope_runs::set_data(const run_id& id, json data,
                                         command_options options) const {
  return await<run_changed>(
      [&](auto done) { set_data_async(id, std::move(data), std::move(options), std::move(done)); });
}

void scope_runs::set_data_async(const run_id& id, json data, command_options options,
                                callback<run_changed> done) const {
  at_.core->command(
      at_.key(id),
      flow::set_data_command{options.if_status, std::move(options.reason), std::move(data)},
      std::move(done), options.if_checkpoint, std::move(options.by));
}

result<run_changed> scope_runs::signal(const run_id& id, std::string type, json payload,
                                       signal_options options) const {
  return await<run_changed>([&](auto done) {
    signal_async(id, std::move(type), std::move(payload), std::move(options), std::move(done));
  });
}

void scope_runs::signal_async(const run_id& id, std::string type, json payload,
                              signal_options options, callback<run_changed> done) const {
  at_.core->command(
      at_.key(id), flow::signal_command{std::move(type), std::move(payload), std::move(options.id)},
      std::move(done), options.if_checkpoint, std::move(options.by));
}

result<run_changed> scope_runs::retry(const run_id& id, command_options options) const {
  return await<run_changed>(
      [&](auto done) { retry_async(id, std::move(options), std::move(done)); });
}

void scope_runs::retry_async(const run_id& id, command_options options,
                             callback<run_changed> done) const {
  at_.core->command(at_.key(id), flow::retry_command{options.if_status, std::move(options.reason)},
                    std::move(done), options.if_checkpoint, std::move(options.by));
}

result<run_started> scope_runs::restart(const run_id& id, start_options options) const {
  return await<run_started>(
      [&](auto done) { restart_async(id, std::move(options), std::move(done)); });
}

void scope_runs::restart_async(const run_id& id, start_options options,
                               callback<run_started> done) const {
  at_.core->read_later(
      {at_.name, "runs.restart", query_cost::point, {}, call_size(options.metadata)},
      [core = at_.core, old = at_.key(id), options = std::move(options),
       done = std::move(done)](const result<void>& ready) {
        if (!ready) return done(ready.error());
        auto request = make_restart(*core, old, options);
        if (!request) return done(std::move(request).error());
        core->start(std::move(request->command), request->version, done);
      });
}

std::vector<result<run_started>> scope_runs::start_many(std::vector<start_request> requests) const {
  return await_all<run_started>(requests.size(), [&](std::size_t i, callback<run_started> done) {
    start_async(requests[i].flow, requests[i].input, std::move(requests[i].options),
                std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope_runs::signal_many(
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

std::vector<batch_item<run_changed>> scope_runs::pause_many(const std::vector<run_id>& ids,
                                                            const command_options& options) const {
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    pause_async(id, options, std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope_runs::resume_many(const std::vector<run_id>& ids,
                                                             const resume_options& options) const {
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    resume_async(id, options, std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope_runs::terminate_many(
    const std::vector<run_id>& ids, const command_options& options) const {
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    terminate_async(id, options, std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope_runs::cancel_many(const std::vector<run_id>& ids,
                                                             const command_options& options) const {
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    cancel_async(id, options, std::move(done));
  });
}

std::vector<batch_item<run_changed>> scope_runs::retry_many(const std::vector<run_id>& ids,
                                                            const command_options& options) const {
  return change_all(ids, [&](const run_id& id, callback<run_changed> done) {
    retry_async(id, options, std::move(done));
  });
}

}  // namespace pawl
