#include "server/statistics_view.hpp"

#include <string>
#include <utility>

namespace pawl::server {
namespace {

json activity_json(const run_activity& runs) {
  return {{"started", runs.started},
          {"completed", runs.completed},
          {"failed", runs.failed},
          {"cancelled", runs.cancelled}};
}

json started_run_json(const std::optional<started_run>& run) {
  if (!run) return nullptr;
  return {{"id", run->id.str()}, {"created_at", to_rfc3339(run->created_at)}};
}

/// "2026-01-31"
std::string date_of(std::chrono::sys_days day) {
  return to_rfc3339(day).substr(0, 10);
}

}  // namespace

json to_json(const run_statistics& of) {
  json runs = json::object(), days = json::array();
  for (const auto& each : of.runs) runs[std::string{to_string(each.status)}] = each.count;
  for (const auto& each : of.days) {
    json row = activity_json(each.runs);
    row["day"] = date_of(each.day);
    row["flow"] = each.flow.str();
    days.push_back(std::move(row));
  }
  return {{"now", to_rfc3339(of.now)},
          {"runs", std::move(runs)},
          {"periods",
           {{"last_24_hours", activity_json(of.last_24_hours)},
            {"last_7_days", activity_json(of.last_7_days)},
            {"last_30_days", activity_json(of.last_30_days)},
            {"older", activity_json(of.older)}}},
          {"oldest", started_run_json(of.oldest)},
          {"newest", started_run_json(of.newest)},
          {"days", std::move(days)},
          {"complete", of.complete}};
}

}  // namespace pawl::server
