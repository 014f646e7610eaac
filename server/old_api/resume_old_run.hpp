#pragma once

#include <pawl/engine.hpp>

namespace pawl::server {

/// Resumes a run as one resume of the previous engine did: sets the keys of `updates` in its data
/// and answers each of its questions with `updates`. A function that has paused itself therefore
/// needs no second resume. A run that is not paused continues unchanged if there are no updates.
/// `by`: who resumes it. Errors: `not_found`; `illegal_transition` for updates of a run that is not
/// paused; those of a resume.
void resume_old_run(const scope& in, const run_id& id, const json& updates, const std::string& by,
                    callback<void> done);

}  // namespace pawl::server
