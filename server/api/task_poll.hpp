#pragma once

#include "server/api/call.hpp"

namespace pawl::server {

/// Handles a poll of a worker, and the outcomes that come with it.
void poll_tasks(const call_ptr& request);

}  // namespace pawl::server
