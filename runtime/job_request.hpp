#pragma once

#include <pawl/job.hpp>
#include <pawl/result.hpp>
#include <pawl/settings.hpp>
#include <pawl/time.hpp>

namespace pawl {

/// Checks a request before a job is started with it. Errors: `invalid_argument` (a mistake in the
/// filter is named with its position), `limit_exceeded` (the payload).
[[nodiscard]] result<void> check_job_request(const job_request& what, const settings& s,
                                             time_point now);

}  // namespace pawl
