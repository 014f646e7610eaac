#include "cli/bench_table.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

/// At most four significant digits, without an exponent: "41,354", "12.35", "0.2".
std::string number(double value) {
  std::array<char, 64> text;
  const double size = std::abs(value);
  const int decimals = size >= 1'000 || value == std::round(value) ? 0 : size >= 100 ? 1 : 2;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string shown = text.data();
  const auto point = shown.find('.');
  std::size_t at = point == shown.npos ? shown.size() : point;
  const std::size_t first = value < 0 ? 1 : 0;
  while (at > first + 3) shown.insert(at -= 3, ",");
  return shown;
}

std::string microseconds(double us) {
  if (us >= 1e6) return number(us / 1e6) + " s";
  if (us >= 1e3) return number(us / 1e3) + " ms";
  return number(us) + " us";
}

std::string machine_line(const json& document) {
  const json& machine = document.at("machine");
  return printable("pawl " + document.at("version").get<std::string>() + " (" +
                   document.at("commit").get<std::string>() + "), " + machine.at("cores").dump() +
                   " cores, " + machine.at("cpu").get<std::string>() + ", " +
                   machine.at("kernel").get<std::string>() + ", " +
                   machine.at("filesystem").get<std::string>()) +
         "\ndata in " + printable(document.at("settings").at("folder").get<std::string>()) +
         ", now deleted\n";
}

std::string spread_text(const json& of, const std::string& unit) {
  std::string text = number(of.at("median").get<double>()) + unit;
  if (of.at("rounds").size() > 1) {
    text += " (" + number(of.at("min").get<double>()) + " to " +
            number(of.at("max").get<double>()) + ")";
  }
  return text;
}

std::string result_lines(const json& result) {
  const std::string unit = result.at("unit").get<std::string>();
  std::string text = printable(bench::label_of(result)) + "\n";
  const auto row = [&](const std::string& name, const std::string& value) {
    text += "  " + pad(printable(name), 24) + printable(value) + "\n";
  };
  row(unit + "/s", spread_text(result.at("rate"), ""));
  const std::string one =
      unit.ends_with("ches") ? unit.substr(0, unit.size() - 2) : unit.substr(0, unit.size() - 1);
  if (result.contains("cpu_us_per_item"))
    row("processor per " + one, spread_text(result.at("cpu_us_per_item"), " us"));
  if (result.contains("syncs")) row("syncs", spread_text(result.at("syncs"), ""));
  const json& latency = result.at("latency_us");
  if (latency.at("count") != 0) {
    row(result.at("latency_of").get<std::string>() + ":", "");
    std::string percentiles;
    constexpr std::pair<const char*, const char*> shown[] = {
        {"p50", "p50 "}, {"p90", "p90 "}, {"p99", "p99 "}, {"p99_9", "p99.9 "}, {"max", "max "}};
    for (const auto& [key, name] : shown) {
      percentiles += (percentiles.empty() ? "" : ", ") + std::string{name} +
                     microseconds(latency.at(key).get<double>());
    }
    text += "    " + percentiles + "\n";
  }
  for (const auto& [name, value] : result.at("figures").items()) row(name, spread_text(value, ""));
  return text;
}

std::string suite_lines(const json& rows) {
  std::string text;
  for (const auto& row : rows) {
    text += pad(row.at("what").get<std::string>(), 42) +
            pad_left(number(row.at("value").get<double>()), 10) + " " +
            row.at("unit").get<std::string>() + "\n";
    for (const auto& each : row.value("references", json::array())) {
      text += "  " + pad(each.at("name").get<std::string>(), 46) + " " +
              pad_left(number(each.at("value").get<double>()), 10) + "   share " +
              number(each.value("share", 0.0)) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string bench_table(const json& document) {
  std::string text = machine_line(document);
  for (const auto& each : document.at("results")) text += "\n" + result_lines(each);
  if (document.contains("table")) text += "\n" + suite_lines(document.at("table"));
  return text;
}

std::string bench_changes(const bench::comparison& all) {
  std::string text, workload;
  for (const auto& each : all.changes) {
    if (each.workload != workload) text += printable(workload = each.workload) + "\n";
    const char* const verdict = each.what == bench::verdict::worse    ? "worse"
                                : each.what == bench::verdict::better ? "better"
                                                                      : "within the noise";
    std::string change = number(std::round(each.percent * 10) / 10) + " %";
    if (each.percent > 0) change.insert(0, "+");
    text += "  " + pad(each.figure, 18) + pad_left(number(each.before), 12) + " -> " +
            pad_left(number(each.after), 12) + pad_left(change, 10) + "  " + verdict + "\n";
  }
  return text;
}

}  // namespace pawl::cli
