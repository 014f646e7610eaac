#pragma once

#include <string>

#include "server/api/call.hpp"

namespace pawl::server {

/// What a command on a run answers. `status` and `message` are the words that clients test for.
struct old_answer {
  std::string status;
  std::string message;    ///< empty: the answer has none
  std::string not_found;  ///< the text if there is no such run; empty: "Workflow 'ID' not found"
  std::string failed;     ///< "Failed to pause thread"
};

// Each answers the request. A command that has no effect, because the run is already so or has
// ended, is answered as one that has: the previous engine only noted the wish.
void pause_old_run(const call_ptr& request, old_answer words);
void resume_old_run_with_body(const call_ptr& request, old_answer words);
void cancel_old_run(const call_ptr& request, const std::string& reason, old_answer words);

}  // namespace pawl::server
