#pragma once

#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include <pawl/metrics.hpp>

/// Values as prometheus-cpp has them.
namespace pawl::server {

/// What a metric is for one value of its label.
struct labelled {
  std::string value_of_label;
  double value = 0;
};

using families = std::vector<prometheus::MetricFamily>;

void add_gauge(families& to, std::string name, std::string help, double value);
void add_counter(families& to, std::string name, std::string help, double value);
/// One metric for each value, told apart by `label`.
void add_gauges(families& to, std::string name, std::string help, const std::string& label,
                const std::vector<labelled>& values);
void add_counters(families& to, std::string name, std::string help, const std::string& label,
                  const std::vector<labelled>& values);
/// `per_unit`: how much of the distribution makes 1 of the metric's unit: 1e6 for microseconds.
void add_histogram(families& to, std::string name, std::string help, const distribution& measured,
                   double per_unit);

/// What the system tells of this process, by the names that all programs have for it.
void add_process(families& to);

}  // namespace pawl::server
