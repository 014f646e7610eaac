#include "server/metrics/families.hpp"

#include <limits>
#include <utility>

namespace pawl::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void add_family(families& to, std::string name, std::string help, MetricType type,
                const std::string& label, const std::vector<labelled>& values) {
  MetricFamily made{std::move(name), std::move(help), type, {}};
  for (const auto& each : values) {
    ClientMetric one;
    if (!label.empty()) one.label.push_back({label, each.value_of_label});
    if (type == MetricType::Counter) {
      one.counter.value = each.value;
    } else {
      one.gauge.value = each.value;
    }
    made.metric.push_back(std::move(one));
  }
  to.push_back(std::move(made));
}

}  // namespace

void add_gauge(families& to, std::string name, std::string help, double value) {
  add_family(to, std::move(name), std::move(help), MetricType::Gauge, "", {{"", value}});
}

void add_counter(families& to, std::string name, std::string help, double value) {
  add_family(to, std::move(name), std::move(help), MetricType::Counter, "", {{"", value}});
}

void add_gauges(families& to, std::string name, std::string help, const std::string& label,
                const std::vector<labelled>& values) {
  add_family(to, std::move(name), std::move(help), MetricType::Gauge, label, values);
}

void add_counters(families& to, std::string name, std::string help, const std::string& label,
                  const std::vector<labelled>& values) {
  add_family(to, std::move(name), std::move(help), MetricType::Counter, label, values);
}

void add_histogram(families& to, std::string name, std::string help, const distribution& measured,
                   double per_unit) {
  MetricFamily made{std::move(name), std::move(help), MetricType::Histogram, {}};
  ClientMetric one;
  one.histogram.sample_count = measured.count;
  one.histogram.sample_sum = static_cast<double>(measured.sum) / per_unit;
  std::uint64_t so_far = 0;
  double bound = 1;
  for (const auto count : measured.counts) {
    so_far += count;
    one.histogram.bucket.push_back({so_far, bound / per_unit});
    bound *= 2;
  }
  one.histogram.bucket.push_back({measured.count, std::numeric_limits<double>::infinity()});
  made.metric.push_back(std::move(one));
  to.push_back(std::move(made));
}

}  // namespace pawl::server
