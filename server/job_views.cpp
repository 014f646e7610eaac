#include "server/job_views.hpp"

#include "server/views.hpp"

namespace pawl::server {

json to_json(const job_view& job) {
  const job_request& what = job.request;
  json object{{"id", job.id.str()},
              {"command", to_string(what.command)},
              {"filter", what.filter},
              {"reason", what.reason},
              {"rate", what.rate},
              {"dry_run", what.dry_run},
              {"started_by", what.by},
              {"state", to_string(job.state)},
              {"matched", job.counts.matched},
              {"done", job.counts.done},
              {"refused", job.counts.refused},
              {"failed", job.counts.failed},
              {"damaged", job.counts.damaged},
              {"created_at", to_rfc3339(job.created_at)},
              {"updated_at", to_rfc3339(job.updated_at)},
              {"ended_at", time_or_null(job.ended_at)},
              {"error", job.error.empty() ? json(nullptr) : json(job.error)}};
  if (what.command == job_command::signal) object["signal"] = what.signal;
  return object;
}

json to_json(const job_started& job) {
  return {{"id", job.id.str()}, {"created", job.created}};
}

json to_json(const job_page& page) {
  json jobs = json::array();
  for (const auto& each : page.jobs) jobs.push_back(to_json(each));
  json answer{{"jobs", std::move(jobs)},
              {"next", page.next.empty() ? json(nullptr) : json(page.next)}};
  add_damaged(answer, page.damaged);
  return answer;
}

json to_json(const job_result& result) {
  return {{"run", result.run.str()},
          {"outcome", to_string(result.outcome)},
          {"message", result.message}};
}

json to_json(const job_results& page) {
  json results = json::array();
  for (const auto& each : page.results) results.push_back(to_json(each));
  json answer{{"results", std::move(results)},
              {"next", page.next == 0 ? json(nullptr) : json(page.next)}};
  add_damaged(answer, page.damaged);
  return answer;
}

}  // namespace pawl::server
