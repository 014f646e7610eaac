#include "server/metrics/metrics.hpp"

#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void get_metrics(const call_ptr& request) {
  const engine& of = request->with().engine;
  of.totals_async([request, &of](result<engine_totals> totals) {
    readings now;
    now.ready = of.ready().has_value();
    // If the store has failed, the other metrics are still reported.
    if (totals) {
      now.runs = std::move(totals->runs);
      now.tasks_queued = totals->tasks_queued;
      now.tasks_leased = totals->tasks_leased;
      now.store = totals->store;
    }
    if (const auto load = of.load()) {
      now.active_runs = load->active_runs;
      now.commands_in_flight = load->commands_in_flight;
      now.waits = load->waits;
      now.polls = load->polls;
      now.queries_in_flight = load->queries_in_flight;
      now.bytes_in_flight = load->bytes_in_flight;
      now.calls_queued = load->queued_calls;
      now.calls_running = load->running_calls;
      now.calls_stuck = load->stuck_calls;
    }
    now.engine = of.metrics();
    now.cluster = of.cluster();
    request->with().fill_readings(now);
    request->answer_text(metrics::content_type, request->with().metrics->text(now));
  });
}

}  // namespace

void add_metrics_routes(router& to) {
  to.add(get_route("/metrics", "metrics.get", role::reader, get_metrics)
             .producing("text/plain")
             .answered_by_each_server());
}

}  // namespace pawl::server
