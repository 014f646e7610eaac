#include "flow/definition/retry_policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 6> policy_keys = {
    "max_attempts", "initial_interval", "backoff", "max_interval", "jitter", "non_retryable"};
constexpr std::uint32_t default_attempts = 3;

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

}  // namespace

std::optional<std::chrono::milliseconds> retry_policy::next_wait(std::uint32_t tries,
                                                                 const error& why,
                                                                 double random) const {
  if (tries >= max_attempts || is_permanent(why)) return std::nullopt;
  if (std::find(non_retryable.begin(), non_retryable.end(), why.error_class()) !=
      non_retryable.end())
    return std::nullopt;
  const double longest = static_cast<double>(max_interval.count());
  // Bounded: 0 * infinity would be NaN.
  const double growth = std::min(std::pow(backoff, tries - 1.0), 1e15);
  const double capped = std::min(static_cast<double>(initial.count()) * growth, longest);
  const double varied = capped * (1 + jitter * (2 * random - 1));
  // What exceeds the maximum is mirrored below it, so that runs that reach it stay spread.
  const double wait = varied > longest ? 2 * longest - varied : varied;
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::llround(wait))};
}

retry_policy read_retry_policy(const data_reader& data) {
  retry_policy policy;
  const auto written = data.within("retry", policy_keys);
  if (!written) return policy;
  policy.max_attempts = written->count("max_attempts", 1, 1'000'000).value_or(default_attempts);
  policy.initial = written->duration("initial_interval").value_or(policy.initial);
  policy.backoff = written->number("backoff", 1, 100).value_or(policy.backoff);
  policy.max_interval = written->duration("max_interval").value_or(policy.max_interval);
  policy.jitter = written->number("jitter", 0, 1).value_or(policy.jitter);
  policy.non_retryable = written->texts("non_retryable");
  return policy;
}

}  // namespace pawl::flow
