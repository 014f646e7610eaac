#include "flow/definition/retry_policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <pawl/assert.hpp>
#include <pawl/code_ref.hpp>
#include <pawl/detail/arguments.hpp>
#include <pawl/json.hpp>

#include "flow/machine/variables.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/duration.hpp"
#include "flow/values/error_text.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 8> policy_keys = {
    "max_attempts", "initial_interval",    "backoff", "max_interval",
    "jitter",       "respect_retry_after", "on",      "non_retryable"};
constexpr std::array<std::string_view, 8> clause_keys = {
    "error",   "status",       "max_attempts", "initial_interval",
    "backoff", "max_interval", "jitter",       "respect_retry_after"};
constexpr std::uint32_t default_attempts = 3;
constexpr std::chrono::hours longest_retry_after{24};

/// Errors of functions that another call with the same arguments by the same process cannot change.
constexpr std::array<std::string_view, 3> permanent_types = {
    "invalid_arguments", "exec_not_allowed", "http_not_allowed"};

/// Whether every further attempt would fail the same way. The engine itself refuses a call of an
/// unknown function, or a child run of an unknown flow, with invalid input or nested too deep.
bool is_permanent(const error& why) {
  switch (why.code) {
    case errc::not_found:
    case errc::invalid_argument:
    case errc::limit_exceeded:
      return true;
    case errc::function_failed:
      return std::find(permanent_types.begin(), permanent_types.end(), why.error_class()) !=
             permanent_types.end();
    default:
      return false;
  }
}

/// A member of the details of an error; null if there is none.
const json* detail_of(const error& why, const char* name) {
  if (!why.details || !why.details->is_object()) return nullptr;
  const auto found = why.details->find(name);
  return found == why.details->end() ? nullptr : &*found;
}

/// The status of an HTTP response; 0 if the error has none.
int status_of(const error& why) {
  const json* const status = detail_of(why, "status");
  return status == nullptr ? 0 : detail::exact_integer<int>(*status).value_or(0);
}

/// Whether a server has refused a request for a reason that does not pass: a client error (RFC
/// 9110, 15.5) other than "request timeout", "too early" and "too many requests".
bool is_final_status(const error& why) {
  const int status = status_of(why);
  return why.error_class() == "http_status" && status >= 400 && status < 500 && status != 408 &&
         status != 425 && status != 429;
}

