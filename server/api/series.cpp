#include <pawl/activity.hpp>

#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

struct series_column {
  const char* name;
  std::uint64_t activity_counts::*count;
};

constexpr series_column series_columns[] = {
    {"started", &activity_counts::started}, {"completed", &activity_counts::completed},
    {"failed", &activity_counts::failed},   {"cancelled", &activity_counts::cancelled},
    {"steps", &activity_counts::steps},     {"step_failures", &activity_counts::step_failures},
};

void get_series(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const auto minutes = request->query().number("minutes", 60, 1, max_activity_minutes, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const auto series = scope_activity{request->in()}.read(minutes);
  if (!series) return request->fail(series.error());
  json answer{{"since", to_rfc3339(series->since)}, {"from", to_rfc3339(series->from)}};
  for (const auto& column : series_columns) {
    json& numbers = answer[column.name] = json::array();
    for (const auto& each : series->minutes) numbers.push_back(each.*column.count);
  }
  request->answer(200, answer);
}

}  // namespace

void add_series_routes(router& to) {
  to.add(get_route("/v1/series", "series.get", role::reader, get_series).with_query({"minutes"}));
}

}  // namespace pawl::server
