#pragma once

#include <pawl/worker.hpp>

#include "actors/engine_context.hpp"
#include "actors/lease_table.hpp"
#include "actors/worker_list.hpp"
#include "flow/machine/transition.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {

/// What a worker gets for a lease: the task of a call, with secrets in its arguments. Error: as
/// `secret_store::fill`.
[[nodiscard]] result<worker_task> make_worker_task(const engine_context& context,
                                                   const persistence::keys::task_key& key,
                                                   const lease& l, const flow::invoke_effect& call,
                                                   const flow_version_id& flow);

/// Takes the places of the tasks that are queued in the store. Once, and before any run's actor
/// exists: those count the tasks that they queue themselves.
void take_places_of_queued_tasks(engine_context& context);

/// The workers and task queues of a scope. Errors: those of the store.
[[nodiscard]] result<worker_overview> describe_scope(const engine_context& context,
                                                     const scope_name& scope,
                                                     const lease_table& leases,
                                                     const worker_list& workers);

}  // namespace pawl::actors
