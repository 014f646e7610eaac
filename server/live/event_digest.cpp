#include "server/live/event_digest.hpp"

#include <utility>

#include "server/live/event_filter.hpp"

namespace pawl::server {

void event_digest::add(const run_id& run, const history_event& event) {
  ++events_;
  ++kinds_[event.kind];
  const auto found = index_.find(run);
  if (found != index_.end()) {
    runs_.splice(runs_.begin(), runs_, found->second);
  } else {
    runs_.push_front({run, 0, std::nullopt});
    index_.emplace(run, runs_.begin());
  }
  changed_run& changed = runs_.front();
  ++changed.events;
  if (const auto status = status_after(event.kind)) changed.status = status;
  if (runs_.size() <= max_runs) return;
  index_.erase(runs_.back().id);
  runs_.pop_back();
  more_ = true;
}

void event_digest::add_job(json progress) {
  jobs_.remove_if([&](const json& each) { return each["job"] == progress["job"]; });
  jobs_.push_front(std::move(progress));
  if (jobs_.size() > max_jobs) jobs_.pop_back();
}

json event_digest::take() {
  json runs = json::array();
  for (const auto& each : runs_) {
    json run{{"id", each.id.str()}, {"events", each.events}};
    if (each.status) run["status"] = to_string(*each.status);
    runs.push_back(std::move(run));
  }
  json kinds = json::object();
  for (const auto& [kind, count] : kinds_) kinds[kind] = count;
  json all{{"events", events_},       {"kinds", std::move(kinds)},
           {"runs", std::move(runs)}, {"more_runs", more_},
           {"jobs", jobs_},           {"flow_files", flow_files_}};
  *this = {};
  return all;
}

}  // namespace pawl::server
