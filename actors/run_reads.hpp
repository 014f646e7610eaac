#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "actors/child_end.hpp"
#include "actors/engine_context.hpp"
#include "actors/parked_states.hpp"
#include "flow/machine/delta.hpp"
#include "persistence/store.hpp"

/// What a run's actor reads from the store. The functions wait for the disk and compile flows, so
/// they are called as jobs of the loader.
namespace pawl::actors {

/// What decides which entries of the indexes concern a run.
struct family_question {
  std::optional<run_id> parent;
  bool starts_runs = false;  ///< its flow has subflows

  [[nodiscard]] bool has_family() const noexcept { return parent || starts_runs; }
};
[[nodiscard]] family_question family_of(const flow::run_state& run,
                                        const flow::compiled_flow& compiled);

/// What happened to the parent and the children of a run and was not handled by the run.
struct family_news {
  /// The parent does not wait for the run now: what becomes of it. `child` is not set.
  std::optional<flow::abandoned_child> orphaned;
  bool has_end_notice = false;    ///< the end of this run, for its parent, is in the index
  bool parent_has_ended = false;  ///< completed or cancelled
  std::vector<run_id> ended;      ///< children
  std::vector<run_id> resumed;    ///< children
};
/// What cannot be read is logged and left out.
[[nodiscard]] family_news read_family(const engine_context& context, const persistence::view& now,
                                      const run_key& key, const family_question& of);

/// A run as it is in the store, and the news of its family from the same time.
struct stored_run {
  run_in_memory run;
  family_news family;
};
/// Returns nothing if the run does not exist. Errors: as `load_run` and `flow_cache::get`.
[[nodiscard]] result<std::optional<stored_run>> read_run(engine_context& context,
                                                         const persistence::view& now,
                                                         const run_key& key);

/// What the index of orphaned runs says of a run. What cannot be read is logged and left out.
[[nodiscard]] std::optional<flow::abandoned_child> read_orphan(const engine_context& context,
                                                               const persistence::view& now,
                                                               const run_key& key);

/// How a run has ended. Nothing if it has not.
[[nodiscard]] std::optional<child_end> read_child_end(const persistence::view& now,
                                                      const run_key& child);

/// Error: the run cannot be retried, because its parent no longer waits for it.
[[nodiscard]] result<void> check_parent_waits(engine_context& context, const persistence::view& now,
                                              const run_key& key, const run_id& parent);

}  // namespace pawl::actors
