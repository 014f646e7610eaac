#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

#include <pawl/callback.hpp>
#include <pawl/worker.hpp>

#include "server/api/call.hpp"
#include "server/api/object_reader.hpp"

/// The ends of leases: outcomes and releases of tasks. A worker whose answer was lost sends the
/// same end again, alone, in a batch or with a poll: that has no effect and succeeds.
namespace pawl::server {

// Read the fields of an outcome.
[[nodiscard]] task_outcome read_result(object_reader& fields);
[[nodiscard]] task_outcome read_failure(object_reader& fields);
[[nodiscard]] task_outcome read_question(object_reader& fields);

/// Receives the end of a lease, and whether the same end was sent before.
using lease_ended = std::function<void(const result<void>& ended, bool is_repeated)>;

/// Ends a lease by `end`, which is called at most once. `outcome` identifies the end.
void end_once(const call_ptr& request, const task_lease& task,
              std::initializer_list<std::string_view> outcome,
              std::function<void(callback<void>)> end, lease_ended done);

/// Records an outcome, unless it was recorded before.
void complete_once(const call_ptr& request, const task_lease& task, task_outcome outcome,
                   lease_ended done);

/// Begins to record an outcome together with others. Returns what the engine is to call when it is
/// recorded: the caller passes it on with the outcome, which it may move away. None if the outcome
/// was recorded before, or another request is recording it: then `done` is called all the same, at
/// once or later.
[[nodiscard]] std::optional<callback<void>> begin_outcome(
    const call_ptr& request, const task_lease& task, const std::shared_ptr<task_outcome>& outcome,
    lease_ended done);

}  // namespace pawl::server
