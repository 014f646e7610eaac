#include <utility>

#include <pawl/job.hpp>

#include "actors/job_messages.hpp"
#include "actors/supervisor.hpp"
#include "flow/values/json_size.hpp"
#include "runtime/call_size.hpp"
#include "runtime/callbacks.hpp"
#include "runtime/core.hpp"
#include "runtime/job_request.hpp"

namespace pawl {

void engine_core::start_job(const job_key& key, const job_request& what,
                            callback<job_started> done) {
  actors::call_place place{actors::call_kind::command, key.scope,
                           command_overhead_bytes + what.filter.size() + what.reason.size() +
                               flow::json_size(what.payload)};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  if (auto good = check_job_request(what, settings, open->context->clock->now()); !good)
    return answer(std::move(good).error());
  actors::post(open->actors->jobs, actors::start_job{key, what, std::move(answer)});
}

void engine_core::abort_job(const job_key& key, callback<job_view> done) {
  actors::call_place place{actors::call_kind::command, key.scope, command_overhead_bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::post(open->actors->jobs, actors::abort_job{key, std::move(answer)});
}

void engine_core::remove_job(const job_key& key, callback<void> done) {
  actors::call_place place{actors::call_kind::command, key.scope, command_overhead_bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::post(open->actors->jobs, actors::remove_job{key, std::move(answer)});
}

void engine_core::wait_job(const job_key& key, std::chrono::milliseconds timeout,
                           callback<job_view> done, std::stop_token withdrawn) {
  actors::call_place place{actors::call_kind::wait, key.scope, 0};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::post(open->actors->jobs,
               actors::wait_job{key, timeout, std::move(answer), std::move(withdrawn)});
}

}  // namespace pawl
