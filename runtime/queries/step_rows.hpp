#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <pawl/run_history.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/delta.hpp"
#include "flow/machine/state.hpp"

namespace pawl {

/// Makes the steps of a run from its checkpoints, in the order in which they started. Not
/// thread-safe.
class step_rows {
 public:
  /// `flow` must outlive it. `node`: of the steps to make; none: all.
  step_rows(const flow::compiled_flow& flow, std::optional<flow::node_index> node)
      : flow_(flow), node_(node) {}

  /// Whether a step starts with an event of a checkpoint.
  [[nodiscard]] bool starts(const flow::delta& checkpoint, const flow::event& e) const;
  /// Adds the next checkpoint. `may_start` false: only the steps that are known are continued.
  void add(const flow::delta& checkpoint, bool may_start);
  /// Whether a step has no end so far.
  [[nodiscard]] bool has_open() const noexcept { return !open_.empty(); }
  /// Completes the steps that have not ended in a state of the run, which is not older than the
  /// last checkpoint that was added. The rest have ended since.
  void complete_from(const flow::run_state& run);
  /// Ends the steps without an end, after all checkpoints.
  void abandon_open();

  [[nodiscard]] std::vector<run_step> take() { return std::move(steps_); }

 private:
  using step_key = std::tuple<flow::node_index, std::uint32_t, std::uint32_t>;
  struct open_step {
    std::size_t place = 0;                ///< in `steps_`
    std::optional<time_point> asked;      ///< when its function asked a question
    std::optional<std::string> in_doubt;  ///< what leaves the doubt, if it is in doubt
  };

  void start(const flow::delta& checkpoint, const flow::event& e);
  void update(const flow::delta& checkpoint, const flow::event& e);
  /// Ends the attempt before the one that starts.
  void end_attempt_before(const flow::delta& checkpoint, const flow::event& e);
  void end(const step_key& of, const char* status, time_point at, std::uint64_t checkpoint);
  void fail(const step_key& of, const flow::delta& checkpoint, const flow::event& e);

  const flow::compiled_flow& flow_;
  const std::optional<flow::node_index> node_;
  std::vector<run_step> steps_;
  std::map<step_key, open_step> open_;
};

}  // namespace pawl
