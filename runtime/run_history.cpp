#include <memory>
#include <utility>

#include <pawl/explanation.hpp>
#include <pawl/run_history.hpp>
#include <pawl/run_states.hpp>
#include <pawl/runs.hpp>

#include "runtime/async.hpp"
#include "runtime/call_size.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/explain_query.hpp"
#include "runtime/queries/history.hpp"
#include "runtime/queries/start_commands.hpp"
#include "runtime/queries/state_query.hpp"
#include "runtime/queries/step_query.hpp"

namespace pawl {

result<pawl::history_page> scope_runs::history_page(const run_id& id,
                                                    const history_options& options) const {
  if (auto good = check_limit(options.limit); !good) return std::move(good).error();
  return read_to_end(history_query{*at_.core, at_.key(id), options, max_page_bytes});
}

void scope_runs::history_page_async(const run_id& id, const history_options& options,
                                    callback<pawl::history_page> done,
                                    std::stop_token withdrawn) const {
  if (auto good = check_limit(options.limit); !good) return done(std::move(good).error());
  read_in_turns(at_.core, {at_.name, "runs.history", query_cost::page, std::move(withdrawn)},
                std::move(done), history_query{*at_.core, at_.key(id), options, max_page_bytes});
}

result<step_page> scope_runs::steps(const run_id& id, const step_options& options) const {
  return read_to_end(step_query{*at_.core, at_.key(id), options});
}

void scope_runs::steps_async(const run_id& id, const step_options& options,
                             callback<step_page> done, std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "runs.steps", query_cost::page, std::move(withdrawn)},
                std::move(done), step_query{*at_.core, at_.key(id), options});
}

result<run_explanation> scope_runs::explain(const run_id& id) const {
  return await<run_explanation>([&](auto done) { explain_async(id, std::move(done)); });
}

void scope_runs::explain_async(const run_id& id, callback<run_explanation> done,
                               std::stop_token withdrawn) const {
  const auto add_live = [core = at_.core, in = at_.name,
                         done = std::move(done)](result<run_explanation> read) {
    if (!read) return done(std::move(read).error());
    const auto made = std::make_shared<run_explanation>(*std::move(read));
    const auto answer = [made, done](const result<worker_overview>& workers) {
      // Without the workers, nothing is said about them.
      if (workers) add_workers(*made, *workers);
      add_sentences(*made);
      done(std::move(*made));
    };
    if (!waits_for_workers(*made)) return answer(worker_overview{});
    core->describe_workers(in, answer);
  };
  read_in_turns<run_explanation>(at_.core,
                                 {at_.name, "runs.explain", query_cost::page, std::move(withdrawn)},
                                 add_live, explain_query{*at_.core, at_.key(id)});
}

result<past_state> scope_runs::state_at(const run_id& id, std::uint64_t checkpoint) const {
  return read_to_end(past_state_query{*at_.core, at_.key(id), checkpoint});
}

void scope_runs::state_at_async(const run_id& id, std::uint64_t checkpoint,
                                callback<past_state> done, std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "runs.state_at", query_cost::page, std::move(withdrawn)},
                std::move(done), past_state_query{*at_.core, at_.key(id), checkpoint});
}

result<state_diff> scope_runs::diff(const run_id& id, std::uint64_t from, std::uint64_t to) const {
  return read_to_end(state_diff_query{*at_.core, at_.key(id), from, to});
}

void scope_runs::diff_async(const run_id& id, std::uint64_t from, std::uint64_t to,
                            callback<state_diff> done, std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "runs.diff", query_cost::page, std::move(withdrawn)},
                std::move(done), state_diff_query{*at_.core, at_.key(id), from, to});
}

result<run_started> scope_runs::fork(const run_id& id, fork_options options) const {
  return await<run_started>(
      [&](auto done) { fork_async(id, std::move(options), std::move(done)); });
}

void scope_runs::fork_async(const run_id& id, fork_options options,
                            callback<run_started> done) const {
  const std::uint64_t checkpoint = options.checkpoint;
  const std::uint64_t bytes = call_size(options.data) + call_size(options.start.metadata);
  read_in_turns<found_state>(
      at_.core, {at_.name, "runs.fork", query_cost::page, {}, bytes},
      [core = at_.core, options = std::move(options),
       done = std::move(done)](result<found_state> from) {
        if (!from) return done(std::move(from).error());
        auto request = make_fork(*core, *from, options);
        if (!request) return done(std::move(request).error());
        core->start(std::move(request->command), request->version, done);
      },
      state_query{*at_.core, at_.key(id), checkpoint});
}

}  // namespace pawl
