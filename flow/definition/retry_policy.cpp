#include "flow/definition/retry_policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <pawl/detail/arguments.hpp>
#include <pawl/json.hpp>

#include "flow/nodes/node.hpp"

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

/// `waits` has the defaults.
retry_waits read_waits(const data_reader& from, retry_waits waits) {
  waits.max_attempts = from.count("max_attempts", 1, 1'000'000).value_or(waits.max_attempts);
  waits.initial = from.duration("initial_interval").value_or(waits.initial);
  waits.backoff = from.number("backoff", 1, 100).value_or(waits.backoff);
  // A default does not shorten the interval that is written.
  waits.max_interval =
      from.duration("max_interval").value_or(std::max(waits.max_interval, waits.initial));
  if (from.find("initial_interval") != nullptr && waits.max_interval < waits.initial) {
    from.fail("max_interval", "out_of_range",
              "\"max_interval\" is shorter than \"initial_interval\"");
  }
  waits.jitter = from.number("jitter", 0, 1).value_or(waits.jitter);
  waits.respect_retry_after = from.flag("respect_retry_after").value_or(waits.respect_retry_after);
  return waits;
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

std::optional<std::chrono::milliseconds> retry_policy::next_wait(
    std::uint32_t tries, std::vector<std::uint32_t>& failures_of, const error& why,
    double random) const {
  if (is_permanent(why) || is_one_of(why.error_class(), non_retryable)) return std::nullopt;
  if (on.empty()) return is_final_status(why) ? std::nullopt : waits.after(tries, why, random);
  const auto clause =
      std::find_if(on.begin(), on.end(), [&](const auto& c) { return c.fits(why); });
  if (clause == on.end()) return std::nullopt;
  failures_of.resize(on.size());
  const std::uint32_t failures = ++failures_of[static_cast<std::size_t>(clause - on.begin())];
  return clause->waits.after(failures, why, random);
}

retry_policy read_retry_policy(const data_reader& data) {
  retry_policy policy;
  const auto written = data.within("retry", policy_keys);
  if (!written) return policy;
  policy.waits.max_attempts = default_attempts;
  policy.waits = read_waits(*written, policy.waits);
  policy.non_retryable = written->texts("non_retryable");
  if (const json* const on = written->find("on"); on != nullptr && on->is_array() && on->empty())
    written->fail(
        "on", "out_of_range",
        "\"on\" must have at least one clause; to retry nothing, set \"max_attempts\": 1");
  for (const data_reader& clause : written->each_within("on", clause_keys)) {
    policy.on.push_back(
        {clause.text_or_texts("error"), read_statuses(clause), read_waits(clause, policy.waits)});
  }
  return policy;
}

}  // namespace pawl::flow
