#pragma once

#include <pawl/job.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

/// The JSON that the HTTP API takes and gives about jobs. Errors of each `read_…`: `not_supported`
/// for an answer that has another form.
namespace pawl::cli {

[[nodiscard]] json job_json(const job_request& what, const job_options& how);

[[nodiscard]] result<job_started> read_job_started(const json& from);
[[nodiscard]] result<job_view> read_job(const json& from);
[[nodiscard]] result<job_page> read_job_page(const json& from);
[[nodiscard]] result<job_results> read_job_results(const json& from);

}  // namespace pawl::cli
