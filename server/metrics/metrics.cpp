#include "server/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <pawl/version.hpp>

#include "server/metrics/families.hpp"

namespace pawl::server {
namespace {

constexpr double us = 1e6;

const prometheus::Histogram::BucketBoundaries& request_seconds() {
  static const prometheus::Histogram::BucketBoundaries bounds{
      .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60};
  return bounds;
}

/// Limits the label to known methods: clients must not create unlimited time series.
std::string_view known_method(std::string_view method) {
  constexpr std::array<std::string_view, 7> known{"GET",   "HEAD",   "POST",   "PUT",
                                                  "PATCH", "DELETE", "OPTIONS"};
  return std::find(known.begin(), known.end(), method) == known.end() ? "OTHER" : method;
}

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

void add_transport(families& to, const http::listener_stats& now) {
  add_gauge(to, "pawl_http_connections", "Open connections.", number(now.connections));
  add_gauge(to, "pawl_http_streams", "Open event streams and WebSockets.", number(now.streams));
  add_gauge(to, "pawl_http_requests_in_flight", "Requests that have been read but not answered.",
            number(now.in_flight));
  add_gauge(to, "pawl_http_pending_bytes", "Bytes of requests being read.",
            number(now.pending_bytes));
  add_gauge(to, "pawl_http_output_bytes", "Bytes of answers that wait to be sent.",
            number(now.output_bytes));
  add_counter(to, "pawl_http_connections_accepted_total", "Accepted connections.",
              number(now.accepted));
  add_counter(to, "pawl_http_connections_refused_total", "Connections refused because of a limit.",
              number(now.refused));
  add_counter(to, "pawl_http_received_bytes_total", "Bytes received, excluding TLS overhead.",
              number(now.bytes_in));
  add_counter(to, "pawl_http_sent_bytes_total", "Bytes sent, excluding TLS overhead.",
              number(now.bytes_out));
}

void add_store(families& to, const store_gauges& now) {
  add_gauge(to, "pawl_store_log_bytes", "Size of the logs that are replayed after a crash.",
            number(now.log_bytes));
  add_gauge(to, "pawl_store_memtable_bytes", "Memory of what is not in tables yet.",
            number(now.memtable_bytes));
  add_gauge(to, "pawl_store_cache_bytes", "Memory of cached blocks.", number(now.cache_bytes));
  add_gauge(to, "pawl_store_level0_tables",
            "Most tables in the first level of a column. Writes slow down at 20 and stop at 36.",
            number(now.level0_tables));
  add_gauge(to, "pawl_store_pending_compaction_bytes",
            "Bytes that compaction has to rewrite, as an estimate.",
            number(now.pending_compaction_bytes));
  add_gauge(to, "pawl_store_delayed_write_rate",
            "Bytes per second to which writes are slowed down, or 0.",
            number(now.delayed_write_rate));
  add_gauge(to, "pawl_store_writes_stopped", "1 while compaction stops all writes, else 0.",
            now.writes_stopped ? 1 : 0);
}

void add_cluster(families& to, const readings& all) {
  const cluster_info& now = all.cluster;
  std::vector<labelled> roles;
  for (const auto each : {cluster_role::single, cluster_role::owner, cluster_role::standby})
    roles.push_back({std::string{to_string(each)}, each == now.role ? 1.0 : 0.0});
  add_gauges(to, "pawl_cluster_role",
             "1 for what the process is to its store: single, owner or standby.", "role", roles);
  add_gauge(to, "pawl_partition_epoch",
            "Number of the ownership of the store that the process knows of, or 0.",
            number(now.epoch));
  add_gauge(to, "pawl_cluster_lease_age_seconds",
            "Time since the owner renewed its lease; 0 of other processes.",
            now.lease_age ? static_cast<double>(now.lease_age->count()) / 1'000 : 0);
  add_counter(to, "pawl_cluster_takeovers_total",
              "How often the process became the owner of the store.", number(now.takeovers));
  add_counter(to, "pawl_cluster_losses_total",
              "How often a commit or renewal was refused because another process had taken the "
              "store over.",
              number(now.losses));
  add_counters(
      to, "pawl_cluster_forwarded_total", "Requests that were passed on to the owner of the store.",
      "outcome",
      {{"answered", number(all.forwards_answered)}, {"failed", number(all.forwards_failed)}});
}

void add_engine(families& to, const readings& now) {
  add_gauge(to, "pawl_ready", "1 if the server accepts commands, else 0.", now.ready ? 1 : 0);
  std::vector<labelled> runs;
  for (const auto& each : now.runs)
    runs.push_back({std::string{to_string(each.status)}, number(each.count)});
  add_gauges(to, "pawl_runs", "Stored runs by status.", "status", runs);
  add_gauge(to, "pawl_active_runs", "Runs in memory.", number(now.active_runs));
  add_gauge(to, "pawl_commands_in_flight", "Pending commands.", number(now.commands_in_flight));
  add_gauge(to, "pawl_waits", "Calls that wait for the end of a run.", number(now.waits));
  add_gauge(to, "pawl_polls", "Workers that wait for a task.", number(now.polls));
  add_gauge(to, "pawl_queries_in_flight", "Pending queries.", number(now.queries_in_flight));
  add_gauge(to, "pawl_bytes_in_flight", "Bytes of pending commands, polls and queries.",
            number(now.bytes_in_flight));
  add_gauges(to, "pawl_executor_calls",
             "Function calls by state: queued, running, or stuck (timed out but not returned).",
             "state",
             {{"queued", number(now.calls_queued)},
              {"running", number(now.calls_running)},
              {"stuck", number(now.calls_stuck)}});
  add_gauges(to, "pawl_tasks", "Worker tasks by state: queued or leased.", "state",
             {{"queued", number(now.tasks_queued)}, {"leased", number(now.tasks_leased)}});
  add_gauge(to, "pawl_store_bytes", "Size of the files in the data folder.",
            number(now.store_bytes));
  add_store(to, now.store);
  add_cluster(to, now);
}

void add_engine_metrics(families& to, const engine_metrics& m) {
  add_counters(to, "pawl_steps_total", "Finished step attempts by outcome.", "outcome",
               {{"completed", number(m.steps_completed)},
                {"failed", number(m.steps_failed)},
                {"interrupted", number(m.steps_interrupted)}});
  add_counter(to, "pawl_runs_started_total", "Started runs, including restarts and subflows.",
              number(m.runs_started));
  add_counters(to, "pawl_runs_ended_total", "Ended runs by status.", "status",
               {{"completed", number(m.runs_completed)},
                {"failed", number(m.runs_failed)},
                {"cancelled", number(m.runs_cancelled)}});
  add_gauge(to, "pawl_jobs_running", "Jobs that have not ended.", number(m.jobs_unfinished));
  add_counters(to, "pawl_job_runs_total", "Runs that had their turn in a job, by outcome.",
               "outcome",
               {{"done", number(m.job_runs_done)},
                {"refused", number(m.job_runs_refused)},
                {"failed", number(m.job_runs_failed)}});
  add_counter(to, "pawl_run_log_lines_lost_total",
              "Log lines of steps that could not be kept with their run.",
              number(m.run_log_lines_lost));
  add_gauge(to, "pawl_blob_bytes", "Bytes of blobs, and of those that are being sent.",
            number(m.blob_bytes));
  add_histogram(to, "pawl_start_to_first_step_seconds",
                "Time from the start of a run to its first function call, for runs that begin with "
                "one.",
                m.start_to_first_step_us, us);
  add_histogram(to, "pawl_signal_to_step_seconds",
                "Time from a signal to the function call that it triggers.", m.signal_to_step_us,
                us);
  add_histogram(to, "pawl_step_duration_seconds", "Duration of function calls in this process.",
                m.step_us, us);
  add_histogram(to, "pawl_commit_duration_seconds",
                "Time from state transition to durable checkpoint.", m.commit_us, us);
  add_histogram(to, "pawl_store_write_duration_seconds",
                "Time to write a group of checkpoints to the log.", m.write_us, us);
  add_histogram(to, "pawl_store_sync_duration_seconds", "Time to sync the log to disk.", m.sync_us,
                us);
  add_histogram(to, "pawl_store_write_batches", "Checkpoints per group written to the log.",
                m.group_batches, 1);
  add_histogram(to, "pawl_store_write_bytes", "Bytes per group written to the log.", m.group_bytes,
                1);
}

}  // namespace

struct metrics::impl {
  /// The time series of one route, method and status.
  struct series {
    prometheus::Counter* count = nullptr;
    prometheus::Histogram* duration = nullptr;
  };

  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("pawl_http_requests_total")
          .Help("Finished requests by route, method and status. 499: the client disconnected.")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("pawl_http_request_duration_seconds")
          .Help(
              "Time from the last byte read to the last byte written, by route and method; "
              "excludes event streams and WebSockets.")
          .Register(registry);
  std::shared_mutex mutex;
  std::unordered_map<std::string, series> known;

