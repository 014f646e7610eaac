#include "bench/suite.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

struct measured {
  const workload* what;
  std::size_t in_flight;
  bool durable = true;    ///< false: durability `off`
  std::size_t items = 0;  ///< 0: the default
};

constexpr std::size_t loaded = 512;
constexpr std::size_t clients = 200;
constexpr std::size_t pipelined = 256;

/// Names a result in the table.
enum measured_index {
  bare_512,
  bare_plain_512,
  linear_10_512,
  linear_1_512,
  pure_10_512,
  bare_1,
  alone_sync,
  alone_off,
  signal_10k,
  signal_answered,
  signal_pipelined,
  http_local,
  http_worker,
  timers_10k,
  map_1k,
  branches_100,
  parked_runs,
  recovery_runs,
};

const std::vector<measured>& all_measured() {
  static const std::vector<measured> all{
      {&bare, loaded},
      {&bare_plain, loaded},
      {&linear_10, loaded},
      {&linear_1, loaded},
      {&pure_10, loaded},
      {&bare, 1},
      {&alone, 1},
      {&alone, 1, false},
      {&signal_parked, loaded},
      {&signal_one_run, 1},
      {&signal_one_run, pipelined},
      {&http_3, clients},
      {&http_3_worker, clients},
      {&timers, loaded},
      {&map_items, map_items.in_flight},
      {&branches, branches.in_flight},
      {&parked, loaded, true, 20'000},
      {&recovery, recovery.in_flight},
  };
  return all;
}

double median_of(const json& result, const char* figure) {
  return result.at(figure).at("median").get<double>();
}

double extra(const json& result, const char* name) {
  return result.at("figures").at(name).at("median").get<double>();
}

/// Builds the rows from the results.
class table {
 public:
  explicit table(const json& results) : results_(results) {}

  [[nodiscard]] const json& of(measured_index which) const {
    return results_.at(static_cast<std::size_t>(which));
  }
  void add(std::string_view what, double value, std::string_view unit) {
    rows_.push_back({{"what", what}, {"value", value}, {"unit", unit}});
  }
  /// Adds the reference to the last row. The share is of the last row's value in it.
  void refer(std::string_view name, double value) {
    json& row = rows_.back();
    json more{{"name", name}, {"value", value}};
    if (value > 0) {
      more["share"] = std::round(row.at("value").get<double>() / value * 1'000) / 1'000;
    }
    row["references"].push_back(std::move(more));
  }
  [[nodiscard]] json rows() && { return std::move(rows_); }

 private:
  const json& results_;
  json rows_ = json::array();
};

void add_throughput(table& to) {
  to.add("10-step flow, 512 in flight", median_of(to.of(linear_10_512), "rate"), "steps/s");
  to.refer("bare writer, the engine's options and keys", median_of(to.of(bare_512), "rate"));
  to.refer("plain bare writer", median_of(to.of(bare_plain_512), "rate"));
  to.add("processor time per step of it", median_of(to.of(linear_10_512), "cpu_us_per_item"), "us");
  to.refer("bare writer, per record", median_of(to.of(bare_512), "cpu_us_per_item"));
  to.add("1-step flow, 512 in flight", median_of(to.of(linear_1_512), "rate"), "runs/s");
  to.add("processor time per run of it", median_of(to.of(linear_1_512), "cpu_us_per_item"), "us");
  to.add("10-step flow of pure steps", median_of(to.of(pure_10_512), "rate"), "steps/s");
}

void add_latency(table& to) {
  const double syncs = 2 * median_of(to.of(bare_1), "p50_us");
  to.add("one 1-step run alone, median", median_of(to.of(alone_sync), "p50_us"), "us");
  to.refer("2 writes with a sync, bare", syncs);
  to.add("of it beyond 2 syncs", median_of(to.of(alone_sync), "p50_us") - syncs, "us");
  to.add("one 1-step run alone, durability off", median_of(to.of(alone_off), "p50_us"), "us");
}

void add_rest(table& to) {
  to.add("signals to parked runs, to their ends", median_of(to.of(signal_10k), "rate"), "runs/s");
  to.add("signals to one run, each answered", median_of(to.of(signal_answered), "rate"),
         "signals/s");
  to.add("signals to one run, 256 in flight", median_of(to.of(signal_pipelined), "rate"),
         "signals/s");
  to.add("3-step runs over HTTP, 200 clients", median_of(to.of(http_local), "rate"), "runs/s");
  to.add("the same with a worker", median_of(to.of(http_worker), "rate"), "runs/s");
  to.add("timers due in one second", median_of(to.of(timers_10k), "rate"), "timers/s");
  to.add("a new run meanwhile, median", extra(to.of(timers_10k), "new_run_p50_us"), "us");
  to.refer("before they are due", extra(to.of(timers_10k), "new_run_before_p50_us"));
  to.add("map, 1,000 items", median_of(to.of(map_1k), "rate"), "items/s");
  to.add("100 branches", median_of(to.of(branches_100), "rate"), "branches/s");
  to.add("a parked run, memory", extra(to.of(parked_runs), "memory_bytes_per_run"), "bytes");
  to.add("a parked run, disk", extra(to.of(parked_runs), "disk_bytes_per_run"), "bytes");
  to.add("first signal after opening", extra(to.of(parked_runs), "first_signal_ms"), "ms");
  to.add("new run after kill -9", extra(to.of(recovery_runs), "new_run_ended_ms"), "ms");
  to.add("all killed runs go on", extra(to.of(recovery_runs), "all_went_on_ms"), "ms");
}

}  // namespace

result<json> run_suite(const run_options& options) {
  std::vector<planned> all;
  for (const auto& each : all_measured()) {
    const std::size_t items = each.items > 0 ? each.items : each.what->items;
    all.push_back({each.what, each.in_flight,
                   options.items ? std::min(items, *options.items) : items,
                   each.durable ? options.settings.storage.durability : durability::off});
  }
  auto document = run(all, options);
  if (!document) return document;
  table rows{document->at("results")};
  add_throughput(rows);
  add_latency(rows);
  add_rest(rows);
  (*document)["table"] = std::move(rows).rows();
  return document;
}

}  // namespace pawl::bench
