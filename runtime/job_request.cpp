#include "runtime/job_request.hpp"

#include <algorithm>
#include <string>

#include <pawl/detail/utf8.hpp>

#include "flow/machine/machine.hpp"
#include "flow/values/json_size.hpp"
#include "flow/values/value_check.hpp"
#include "persistence/query/run_query.hpp"

namespace pawl {
namespace {

constexpr std::size_t max_job_reason_bytes = 3'840;  // the id of the job is added
constexpr std::size_t max_job_starter_bytes = 256;
constexpr std::uint64_t max_job_payload_bytes = 64u << 10;
constexpr std::uint32_t max_job_rate = 100'000;

result<void> check_text(const std::string& text, std::size_t most, const char* what) {
  if (text.size() <= most && detail::valid_utf8_prefix(text) == text.size()) return {};
  return error{errc::invalid_argument, std::string{what} + " of a job is UTF-8 text of at most " +
                                           std::to_string(most) + " bytes"};
}

result<void> check_job_filter(const job_request& what, time_point now) {
  const auto query =
      persistence::parse_run_query(what.filter, now, persistence::max_job_filter_bytes);
  if (!query) return query.error();
  if (!query->terms.empty()) return {};
  return error{errc::invalid_argument,
               "the filter has no condition, so it would select all runs; name at least one"};
}

result<void> check_job_signal(const job_request& what, const settings& s) {
  if (what.command != job_command::signal) {
    if (what.signal.empty() && what.payload.is_null()) return {};
    return error{errc::invalid_argument,
                 "only a job that signals has a signal and a payload, not one that does " +
                     std::string{to_string(what.command)}};
  }
  if (auto good = flow::check_signal_type(what.signal); !good) return good;
  if (auto good = flow::check_value(what.payload, "the payload of the signal"); !good) return good;
  const std::uint64_t most = std::min(max_job_payload_bytes, s.run.max_signal_bytes);
  const std::uint64_t bytes = flow::json_size(what.payload);
  if (bytes <= most) return {};
  return error{errc::limit_exceeded, "the payload has about " + std::to_string(bytes) +
                                         " bytes; that of a job has at most " +
                                         std::to_string(most)};
}

}  // namespace

result<void> check_job_request(const job_request& what, const settings& s, time_point now) {
  if (auto good = check_job_filter(what, now); !good) return good;
  if (auto good = check_job_signal(what, s); !good) return good;
  if (auto good = check_text(what.reason, max_job_reason_bytes, "the reason"); !good) return good;
  if (auto good = check_text(what.by, max_job_starter_bytes, "the starter"); !good) return good;
  const bool has_reason =
      what.command != job_command::signal && what.command != job_command::remove;
  if (!has_reason && !what.reason.empty()) {
    return error{errc::invalid_argument, "a job that does " + std::string{to_string(what.command)} +
                                             " has no reason: no history would have it"};
  }
  if (what.rate <= max_job_rate) return {};
  return error{errc::invalid_argument, "the rate of a job is 0 (no limit) or 1 to " +
                                           std::to_string(max_job_rate) + " runs per second"};
}

}  // namespace pawl
