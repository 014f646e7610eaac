#pragma once

#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include <pawl/metrics.hpp>

/// Conversion of values to prometheus-cpp's metric families.
namespace pawl::server {

/// The value of a metric for one label value.
struct labelled {
  std::string value_of_label;
  double value = 0;
};

using families = std::vector<prometheus::MetricFamily>;

void add_gauge(families& to, std::string name, std::string help, double value);
void add_counter(families& to, std::string name, std::string help, double value);
/// One metric per value, distinguished by `label`.
void add_gauges(families& to, std::string name, std::string help, const std::string& label,
                const std::vector<labelled>& values);
void add_counters(families& to, std::string name, std::string help, const std::string& label,
                  const std::vector<labelled>& values);
/// `per_unit`: divisor from the distribution's unit to the metric's unit: 1e6 for microseconds.
void add_histogram(families& to, std::string name, std::string help, const distribution& measured,
                   double per_unit);

/// The standard `process_*` metrics.
void add_process(families& to);

}  // namespace pawl::server
