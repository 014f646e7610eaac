#include "server/api/parameters.hpp"

#include <algorithm>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>
#include <pawl/time.hpp>

#include "server/api/percent.hpp"
#include "server/whole_number.hpp"

namespace pawl::server {
namespace {

diagnostic parameter_diagnostic(std::string_view name, std::string code, std::string message) {
  return {severity::error, "?" + std::string{name}, std::move(code), std::move(message)};
}

void refuse_value(std::vector<diagnostic>& diagnostics, std::string_view name,
                  const std::string& given, const std::string& allowed) {
  diagnostics.push_back(parameter_diagnostic(name, "invalid_parameter",
                                             "the parameter " + std::string{name} + " must be " +
                                                 allowed + ", not " + pawl::quoted(given)));
}

std::string unknown_parameter(std::string_view name, std::span<const std::string_view> known) {
  std::string message = "unknown parameter " + pawl::quoted(name);
  if (known.empty()) return message + "; this endpoint has no parameters";
  const std::vector<std::string_view> names(known.begin(), known.end());
  if (const auto meant = nearest(name, names))
    return message + "; did you mean " + pawl::quoted(*meant) + "?";
  message += ". Allowed: ";
  for (std::size_t i = 0; i < known.size(); ++i)
    message += (i == 0 ? "" : ", ") + std::string{known[i]};
  return message;
}

}  // namespace

result<parameters> parameters::parse(std::string_view query,
                                     std::span<const std::string_view> known, bool lenient) {
  parameters read;
  std::vector<diagnostic> diagnostics;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = query_decoded(pair.substr(0, equals));
    const auto value = query_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) {
      diagnostics.push_back(parameter_diagnostic(
          "", "bad_encoding", "invalid percent-encoding in the query: " + pawl::quoted(pair)));
    } else if (std::find(known.begin(), known.end(), *name) == known.end()) {
      if (lenient) continue;
      diagnostics.push_back(parameter_diagnostic(pawl::quoted(*name), "unknown_parameter",
                                                 unknown_parameter(*name, known)));
    } else if (!read.values_.emplace(*name, *value).second) {
      diagnostics.push_back(parameter_diagnostic(*name, "repeated_parameter",
                                                 "the parameter " + *name + " is given twice"));
    }
  }
  if (diagnostics.empty()) return read;
  const std::string first = diagnostics.front().message;
  return error{errc::invalid_argument, first, {}, std::move(diagnostics)};
}

const std::string* parameters::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::string parameters::text(std::string_view name) const {
  const std::string* const given = find(name);
  return given == nullptr ? std::string{} : *given;
}

std::vector<std::string> parameters::words(std::string_view name) const {
  const std::string* const given = find(name);
  std::string_view text = given == nullptr ? std::string_view{} : *given;
  std::vector<std::string> all;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    if (!word.empty()) all.emplace_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return all;
}

std::uint64_t parameters::number(std::string_view name, std::uint64_t otherwise,
                                 std::uint64_t least, std::uint64_t most,
                                 std::vector<diagnostic>& diagnostics) const {
  const std::string* const given = find(name);
  if (given == nullptr) return otherwise;
  if (const auto value = whole_number(*given); value && *value >= least && *value <= most)
    return *value;
  refuse_value(diagnostics, name, *given,
               "a number from " + std::to_string(least) + " to " + std::to_string(most));
  return otherwise;
}

bool parameters::flag(std::string_view name, bool otherwise,
                      std::vector<diagnostic>& diagnostics) const {
  const std::string* const given = find(name);
  if (given == nullptr) return otherwise;
  if (*given != "true" && *given != "false")
    refuse_value(diagnostics, name, *given, "\"true\" or \"false\"");
  return *given == "true";
}

std::optional<std::chrono::milliseconds> parameters::duration(
    std::string_view name, std::chrono::milliseconds most, std::vector<diagnostic>& diagnostics,
    std::chrono::milliseconds least) const {
  const std::string* const given = find(name);
  if (given == nullptr) return std::nullopt;
  const auto parsed = parse_duration(*given);
  if (parsed && *parsed >= least && *parsed <= most) return *parsed;
  std::string allowed = "a duration such as 250ms, 10s or 1.5m, ";
  if (least.count() > 0) allowed += "at least " + std::to_string(least.count()) + "ms and ";
  refuse_value(diagnostics, name, *given,
               allowed + "at most " +
                   std::to_string(std::chrono::duration_cast<std::chrono::seconds>(most).count()) +
                   "s");
  return std::nullopt;
}

std::optional<pawl::version> parameters::version(std::string_view name,
                                                 std::vector<diagnostic>& diagnostics) const {
  const std::string* const given = find(name);
  if (given == nullptr) return std::nullopt;
  const auto parsed = parse_version(*given);
  if (parsed) return *parsed;
  refuse_value(diagnostics, name, *given, "a version such as 1.0.2");
  return std::nullopt;
}

std::optional<run_status> parameters::status(std::string_view name,
                                             std::vector<diagnostic>& diagnostics) const {
  const std::string* const given = find(name);
  if (given == nullptr) return std::nullopt;
  const auto parsed = parse_run_status(*given);
  if (!parsed) refuse_value(diagnostics, name, *given, "one of " + all_statuses());
  return parsed;
}

persistence::run_sorting parameters::order(std::string_view name,
                                           std::vector<diagnostic>& diagnostics) const {
  const std::string* const given = find(name);
  if (given == nullptr) return {};
  auto parsed = persistence::parse_run_sorting(*given);
  if (!parsed) refuse_value(diagnostics, name, *given, "one of " + persistence::all_run_orders());
  return std::move(parsed).value_or(persistence::run_sorting{});
}

std::string all_statuses() {
  std::string all;
  for (const auto each : all_run_statuses)
    all += (all.empty() ? "" : ", ") + std::string{to_string(each)};
  return all;
}

}  // namespace pawl::server
