#pragma once

#include <unordered_map>

#include <pawl/run.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/delta.hpp"
#include "flow/machine/run_input.hpp"

namespace pawl::persistence {

/// Gives the runs of one family other ids, or another scope. The id of a run that another has
/// started follows from that of its parent, so it changes with it. Not thread-safe.
class renaming {
 public:
  /// Names for a family whose root is `from` and becomes `to`.
  renaming(run_key from, run_key to);

  /// Whether nothing changes.
  [[nodiscard]] bool is_none() const noexcept { return from_ == to_; }
  /// The new name of a run of the family; that of any other run is kept.
  [[nodiscard]] run_id of(const run_id& id) const;

  /// Each changes what a run of the family has stored. `run`: its id before. A parent comes before
  /// the runs that it has started.
  void apply(flow::run_input& input) const;
  void apply(flow::run_state& state, const flow::compiled_flow& flow);
  void apply(flow::delta& change, const run_id& run, const flow::compiled_flow& flow);

 private:
  void rename_child(flow::token& t, const run_id& run, const flow::compiled_flow& flow);

  run_key from_, to_;
  std::unordered_map<run_id, run_id> names_;
};

}  // namespace pawl::persistence
