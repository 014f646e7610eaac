#pragma once

#include <cstddef>
#include <vector>

#include <pawl/explanation.hpp>

#include "flow/analysis/explain.hpp"
#include "runtime/queries/read_budget.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {

class engine_core;
struct worker_overview;

/// Reads why a run, and the subflows that it waits for, do not move: from their last checkpoints
/// and the calls of the engine, one run a turn; see `read_to_end`. What workers do is added later,
/// by `add_workers`. Errors: `not_found`, `unavailable`, those of the store. The core must outlive
/// it. Not thread-safe.
class explain_query {
 public:
  static constexpr std::size_t max_reasons = 100;  ///< of each run
  static constexpr std::size_t max_subflows = 20;
  static constexpr std::size_t max_depth = 8;
  static constexpr std::size_t max_checkpoints = 1'000;  ///< read back for the begin of waits
  static constexpr std::size_t max_ahead = 1'000;        ///< tasks counted before one in its queue

  explain_query(const engine_core& core, run_key key);

  [[nodiscard]] result<bool> read(read_budget& turn);
  /// The explanation without its sentences.
  [[nodiscard]] run_explanation take() { return std::move(made_); }

 private:
  struct place {
    run_key run;
    std::size_t depth = 0;
  };

  /// Explains one run. None: there is no such run.
  [[nodiscard]] result<std::optional<run_reasons>> explain(const reading& r, const place& at);
  [[nodiscard]] static run_reasons quarantined(run_summary run);
  /// Adds what the history says about the reasons.
  [[nodiscard]] static result<void> read_history(const reading& r, const run_key& key,
                                                 std::vector<flow::found_reason>& reasons);
  /// Adds how far the call of a token is in the executor.
  static void add_call(const reading& r, const flow::run_state& run, flow::found_reason& of);
  /// Adds how many tasks are before one in its queue.
  [[nodiscard]] static result<void> add_task(const reading& r, const flow::run_state& run,
                                             flow::found_reason& of);

  const engine_core& core_;
  std::vector<place> left_;
  bool begun_ = false;
  run_explanation made_;
};

/// Whether a reason depends on the workers of the scope.
[[nodiscard]] bool waits_for_workers(const run_explanation& of) noexcept;
/// Adds which workers ask for the tasks that the runs wait for.
void add_workers(run_explanation& to, const worker_overview& workers);
/// Writes the sentences.
void add_sentences(run_explanation& to);

}  // namespace pawl
