#pragma once

#include <pawl/job.hpp>
#include <pawl/json.hpp>

/// JSON representations of jobs, shared by the HTTP API and the program's `--json` output.
/// docs/openapi.yaml describes every field.
namespace pawl::server {

[[nodiscard]] json to_json(const job_view& job);
[[nodiscard]] json to_json(const job_started& job);
[[nodiscard]] json to_json(const job_page& page);
[[nodiscard]] json to_json(const job_result& result);
[[nodiscard]] json to_json(const job_results& page);

}  // namespace pawl::server
