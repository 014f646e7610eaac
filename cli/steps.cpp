#include "cli/steps.hpp"

#include <map>
#include <tuple>

namespace pawl::cli {

namespace {

/// A worker that gives a task back has not executed it.
bool is_repetition(const history_event& e) {
  return e.kind == "step_restarted" ||
         (e.kind == "lease_lost" && !e.detail.value("given_back", false));
}

}  // namespace

std::vector<step> steps_of(const std::vector<history_event>& history, run_status status) {
  std::vector<step> steps;
  std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, std::size_t> index;
  for (const auto& e : history) {
    const std::tuple key{e.node, e.visit, e.attempt};
    if (e.kind == "step_started") {
      if (!index.emplace(key, steps.size()).second) continue;
      steps.push_back({e.node, e.visit, e.attempt, 1, "running", e.at, {}, {}, {}, {}});
    } else if (is_repetition(e)) {
      if (const auto found = index.find(key); found != index.end()) ++steps[found->second].calls;
    } else if (e.kind == "step_finished" || e.kind == "step_failed") {
      const auto found = index.find(key);
      if (found == index.end()) continue;
      step& s = steps[found->second];
      s.status = e.kind == "step_finished" ? "completed" : "failed";
      s.finished_at = e.at;
      s.duration_us = e.detail.value("us", std::int64_t{0});
      s.error_type = e.detail.value("type", "");
      s.error_message = e.detail.value("message", "");
    }
  }
  if (!is_finished(status)) return steps;
  for (auto& s : steps)
    if (s.status == "running") s.status = "abandoned";
  return steps;
}

json to_json(const step& s) {
  json object{{"node", s.node},   {"visit", s.visit},   {"attempt", s.attempt},
              {"calls", s.calls}, {"status", s.status}, {"started_at", to_rfc3339(s.started_at)}};
  if (s.finished_at) object["finished_at"] = to_rfc3339(*s.finished_at);
  if (s.duration_us) object["duration_us"] = *s.duration_us;
  if (s.status == "failed")
    object["error"] = {{"type", s.error_type}, {"message", s.error_message}};
  return object;
}

}  // namespace pawl::cli
