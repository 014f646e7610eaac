#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pawl/ids.hpp>

#include "actors/ended_run.hpp"
#include "actors/lease_table.hpp"
#include "actors/reply.hpp"

namespace pawl::actors {

using wait_id = std::uint64_t;

/// A caller that waits for the end of a run.
struct waiting_call {
  run_key run;
  std::optional<steady_time> deadline;
  reply<ended_run> answer;
  std::optional<std::stop_callback<std::function<void()>>> withdrawal = {};
};

/// The waits that were not answered, by run, by deadline and by id. The cost of a call depends on
/// what it returns, not on the number of waits. Not safe for concurrent use.
class wait_table {
 public:
  /// Adds a wait. `on_withdrawn` is called with its id on the thread that requests the stop, if
  /// one is requested before the wait is taken.
  void add(const run_key& run, std::optional<steady_time> deadline, reply<ended_run> answer,
           std::stop_token withdrawn = {}, std::function<void(wait_id)> on_withdrawn = {});

  [[nodiscard]] bool has(const run_key& run) const { return by_run_.contains(run); }
  [[nodiscard]] std::size_t size() const noexcept { return waits_.size(); }
  [[nodiscard]] std::optional<steady_time> next_deadline() const;

  // Each removes what it returns; the caller answers.

  /// Nothing if the wait is over.
  [[nodiscard]] std::optional<std::pair<run_id, reply<ended_run>>> take(wait_id id);
  /// The waits for a run, oldest first.
  [[nodiscard]] std::vector<reply<ended_run>> take(const run_key& run);
  /// The waits whose deadlines have passed.
  [[nodiscard]] std::vector<std::pair<run_id, reply<ended_run>>> take_passed(steady_time now);
  /// Drops all waits, which answers them `unavailable`.
  void clear();

 private:
  [[nodiscard]] waiting_call remove(wait_id id);

  std::unordered_map<wait_id, waiting_call> waits_;
  std::unordered_map<run_key, std::set<wait_id>> by_run_;
  std::set<std::pair<steady_time, wait_id>> deadlines_;
  wait_id last_ = 0;
};

}  // namespace pawl::actors
