#include "persistence/transfer/family_writer.hpp"

#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "persistence/blobs.hpp"
#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/run_recorder.hpp"

namespace pawl::persistence {
namespace {

void append_batch(batch& to, const batch& from) {
  for (const auto& each : from.operations()) {
    switch (each.kind) {
      case batch::operation_kind::put:
        to.put_of(scope_name{each.scope}, each.where, each.key, each.value);
        break;
      case batch::operation_kind::erase:
        to.erase(each.where, each.key);
        break;
      case batch::operation_kind::add:
        to.add(each.key, each.amount);
        break;
    }
  }
}

/// The transition that would have led to a state at once.
flow::delta all_of(const flow::run_state& run) {
  flow::delta change;
  change.sequence = run.sequence;
  change.status = run.status;
  for (const auto& t : run.tokens) change.tokens_set.push_back(t);
  return change;
}

}  // namespace

void add_indexes(batch& to, const flow::run_state& run, const flow::compiled_flow& flow,
                 const run_marks& marks) {
  run_recorder recorder{run.key};
  const auto recorded =
      recorder.record(run, flow, all_of(run), std::numeric_limits<std::uint64_t>::max());
  std::optional<keys::parent_and_child> family;
  if (run.parent) family = {{run.key.scope, *run.parent}, run.key.id};
  const std::string ended = family ? keys::ended(*family) : std::string{};
  for (const auto& each : recorded.writes.operations()) {
    // The run has its own checkpoints, which name its blobs, and its marks say what its parent does
    // not know.
    const bool is_own = each.where == column::checkpoints;
    const bool is_notice = each.where == column::indexes && family && each.key == ended;
    const bool is_blob =
        each.where == column::indexes && keys::blob_holder_of(each.key).has_value();
    if (is_own || is_notice || is_blob || each.kind == batch::operation_kind::erase) continue;
    if (each.kind == batch::operation_kind::put) {
      to.put(each.where, each.key, each.value);
    } else {
      to.add(each.key, each.amount);
    }
  }
  if (marks.kept) to.put(column::indexes, keys::kept_run(run.key), {});
  if (marks.ended && family) to.put(column::indexes, ended, {});
  if (marks.resumed && family) to.put(column::indexes, keys::resumed(*family), {});
  if (marks.pruned && family) to.put(column::indexes, keys::child_of_pruned(*family), {});
  if (!marks.orphaned.empty()) to.put(column::indexes, keys::orphaned_run(run.key), marks.orphaned);
}

result<bool> family_writer::has(const run_key& key) const {
  if (unwritten_.contains(key)) return true;
  const auto found = to_.durable_view()->get(column::runs, keys::run(key));
  if (!found) return found.error();
  return found->has_value();
}

result<bool> family_writer::has_blob(const scope_name& in, const std::string& hash) const {
  const auto found = to_.durable_view()->get(column::blobs, keys::blob_head(in, hash));
  if (!found) return found.error();
  return found->has_value();
}

void family_writer::begin_run(const run_key& key) {
  members_.push_back(key);
  unwritten_.insert(key);
}

result<void> family_writer::add_record(std::string key, std::string value) {
  // What the state names is named by the records that it follows from.
  const run_key& run = members_.back();
  const auto sequence = keys::is_input(key)        ? std::optional<std::uint64_t>{0}
                        : keys::is_base_state(key) ? std::optional<std::uint64_t>{1}
                                                   : keys::sequence_of(key);
  if (sequence)
    hold_named_blobs(pending_, run, std::string_view{key}.substr(0, keys::run_hash_bytes),
                     *sequence, value);
  pending_.put_of(members_.back().scope, column::checkpoints, std::move(key), std::move(value));
  return pending_.bytes() < max_bytes ? result<void>{} : write_part();
}

void family_writer::end_run(const flow::run_state& run, const flow::compiled_flow& flow,
                            const run_marks& marks) {
  add_indexes(visible_, run, flow, marks);
}

result<void> family_writer::end_family() {
  append_batch(pending_, visible_);
  for (std::size_t i = 0; i < marked_; ++i)
    pending_.erase(column::indexes, keys::removed_run(members_[i]));
  visible_ = {};
  members_.clear();
  marked_ = 0;
  return pending_.bytes() < max_bytes ? result<void>{} : flush();
}

result<void> family_writer::write_part() {
  for (; marked_ < members_.size(); ++marked_)
    pending_.put(column::indexes, keys::removed_run(members_[marked_]), {});
  const batch part = std::exchange(pending_, {});
  return commit_durably(to_, part);
}

result<void> family_writer::flush() {
  PAWL_ASSERT(members_.empty(), "the family is complete");
  unwritten_.clear();
  if (pending_.empty()) return {};
  const batch all = std::exchange(pending_, {});
  return commit_durably(to_, all);
}

}  // namespace pawl::persistence