bool is_one_of(std::string_view type, const std::vector<std::string>& types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

constexpr std::uint32_t most_attempts = 1'000'000;
constexpr double most_backoff = 100;

std::optional<double> number_in(const json& value, double least, double most) {
  if (!value.is_number()) return std::nullopt;
  const auto number = value.get<double>();
  return number >= least && number <= most ? std::optional{number} : std::nullopt;
}

std::optional<double> milliseconds_in(const json& value) {
  const auto length = duration_of(value);
  return length ? std::optional{static_cast<double>(length->count())} : std::nullopt;
}

std::chrono::milliseconds to_milliseconds(double number) {
  return std::chrono::milliseconds{static_cast<std::int64_t>(number)};
}

/// A number of the waits that a rule can compute.
struct wait_setting {
  std::string_view key;
  std::optional<double> (*read)(const json& value);
  const char* form;  ///< what it must be
  void (*set)(retry_waits& waits, double number);
};

constexpr std::array<wait_setting, 5> wait_settings{{
    {"max_attempts",
     [](const json& value) {
       const auto count = number_in(value, 1, most_attempts);
       return count && *count == std::floor(*count) ? count : std::nullopt;
     },
     "must be a whole number from 1 to 1000000",
     [](retry_waits& waits, double n) { waits.max_attempts = static_cast<std::uint32_t>(n); }},
    {"initial_interval", milliseconds_in, "must be a duration",
     [](retry_waits& waits, double n) { waits.initial = to_milliseconds(n); }},
    {"backoff", [](const json& value) { return number_in(value, 1, most_backoff); },
     "must be a number from 1 to 100", [](retry_waits& waits, double n) { waits.backoff = n; }},
    {"max_interval", milliseconds_in, "must be a duration",
     [](retry_waits& waits, double n) { waits.max_interval = to_milliseconds(n); }},
    {"jitter", [](const json& value) { return number_in(value, 0, 1); },
     "must be a number from 0 to 1", [](retry_waits& waits, double n) { waits.jitter = n; }},
}};

/// Whether a number is computed. Otherwise it is absent or read as a literal.
bool is_computed(const data_reader& from, std::string_view key) {
  const json* const written = from.find(key);
  return written != nullptr && written->is_object();
}

/// Reads the literal numbers. `waits` has the defaults.
retry_waits read_waits(const data_reader& from, retry_waits waits) {
  const auto is_literal = [&](std::string_view key) { return !is_computed(from, key); };
  if (is_literal("max_attempts"))
    waits.max_attempts = from.count("max_attempts", 1, most_attempts).value_or(waits.max_attempts);
  if (is_literal("initial_interval"))
    waits.initial = from.duration("initial_interval").value_or(waits.initial);
  if (is_literal("backoff"))
    waits.backoff = from.number("backoff", 1, most_backoff).value_or(waits.backoff);
  waits.keeps_max_interval = from.find("max_interval") != nullptr;
  // A default does not shorten the interval that is written.
  if (!waits.keeps_max_interval) waits.max_interval = std::max(waits.max_interval, waits.initial);
  if (is_literal("max_interval")) {
    waits.max_interval = from.duration("max_interval").value_or(waits.max_interval);
    const bool has_initial = from.find("initial_interval") != nullptr;
    if (has_initial && is_literal("initial_interval") && waits.max_interval < waits.initial) {
      from.fail("max_interval", "out_of_range",
                "\"max_interval\" is shorter than \"initial_interval\"");
    }
  }
  if (is_literal("jitter")) waits.jitter = from.number("jitter", 0, 1).value_or(waits.jitter);
  waits.respect_retry_after = from.flag("respect_retry_after").value_or(waits.respect_retry_after);
  return waits;
}

/// Reads the rules of a place, as in `computed_wait`. A clause does not take over the rules of the
/// policy in place of which it has numbers or rules of its own.
void read_rules(const data_reader& from, std::size_t place, std::vector<computed_wait>& computed) {
  for (auto& known : computed)
    if (known.places.front() == 0 && from.find(wait_settings[known.setting].key) == nullptr)
      known.places.push_back(place);
  for (std::size_t i = 0; i < wait_settings.size(); ++i) {
    if (!is_computed(from, wait_settings[i].key)) continue;
    if (auto rule = from.condition(wait_settings[i].key, true))
      computed.push_back({*std::move(rule), i, {place}});
  }
}

std::vector<http_syntax::status_range> read_statuses(const data_reader& from) {
  std::vector<http_syntax::status_range> read;
  const json* const given = from.find("status");
  if (given == nullptr) return read;
  const json listed = given->is_array() ? *given : json::array({*given});
  for (const auto& item : listed) {
    if (const auto range = http_syntax::read_status(item)) {
      read.push_back(*range);
    } else {
      from.fail("status", "out_of_range",
                "\"status\" must be a status code from 100 to 599, a class such as \"5xx\", or an "
                "array of these");
    }
  }
  return read;
}

/// Whether every error that the later clause fits also fits the earlier one, which then takes it.
bool takes_all_of(const retry_clause& earlier, const retry_clause& later) {
  const auto has_type = [&](const auto& type) { return is_one_of(type, earlier.types); };
  const bool takes_types =
      earlier.types.empty() ||
      (!later.types.empty() && std::all_of(later.types.begin(), later.types.end(), has_type));
  const auto has_status = [&](const auto& range) {
    return std::any_of(earlier.statuses.begin(), earlier.statuses.end(), [&](const auto& other) {
      return other.first <= range.first && range.last <= other.last;
    });
  };
  const bool takes_statuses =
      earlier.statuses.empty() ||
      (!later.statuses.empty() &&
       std::all_of(later.statuses.begin(), later.statuses.end(), has_status));
  return takes_types && takes_statuses;
}

/// Warns if the last clause is never reached.
void warn_of_dead_clause(const data_reader& policy, const std::vector<retry_clause>& clauses) {
  const auto taken = std::find_if(clauses.begin(), clauses.end() - 1, [&](const auto& earlier) {
    return takes_all_of(earlier, clauses.back());
  });
  if (taken == clauses.end() - 1) return;
  policy.warn(policy.pointer("on") + "/" + std::to_string(clauses.size() - 1), "dead_clause",
              "this clause is never used: clause " + std::to_string(taken - clauses.begin()) +
                  ", before it, fits all its errors; put the one that fits fewer errors first");
}

}  // namespace

