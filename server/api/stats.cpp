#include <utility>
#include <vector>

#include <pawl/run_statistics.hpp>

#include "config/keys.hpp"
#include "config/render.hpp"
#include "config/values.hpp"
#include "server/api/call.hpp"
#include "server/api/routes.hpp"
#include "server/statistics_view.hpp"

namespace pawl::server {
namespace {

json tasks_of(const worker_overview& all) {
  std::uint64_t queued = 0, leased = 0;
  for (const auto& each : all.queues) {
    queued += each.queued;
    leased += each.leased;
  }
  return {{"queued", queued}, {"leased", leased}};
}

void answer_stats(const call_ptr& request, const std::vector<run_count>& counts,
                  const worker_overview& workers) {
  const auto load = request->with().engine.load();
  if (!load) return request->fail(load.error());
  json runs = json::object();
  for (const auto& each : counts) runs[std::string{to_string(each.status)}] = each.count;
  const auto open = request->with().connections();
  request->answer(200, {{"runs", std::move(runs)},
                        {"active_runs", load->active_runs},
                        {"commands_in_flight", load->commands_in_flight},
                        {"waits", load->waits},
                        {"polls", load->polls},
                        {"queries_in_flight", load->queries_in_flight},
                        {"bytes_in_flight", load->bytes_in_flight},
                        {"executor",
                         {{"queued", load->queued_calls},
                          {"running", load->running_calls},
                          {"stuck", load->stuck_calls}}},
                        {"tasks", tasks_of(workers)},
                        {"connections", open.connections},
                        {"streams", open.streams}});
}

void get_stats(const call_ptr& request) {
  request->in().runs().counts_async([request](result<std::vector<run_count>> counts) {
    if (!counts) return request->fail(counts.error());
    request->in().workers().list_async(
        [request, counts = *std::move(counts)](result<worker_overview> all) {
          if (!all) return request->fail(all.error());
          answer_stats(request, counts, *all);
        });
  });
}

void get_daily_stats(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const statistics_options options{request->query().number("days", 30, 1, 366, diagnostics)};
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  scope_statistics{request->in()}.read_async(
      options,
      [request](result<run_statistics> all) {
        if (!all) return request->fail(all.error());
        request->answer(200, to_json(*all));
      },
      request->withdrawn_with_client());
}

void get_config(const call_ptr& request) {
  // API keys and private keys are in files; the settings have only their names.
  json all = json::object();
  const settings effective = config::without_secrets(request->with().engine.effective_settings());
  for (const auto& key : config::keys())
    all[std::string{key.name}] = config::to_json(key, effective);
  request->answer(200, {{"settings", std::move(all)}});
}

}  // namespace

void add_stats_routes(router& to) {
  to.add(get_route("/v1/stats", "stats.get", role::reader, get_stats));
  to.add(get_route("/v1/stats/daily", "runs.statistics", role::reader, get_daily_stats)
             .with_query({"days"}));
  to.add(get_route("/v1/config", "config.get", role::admin, get_config)
             .for_whole_server()
             .answered_by_each_server());
}

}  // namespace pawl::server
