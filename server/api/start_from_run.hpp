#pragma once

#include <functional>
#include <string_view>

#include <pawl/runs.hpp>

#include "server/api/router.hpp"

namespace pawl::server {

/// Starts a run that is made from the run in the path, and answers the request with it. `what`:
/// "restart" or "fork", which keeps the keys of both apart. `start`: the engine's call.
void start_from_run(const call_ptr& request, std::string_view what, start_options options,
                    const std::function<void(start_options, callback<run_started>)>& start);

}  // namespace pawl::server