  /// Caches the series: `Family::Add` sorts labels and takes a lock on every call.
  series find(const http::finished_request& one) {
    const std::string method{known_method(one.method)};
    const std::string route = one.route.empty() ? "unmatched" : one.route;
    const std::string status = std::to_string(one.status);
    const std::string key = route + ' ' + method + ' ' + status;
    {
      const std::shared_lock lock{mutex};
      if (const auto found = known.find(key); found != known.end()) return found->second;
    }
    const series made{&requests.Add({{"route", route}, {"method", method}, {"status", status}}),
                      &durations.Add({{"route", route}, {"method", method}}, request_seconds())};
    const std::unique_lock lock{mutex};
    return known.try_emplace(key, made).first->second;
  }
};

metrics::metrics() : impl_(std::make_unique<impl>()) {}
metrics::~metrics() = default;

void metrics::observe(const http::finished_request& one) {
  const auto to = impl_->find(one);
  to.count->Increment();
  if (!one.streamed) to.duration->Observe(std::chrono::duration<double>(one.duration).count());
}

std::string metrics::text(const readings& now) const {
  families all = impl_->registry.Collect();
  add_gauges(all, "pawl_build_info", "Always 1; the label is the version.", "version",
             {{std::string{library_version}, 1}});
  add_transport(all, now.transport);
  add_engine(all, now);
  add_engine_metrics(all, now.engine);
  add_counter(all, "pawl_logins_refused_total",
              "Requests refused because of an invalid or missing key.", number(now.logins_refused));
  add_counter(all, "pawl_audit_lines_lost_total", "Audit log lines that could not be written.",
              number(now.audit_lines_lost));
  add_counter(all, "pawl_log_lines_lost_total",
              "Log lines that were lost because the log could not be written.",
              number(now.log_lines_lost));
  add_process(all);
  std::ostringstream to;
  prometheus::TextSerializer{}.Serialize(to, all);
  return std::move(to).str();
}

}  // namespace pawl::server
