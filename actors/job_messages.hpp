#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>

#include <pawl/error.hpp>
#include <pawl/job.hpp>

#include "actors/mail.hpp"
#include "actors/reply.hpp"

/// The messages of the actor of jobs.
namespace pawl::actors {

/// Starts a job. The request is valid.
struct start_job {
  job_key key;
  job_request request;
  reply<job_started> answer;
};
/// Stops a job after the commands that are under way; answered when it has ended.
struct abort_job {
  job_key key;
  reply<job_view> answer;
};
/// Deletes a job that has ended. Answered when it is not shown any more.
struct remove_job {
  job_key key;
  reply<void> answer;
};
/// Answered when the job has ended, or with `timed_out` or `cancelled`.
struct wait_job {
  job_key key;
  std::chrono::milliseconds timeout{0};
  reply<job_view> answer;
  std::stop_token withdrawn = {};
};

/// To itself: a wait is over before the job has ended.
struct job_wait_over {
  job_key key;
  std::uint64_t wait = 0;
  errc why = errc::timed_out;
};
/// To itself: the time that the rate of a job puts between its commands has passed.
struct job_rested {
  job_key key;
};
/// To itself: the engine stops, and has waited long enough for the commands under way.
struct jobs_overdue {};
/// To itself: a run has answered the command of a job.
struct job_run_answered {
  job_key key;
  std::size_t place = 0;  ///< of the run in its page
  std::optional<error> refusal = {};
};

}  // namespace pawl::actors

#define PAWL_LOCAL_MESSAGE(type) PAWL_MESSAGE_TYPE(pawl::actors::type)
PAWL_LOCAL_MESSAGE(start_job)
PAWL_LOCAL_MESSAGE(abort_job)
PAWL_LOCAL_MESSAGE(remove_job)
PAWL_LOCAL_MESSAGE(wait_job)
PAWL_LOCAL_MESSAGE(job_wait_over)
PAWL_LOCAL_MESSAGE(job_rested)
PAWL_LOCAL_MESSAGE(jobs_overdue)
PAWL_LOCAL_MESSAGE(job_run_answered)
#undef PAWL_LOCAL_MESSAGE