std::optional<std::chrono::milliseconds> retry_waits::after(std::uint32_t tries, const error& why,
                                                            double random) const {
  if (tries >= max_attempts) return std::nullopt;
  const double longest = static_cast<double>(max_interval.count());
  // Bounded: 0 * infinity would be NaN.
  const double growth = std::min(std::pow(backoff, tries - 1.0), 1e15);
  const double capped = std::min(static_cast<double>(initial.count()) * growth, longest);
  const double varied = capped * (1 + jitter * (2 * random - 1));
  // What exceeds the maximum is mirrored below it, so that runs that reach it stay spread.
  const double wait = varied > longest ? 2 * longest - varied : varied;
  const std::chrono::milliseconds own{static_cast<std::int64_t>(std::llround(wait))};
  const json* const wanted = respect_retry_after ? detail_of(why, "retry_after") : nullptr;
  if (wanted == nullptr || !wanted->is_number()) return own;
  const double most = std::chrono::duration<double>(longest_retry_after).count();
  const double seconds = std::clamp(wanted->get<double>(), 0.0, most);
  return std::max(own, std::chrono::milliseconds{std::llround(seconds * 1'000)});
}

bool retry_clause::fits(const error& why) const {
  if (!types.empty() && !is_one_of(why.error_class(), types)) return false;
  const int status = status_of(why);
  return statuses.empty() || std::any_of(statuses.begin(), statuses.end(), [&](const auto& r) {
           return status >= r.first && status <= r.last;
         });
}

result<std::vector<double>> retry_policy::compute(const run_state& run, const token& t,
                                                  const std::string& node) const {
  std::vector<double> numbers;
  if (computed.empty()) return numbers;
  const rule_variables variables{run, t, node};
  for (const auto& each : computed) {
    const auto value = each.rule.evaluate(variables.get());
    if (!value) return value.error();
    const wait_setting& setting = wait_settings[each.setting];
    const auto number = setting.read(*value);
    if (!number) {
      return error{errc::invalid_argument, pawl::quoted(setting.key) + " of \"retry\" " +
                                               setting.form + ", but its rule returned " +
                                               value_text(*value)};
    }
    numbers.push_back(*number);
  }
  return numbers;
}

retry_waits retry_policy::waits_at(std::size_t place, const std::vector<double>& numbers) const {
  retry_waits made = place == 0 ? waits : on[place - 1].waits;
  PAWL_ASSERT_RUN(numbers.size() == computed.size(), "a visit has computed its retry policy");
  for (std::size_t i = 0; i < computed.size(); ++i) {
    const auto& places = computed[i].places;
    if (std::find(places.begin(), places.end(), place) != places.end())
      wait_settings[computed[i].setting].set(made, numbers[i]);
  }
  if (!made.keeps_max_interval) made.max_interval = std::max(made.max_interval, made.initial);
  return made;
}

std::optional<std::chrono::milliseconds> retry_policy::next_wait(
    std::uint32_t tries, std::vector<std::uint32_t>& failures_of,
    const std::vector<double>& numbers, const error& why, double random) const {
  if (is_permanent(why) || is_one_of(why.error_class(), non_retryable)) return std::nullopt;
  if (on.empty()) {
    if (is_final_status(why)) return std::nullopt;
    return waits_at(0, numbers).after(tries, why, random);
  }
  const auto clause =
      std::find_if(on.begin(), on.end(), [&](const auto& c) { return c.fits(why); });
  if (clause == on.end()) return std::nullopt;
  failures_of.resize(on.size());
  const auto place = static_cast<std::size_t>(clause - on.begin());
  const std::uint32_t failures = ++failures_of[place];
  return waits_at(place + 1, numbers).after(failures, why, random);
}

retry_policy read_retry_policy(const data_reader& data) {
  retry_policy policy;
  const auto written = data.within("retry", policy_keys);
  if (!written) return policy;
  policy.waits.max_attempts = default_attempts;
  policy.waits = read_waits(*written, policy.waits);
  read_rules(*written, 0, policy.computed);
  policy.non_retryable = written->texts("non_retryable");
  if (const json* const on = written->find("on"); on != nullptr && on->is_array() && on->empty())
    written->fail(
        "on", "out_of_range",
        "\"on\" must have at least one clause; to retry nothing, set \"max_attempts\": 1");
  for (const data_reader& clause : written->each_within("on", clause_keys)) {
    policy.on.push_back(
        {clause.text_or_texts("error"), read_statuses(clause), read_waits(clause, policy.waits)});
    read_rules(clause, policy.on.size(), policy.computed);
    warn_of_dead_clause(*written, policy.on);
  }
  return policy;
}

}  // namespace pawl::flow
