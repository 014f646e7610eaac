#include "bench/compare.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <pawl/code_ref.hpp>

#include "bench/results.hpp"

namespace pawl::bench {
namespace {

struct figure {
  const char* name;
  bool more_is_better;
};

constexpr figure figures[] = {
    {"rate", true}, {"cpu_us_per_item", false}, {"p50_us", false}, {"p99_us", false}};

std::map<std::string, const json*> results_of(const json& document) {
  std::map<std::string, const json*> all;
  for (const auto& each : document.at("results")) all.emplace(label_of(each), &each);
  return all;
}

verdict judge(const json& before, const json& after, const figure& of, double percent,
              double noise_percent) {
  if (std::abs(percent) <= noise_percent) return verdict::same;
  const bool rose = percent > 0;
  const auto value = [](const json& of_rounds, const char* key) {
    return of_rounds.at(key).get<double>();
  };
  const bool apart = rose ? value(after, "min") > value(before, "max")
                          : value(after, "max") < value(before, "min");
  if (!apart) return verdict::same;
  return rose == of.more_is_better ? verdict::better : verdict::worse;
}

void compare_results(const std::string& label, const json& before, const json& after,
                     double noise_percent, std::vector<change>& to) {
  for (const auto& each : figures) {
    const auto a = before.find(each.name), b = after.find(each.name);
    if (a == before.end() || b == after.end()) continue;
    change seen{label, each.name, a->at("median").get<double>(), b->at("median").get<double>()};
    if (seen.before == 0 || seen.after == 0) continue;
    seen.percent = (seen.after / seen.before - 1) * 100;
    seen.what = judge(*a, *b, each, seen.percent, noise_percent);
    to.push_back(std::move(seen));
  }
}

void compare_conditions(const json& before, const json& after, std::vector<std::string>& to) {
  for (const char* const part : {"machine", "settings"}) {
    const json a = before.value(part, json::object()), b = after.value(part, json::object());
    for (const auto& [key, value] : a.items()) {
      if (key == "folder" || !b.contains(key) || b.at(key) == value) continue;
      to.push_back(std::string{part} + " differs: " + key + " is " + value.dump() + " and " +
                   b.at(key).dump());
    }
  }
}

bool has_shape(const json& document) {
  if (!document.is_object() || document.value("format", json()) != document_format) return false;
  const auto results = document.find("results");
  if (results == document.end() || !results->is_array()) return false;
  return std::all_of(results->begin(), results->end(), [](const json& each) {
    if (!each.is_object() || !each.value("workload", json()).is_string() ||
        !each.value("in_flight", json()).is_number() || !each.contains("latency_us"))
      return false;
    return std::all_of(std::begin(figures), std::end(figures), [&](const figure& f) {
      const auto found = each.find(f.name);
      if (found == each.end()) return std::string_view{f.name} == "cpu_us_per_item";
      const auto is_number = [&](const char* key) { return found->value(key, json()).is_number(); };
      return found->is_object() && is_number("median") && is_number("min") && is_number("max");
    });
  });
}

}  // namespace

bool comparison::any_worse() const noexcept {
  return std::any_of(changes.begin(), changes.end(),
                     [](const change& each) { return each.what == verdict::worse; });
}

std::string label_of(const json& result) {
  std::string label = result.at("workload").get<std::string>() + ", " +
                      result.at("in_flight").dump() + " in flight";
  const auto part = [&](const char* key, const char* unit) {
    const json value = result.value(key, json());
    if (value.is_string()) label += ", " + value.get<std::string>() + unit;
    if (value.is_number()) label += ", " + value.dump() + unit;
  };
  part("durability", "");
  part("items", " items");
  part("wanted_per_s", "/s wanted");
  return label;
}

result<void> check_document(const json& document, const std::string& file) {
  if (has_shape(document)) return {};
  return error{errc::invalid_argument,
               pawl::quoted(file) +
                   " is not a result of this version of `pawl bench run --json` or "
                   "`pawl bench suite --output`"};
}

result<comparison> compare(const json& before, const json& after, double noise_percent) {
  comparison all;
  const auto a = results_of(before), b = results_of(after);
  for (const auto& [label, result] : a) {
    const auto other = b.find(label);
    if (other == b.end()) {
      all.only_before.push_back(label);
    } else {
      compare_results(label, *result, *other->second, noise_percent, all.changes);
    }
  }
  for (const auto& [label, unused] : b)
    if (!a.contains(label)) all.only_after.push_back(label);
  if (all.changes.empty()) {
    return error{errc::invalid_argument,
                 "the two files have no workload in common, with the same number in flight, "
                 "durability and items"};
  }
  compare_conditions(before, after, all.warnings);
  return all;
}

}  // namespace pawl::bench
