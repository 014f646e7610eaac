#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/events.hpp>
#include <pawl/flows.hpp>
#include <pawl/functions.hpp>
#include <pawl/runs.hpp>
#include <pawl/workers.hpp>

namespace pawl {

class scope_jobs;  // <pawl/jobs.hpp>

/// One scope (namespace, tenant) of an engine: flows, runs, workers and events of its own. Nothing
/// of another scope is visible here. A handle: cheap to copy, safe for concurrent use, and valid
/// after the engine has stopped (every call then fails with `unavailable`).
///
/// The most common calls are here too; each does what the call of the same name in `flows()` or
/// `runs()` does. Every call that blocks has an asynchronous version there, named `…_async`.
class scope {
 public:
  explicit scope(detail::scope_ref at) : at_(std::move(at)) {}

  [[nodiscard]] const scope_name& name() const noexcept { return at_.name; }

  [[nodiscard]] scope_flows flows() const { return scope_flows{at_}; }
  [[nodiscard]] scope_runs runs() const { return scope_runs{at_}; }
  [[nodiscard]] scope_workers workers() const { return scope_workers{at_}; }
  [[nodiscard]] scope_events events() const { return scope_events{at_}; }
  /// Commands to all runs that fit a filter.
  [[nodiscard]] scope_jobs jobs() const;
  [[nodiscard]] scope_functions functions() const;

  /// For handles of other headers, such as <pawl/flow_numbers.hpp>.
  [[nodiscard]] const detail::scope_ref& ref() const noexcept { return at_; }

  result<flow_stored> put_flow(const json& definition, put_flow_options options = {}) const {
    return flows().put(definition, options);
  }
  result<run_started> start(std::string_view flow, const json& input = json::object(),
                            start_options options = {}) const {
    return runs().start(flow, input, std::move(options));
  }
  result<run_view> wait(const run_id& id, std::chrono::milliseconds timeout) const {
    return runs().wait(id, timeout);
  }
  result<run_view> start_and_wait(std::string_view flow, const json& input,
                                  std::chrono::milliseconds timeout,
                                  start_options options = {}) const {
    return runs().start_and_wait(flow, input, timeout, std::move(options));
  }
  [[nodiscard]] result<run_view> get(const run_id& id) const { return runs().get(id); }
  result<run_changed> signal(const run_id& id, std::string type, json payload = nullptr,
                             signal_options options = {}) const {
    return runs().signal(id, std::move(type), std::move(payload), std::move(options));
  }

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
