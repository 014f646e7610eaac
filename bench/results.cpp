#include "bench/results.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

/// Four significant digits.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return 0;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 3);
  // Integral units stay exact: 0.1 is not a binary fraction.
  return unit >= 1 ? std::round(value / unit) * unit : std::round(value / unit) / (1 / unit);
}

template <class F>
json spread_over(const std::vector<measurement>& rounds, F value) {
  std::vector<double> values;
  for (const auto& each : rounds) values.push_back(value(each));
  return spread_of(std::move(values));
}

double per_item(double amount, const measurement& of) {
  return of.items > 0 ? amount / of.items : 0;
}

}  // namespace

json spread_of(std::vector<double> values) {
  json all = json::array();
  for (auto& each : values) all.push_back(each = rounded(each));
  std::sort(values.begin(), values.end());
  const auto n = values.size();
  if (n == 0) return nullptr;
  const double median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
  return {{"median", rounded(median)},
          {"min", values.front()},
          {"max", values.back()},
          {"rounds", std::move(all)}};
}

json result_of(const workload& what, const round& with, const std::vector<measurement>& rounds) {
  json result{{"workload", what.name},
              {"unit", what.unit},
              {"durability", with.server ? json(nullptr) : json(durability_text(with.settings))},
              {"in_flight", with.in_flight},
              {"items", what.items == 0 ? json(nullptr) : json(with.items)},
              {"wanted_per_s", with.rate ? json(*with.rate) : json(nullptr)}};
  result["rate"] = spread_over(
      rounds, [](const measurement& m) { return m.seconds > 0 ? m.items / m.seconds : 0; });
  const auto all = [&](auto known) { return std::all_of(rounds.begin(), rounds.end(), known); };
  if (all([](const measurement& m) { return m.cpu_seconds.has_value(); })) {
    result["cpu_us_per_item"] =
        spread_over(rounds, [](const measurement& m) { return per_item(*m.cpu_seconds * 1e6, m); });
  }
  if (all([](const measurement& m) { return m.syncs.has_value(); })) {
    result["syncs"] =
        spread_over(rounds, [](const measurement& m) { return static_cast<double>(*m.syncs); });
  }
  histogram merged;
  for (const auto& each : rounds) merged.merge(each.latency_ns);
  result["latency_of"] = what.latency_of;
  result["latency_us"] = latency_to_json(merged);
  for (const auto& [name, share] : {std::pair{"p50_us", 0.5}, std::pair{"p99_us", 0.99}}) {
    result[name] = spread_over(rounds, [share = share](const measurement& m) {
      return static_cast<double>(m.latency_ns.quantile(share)) / 1e3;
    });
  }
  result["figures"] = json::object();
  for (const auto& [name, unused] : rounds.front().figures) {
    result["figures"][name] = spread_over(rounds, [&name = name](const measurement& m) {
      const auto found = std::find_if(m.figures.begin(), m.figures.end(),
                                      [&](const auto& each) { return each.first == name; });
      return found == m.figures.end() ? 0 : found->second;
    });
  }
  return result;
}

}  // namespace pawl::bench
