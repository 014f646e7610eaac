#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/state.hpp"
#include "persistence/store.hpp"
#include "persistence/transfer/transfer_lines.hpp"

namespace pawl::persistence {

/// Adds what the indexes and counters have of a run in this state, and its record: with it the run
/// exists. Not its records in `column::checkpoints`.
void add_indexes(batch& to, const flow::run_state& run, const flow::compiled_flow& flow,
                 const run_marks& marks);

/// Adds families of runs to a store that nothing else writes to. Small families are written
/// together, a large one in parts; each becomes visible as a whole. The parts of a family that is
/// not complete carry the marks of a deletion, so `finish_removals` deletes them after a crash. Not
/// thread-safe.
class family_writer {
 public:
  /// Size of a write in bytes, at which the next one begins.
  static constexpr std::size_t max_bytes = std::size_t{4} << 20;

  explicit family_writer(store& to) : to_(to) {}

  /// Whether the run exists, or is about to be written. Errors: those of `view::get`.
  [[nodiscard]] result<bool> has(const run_key& key) const;

  /// Whether the scope has a blob. Errors: those of `view::get`.
  [[nodiscard]] result<bool> has_blob(const scope_name& in, const std::string& hash) const;

  /// Begins a further run of the family.
  void begin_run(const run_key& key);
  /// Adds a record of the run to `column::checkpoints`. Errors: as `store::write`.
  result<void> add_record(std::string key, std::string value);
  /// Completes the run.
  void end_run(const flow::run_state& run, const flow::compiled_flow& flow, const run_marks& marks);
  /// Completes the family. Errors: as `store::write`.
  result<void> end_family();

  /// Adds a record that does not belong to a run, such as a flow.
  void add(column where, std::string key, std::string value) {
    pending_.put(where, std::move(key), std::move(value));
  }
  /// Makes all complete families durable. Errors: as `store::write`.
  result<void> flush();

 private:
  result<void> write_part();

  store& to_;
  batch pending_;                 ///< complete families, and the records of the current one
  batch visible_;                 ///< what makes the current family visible
  std::vector<run_key> members_;  ///< of the current family
  std::size_t marked_ = 0;        ///< number of members whose mark is written
  std::unordered_set<run_key> unwritten_;  ///< runs of `pending_`
};

}  // namespace pawl::persistence
