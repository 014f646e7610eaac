#pragma once

#include "cli/session.hpp"

namespace pawl::cli {

/// Waits until a job has ended, with its progress on a terminal, and reports how it ended: one
/// line, and the first runs that did not take the command; or one JSON object. Ctrl-C ends the
/// watching, and says how to watch the job and how to abort it. Returns `ok` if every run took the
/// command; `usage` if a run refused it, or the job was aborted; `internal` if a command failed.
exit_code follow_job(session& s, target& on, const job_id& id, bool json);

/// "Job ID finished: cancel: 300 of 302 runs done, 2 refused."
[[nodiscard]] std::string job_sentence(const job_view& job);

}  // namespace pawl::cli
