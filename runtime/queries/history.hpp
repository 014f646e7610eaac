#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <pawl/run.hpp>
#include <pawl/run_history.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/delta.hpp"
#include "runtime/queries/read_budget.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {

/// Maximum number of checkpoints that a query goes through for one page, whether they fit or not.
inline constexpr std::size_t max_checkpoints_per_page = 20'000;

/// Returns the flow version of a run. Errors: `not_found`, those of the store.
[[nodiscard]] result<std::shared_ptr<const flow::compiled_flow>> flow_of_run(const reading& r,
                                                                             const run_key& key);

/// Returns the index of a node that a query names. Error: `invalid_argument`.
[[nodiscard]] result<flow::node_index> find_node(const flow::compiled_flow& flow,
                                                 const std::string& name);

/// Returns the events of one checkpoint. Errors: `not_found` (the run), `corrupt`, `io_failed`.
[[nodiscard]] result<std::vector<history_event>> read_checkpoint(const reading& r,
                                                                 const run_key& key,
                                                                 std::uint64_t sequence);

/// The event "damaged", which stands for those of a checkpoint that cannot be read. `at`: the time
/// of the event before it.
[[nodiscard]] history_event damaged_event(std::uint64_t checkpoint, time_point at,
                                          const error& why);

/// Reads a page of the history of a run; see `read_to_end`. A damaged checkpoint is an event of the
/// page, whatever the options select. Errors: `invalid_argument`, `not_found`, `unavailable`, those
/// of the store. The core must outlive it. Not thread-safe.
class history_query {
 public:
  /// `max_bytes`: the size after which the page ends.
  history_query(const engine_core& core, run_key key, history_options options,
                std::size_t max_bytes);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] history_page take() { return std::move(page_); }

 private:
  /// What the options select, in the terms of a flow.
  struct selection {
    bool all_kinds = true;
    std::vector<flow::event_kind> kinds;  ///< unless `all_kinds`
    std::optional<flow::node_index> node;

    [[nodiscard]] bool selects_all() const noexcept { return all_kinds && !node; }
    [[nodiscard]] bool fits(const flow::event& e) const;
  };

  [[nodiscard]] result<selection> read_selection(const flow::compiled_flow& flow) const;
  [[nodiscard]] bool is_full() const noexcept;
  result<void> add(const reading& r, const flow::compiled_flow& flow, const selection& wanted,
                   const flow::delta& checkpoint);
  void add_damaged(std::uint64_t checkpoint, const error& why);
  /// The event that created the run, with what the run was started with.
  result<void> add_input(const reading& r, const flow::compiled_flow& flow, json& detail) const;

  const engine_core& core_;
  run_key key_;
  history_options options_;
  std::uint64_t next_;  ///< the checkpoint to read next
  std::size_t left_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::size_t checkpoints_ = 0;
  history_page page_;
};

/// Reads events of any size, oldest first.
class history_list_query : public history_query {
 public:
  history_list_query(const engine_core& core, run_key key, std::uint64_t first, std::size_t limit)
      : history_query(core, std::move(key), {first, limit},
                      std::numeric_limits<std::size_t>::max()) {}
  [[nodiscard]] std::vector<history_event> take() { return history_query::take().events; }
};

}  // namespace pawl
