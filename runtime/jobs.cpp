#include <pawl/engine.hpp>
#include <pawl/jobs.hpp>

#include "actors/engine_context.hpp"
#include "runtime/async.hpp"
#include "runtime/queries/event_queries.hpp"
#include "runtime/queries/job_queries.hpp"

namespace pawl {
namespace {

constexpr std::size_t max_job_key_bytes = 512;

/// The id that the options name, or a new one.
result<job_id> id_of(const engine_core& core, const job_options& options) {
  if (options.id && !options.key.empty())
    return error{errc::invalid_argument, "a job takes an id or a key, not both"};
  if (options.key.size() > max_job_key_bytes)
    return error{errc::invalid_argument, "the key of a job must be at most 512 bytes"};
  if (options.id) return parse_job_id(options.id->str());
  if (!options.key.empty()) return job_id{id_of_key(options.key).str()};
  const auto open = core.running();
  if (!open) return core.closed();
  return job_id{core.ids->next(open->clock->now()).str()};
}

}  // namespace

scope_jobs scope::jobs() const {
  return scope_jobs{at_};
}

scope_jobs engine::jobs() const {
  return scope_.jobs();
}

result<job_started> scope_jobs::start(job_request what, job_options options) const {
  return await<job_started>(
      [&](auto done) { start_async(std::move(what), std::move(options), std::move(done)); });
}

void scope_jobs::start_async(job_request what, job_options options,
                             callback<job_started> done) const {
  auto id = id_of(*at_.core, options);
  if (!id) return done(std::move(id).error());
  at_.core->start_job({at_.name, *std::move(id)}, what, std::move(done));
}

result<job_view> scope_jobs::get(const job_id& id) const {
  return get_job(*at_.core, {at_.name, id});
}

void scope_jobs::get_async(const job_id& id, callback<job_view> done,
                           std::stop_token withdrawn) const {
  read_later(*at_.core, {at_.name, "jobs.get", query_cost::point, std::move(withdrawn)},
             std::move(done), [self = *this, id] { return self.get(id); });
}

result<job_page> scope_jobs::list(const job_list_options& options) const {
  return list_jobs(*at_.core, at_.name, options);
}

void scope_jobs::list_async(const job_list_options& options, callback<job_page> done,
                            std::stop_token withdrawn) const {
  read_later(*at_.core, {at_.name, "jobs.list", query_cost::page, std::move(withdrawn)},
             std::move(done), [self = *this, options] { return self.list(options); });
}

result<job_results> scope_jobs::results(const job_id& id,
                                        const job_results_options& options) const {
  return read_to_end(job_results_query{*at_.core, {at_.name, id}, options});
}

void scope_jobs::results_async(const job_id& id, const job_results_options& options,
                               callback<job_results> done, std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "jobs.results", query_cost::page, std::move(withdrawn)},
                std::move(done), job_results_query{*at_.core, {at_.name, id}, options});
}

result<job_view> scope_jobs::wait(const job_id& id, std::chrono::milliseconds timeout,
                                  std::stop_token withdrawn) const {
  return await<job_view>(
      [&](auto done) { wait_async(id, timeout, std::move(done), std::move(withdrawn)); });
}

void scope_jobs::wait_async(const job_id& id, std::chrono::milliseconds timeout,
                            callback<job_view> done, std::stop_token withdrawn) const {
  at_.core->wait_job({at_.name, id}, timeout, std::move(done), std::move(withdrawn));
}

result<job_view> scope_jobs::abort(const job_id& id) const {
  return await<job_view>([&](auto done) { abort_async(id, std::move(done)); });
}

void scope_jobs::abort_async(const job_id& id, callback<job_view> done) const {
  at_.core->abort_job({at_.name, id}, std::move(done));
}

result<void> scope_jobs::remove(const job_id& id) const {
  return await<void>([&](auto done) { remove_async(id, std::move(done)); });
}

void scope_jobs::remove_async(const job_id& id, callback<void> done) const {
  at_.core->remove_job({at_.name, id}, std::move(done));
}

std::shared_ptr<subscription> scope_jobs::watch(std::size_t capacity) const {
  return subscribe(*at_.core, actors::jobs_of(at_.name), capacity);
}

}  // namespace pawl
