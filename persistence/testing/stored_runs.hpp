#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pawl/detail/placement.hpp>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/run_counts.hpp"

/// Runs as they are stored, without a flow, for tests of what reads and deletes them.
namespace pawl::persistence::testing {

struct run_to_store {
  std::string id;
  run_status status = run_status::completed;
  std::uint64_t checkpoints = 1;
  std::vector<std::string> children = {};  ///< that it has started
  std::string parent = {};
  std::int64_t created_us = 1'000'000;
  std::int64_t ended_us = 2'000'000;
  std::string scope = "default";

  [[nodiscard]] run_key key() const { return {scope_name{scope}, run_id{id}}; }
};

inline run_record record_of(const run_to_store& run) {
  run_record record;
  record.summary.key = run.key();
  record.summary.flow = {flow_name{"order"}, {1, 0, 0}};
  record.summary.status = run.status;
  record.summary.created_at = from_unix_us(run.created_us);
  if (is_finished(run.status)) record.summary.finished_at = from_unix_us(run.ended_us);
  if (!run.parent.empty()) record.summary.parent = run_id{run.parent};
  return record;
}

/// What the run has written: its record, list entry and counters, its input and its checkpoints,
/// the first of which name its children.
inline batch writes_of(const run_to_store& run) {
  batch writes;
  const run_record record = record_of(run);
  const std::string bytes = encode_run(record);
  const std::string hash = pawl::detail::run_hash(run.key());
  writes.put(column::runs, keys::run(run.key()), bytes);
  writes.put(column::indexes,
             keys::listed_run(run.key(), run.status, false, record.summary.created_at), bytes);
  count_run(writes, run.key().scope, record.summary.flow.name, std::nullopt,
            counted_of(record.summary));
  writes.put(column::checkpoints, keys::input(hash), encode_input({}));
  for (std::uint64_t sequence = 1; sequence <= run.checkpoints; ++sequence) {
    flow::delta change;
    change.sequence = sequence;
    if (sequence <= run.children.size()) {
      flow::token& t = change.tokens_set.emplace_back();
      t.id = static_cast<flow::token_id>(sequence);
      t.phase = flow::token_phase::waiting;
      t.child.emplace();
      t.child->id = run_id{run.children[sequence - 1]};
    }
    writes.put(column::checkpoints, keys::checkpoint(hash, sequence), encode_delta(change));
  }
  return writes;
}

}  // namespace pawl::persistence::testing
