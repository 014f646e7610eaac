#include "persistence/run_removal.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <pawl/detail/placement.hpp>

#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/quarantine.hpp"
#include "persistence/run_counts.hpp"
#include "persistence/run_index.hpp"
#include "persistence/runs.hpp"

namespace pawl::persistence {
namespace {

error cannot_delete(const run_id& id, const std::string& why, std::string type = {}) {
  return {errc::illegal_transition, "cannot delete run " + id.str() + ": " + why, std::move(type)};
}

/// A parent that has failed finds its child again when it is retried.
result<void> check_parent(const view& from, const run_summary& run) {
  if (!run.parent) return {};
  const auto parent = load_record(from, {run.key.scope, *run.parent});
  if (!parent) return parent.error();
  if (!*parent) return {};
  const run_status status = (*parent)->summary.status;
  if (status == run_status::completed || status == run_status::cancelled) return {};
  return cannot_delete(run.key.id, "its parent, run " + run.parent->str() + ", is " +
                                       std::string{to_string(status)} +
                                       " and may need it. Delete the parent when it has ended; "
                                       "its subflows go with it");
}

result<bool> exists(const view& from, column where, const std::string& key) {
  const auto found = from.get(where, key);
  if (!found) return found.error();
  return found->has_value();
}

/// The entries of a quarantined run in the indexes are those of a run that has not ended.
result<void> check_not_quarantined(const view& from, const run_key& key) {
  const auto found = from.get(column::indexes, keys::suspect(key));
  if (!found) return found.error();
  if (!*found) return {};
  const auto suspect = decode_suspect(**found);
  if (!suspect) return suspect.error();
  if (!suspect->is_quarantined()) return {};
  return cannot_delete(key.id, "it is quarantined. Retry it, then cancel it");
}

/// Whether a run that `parent` started is there, or half deleted.
result<bool> is_child(const view& from, const run_key& child, const run_id& parent) {
  const auto record = load_record(from, child);
  if (!record) return record.error();
  if (*record) return (*record)->summary.parent == parent;
  return exists(from, column::indexes, keys::removed_run(child));
}

/// Deletes the record of a run, so that it is unknown, its entries in the indexes, and its count.
void hide(const family_member& member, batch& to) {
  if (!member.record) return;
  const run_key& key = member.key;
  const run_summary& run = member.record->summary;
  to.erase(column::runs, keys::run(key));
  for (auto& entry : index_keys(run, false)) to.erase(column::indexes, std::move(entry));
  to.erase(column::indexes, keys::suspect(key));
  if (run.parent) {
    const keys::parent_and_child family{{key.scope, *run.parent}, key.id};
    to.erase(column::indexes, keys::orphaned_run(key));
    to.erase(column::indexes, keys::ended(family));
    to.erase(column::indexes, keys::resumed(family));
  }
  count_run(to, key.scope, run.flow.name, counted_of(run), std::nullopt);
}

/// A run and all runs below it, parents before children. `load` returns the record of a run.
template <class Load>
result<std::vector<family_member>> collect_family(const view& from, const run_key& root,
                                                  Load load) {
  std::vector<family_member> family{{root, {}}};
  for (std::size_t i = 0; i < family.size(); ++i) {
    result<std::optional<run_record>> record = load(family[i].key);
    if (!record) return std::move(record).error();
    family[i].record = *std::move(record);
    const auto children = load_children(from, family[i].key);
    if (!children) return children.error();
    for (const auto& child : *children) family.push_back({{root.scope, child}, {}});
  }
  return family;
}

}  // namespace

result<bool> is_kept(const view& from, const run_key& key) {
  return exists(from, column::indexes, keys::kept_run(key));
}

result<run_record> load_removable(const view& from, const run_key& key, removed_as how) {
  auto record = load_record(from, key);
  if (!record) return std::move(record).error();
  if (!*record) return no_such_run(key.id);
  const run_summary& run = (*record)->summary;
  if (!is_finished(run.status)) {
    return cannot_delete(key.id, "it is " + std::string{to_string(run.status)} +
                                     ". Cancel it, or wait until it has ended");
  }
  if (auto free = check_not_quarantined(from, key); !free) return std::move(free).error();
  const auto kept = is_kept(from, key);
  if (!kept) return kept.error();
  if (*kept)
    return cannot_delete(key.id, "it is marked to be kept. Release it first",
                         std::string{kept_error});
  if (how == removed_as::root)
    if (auto free = check_parent(from, run); !free) return std::move(free).error();
  return **std::move(record);
}

result<std::vector<run_id>> load_children(const view& from, const run_key& parent) {
  std::vector<run_id> children;
  std::unordered_set<run_id> known;
  std::optional<error> failure;
  const auto visit = [&](std::string_view, std::string_view bytes) {
    const auto change = decode_delta(bytes);
    // Its key is dropped: the children that it names are deleted on their own.
    if (!change && change.error().code == errc::not_supported) return view::next::more;
    if (!change) {
      failure = error{change.error().code, "run " + parent.id.str() + " in scope " +
                                               parent.scope.str() + ": " + change.error().message};
      return view::next::stop;
    }
    for (const auto& t : change->tokens_set)
      if (t.child && known.insert(t.child->id).second) children.push_back(t.child->id);
    return view::next::more;
  };
  const auto scanned =
      from.scan(column::checkpoints, keys::checkpoints(pawl::detail::run_hash(parent)), visit);
  if (!scanned) return scanned.error();
  const auto noted = from.scan(column::indexes, keys::children_of_pruned(parent),
                               [&](std::string_view key, std::string_view) {
                                 auto child = keys::child_of_pruned_of(key);
                                 if (child && known.insert(child->child).second)
                                   children.push_back(std::move(child->child));
                                 return view::next::more;
                               });
  if (!noted) return noted.error();
  if (failure) return *failure;
  std::vector<run_id> existing;
  for (auto& child : children) {
    const auto is_there = is_child(from, {parent.scope, child}, parent.id);
    if (!is_there) return is_there.error();
    if (*is_there) existing.push_back(std::move(child));
  }
  return existing;
}

result<std::vector<family_member>> load_family(const view& from, const run_key& root) {
  return collect_family(from, root, [&](const run_key& key) -> result<std::optional<run_record>> {
    auto record = load_removable(from, key, key == root ? removed_as::root : removed_as::child);
    if (!record) return std::move(record).error();
    return std::optional{*std::move(record)};
  });
}

run_removal::run_removal(std::shared_ptr<const view> from, std::vector<family_member> family)
    : from_(std::move(from)), family_(std::move(family)) {}

result<std::optional<batch>> run_removal::next() {
  if (!std::exchange(begun_, true)) {
    auto all = all_in_one();
    if (!all || *all) return all;
  }
  batch writes;
  for (; hidden_ < family_.size(); ++hidden_) {
    if (writes.operations().size() >= max_operations) return std::optional{std::move(writes)};
    hide(family_[hidden_], writes);
    writes.put(column::indexes, keys::removed_run(family_[hidden_].key), {});
  }
  // Children first: until the end, the history of a parent says which they are.
  for (; erased_ < family_.size(); ++erased_) {
    const family_member& member = family_[family_.size() - 1 - erased_];
    const auto done = erase_records(member, writes);
    if (!done) return done.error();
    if (!*done) return std::optional{std::move(writes)};
    writes.erase(column::indexes, keys::removed_run(member.key));
  }
  if (writes.empty()) return std::optional<batch>{};
  return std::optional{std::move(writes)};
}

/// The only batch of a small family, which needs no mark. Nothing if it would be too large.
result<std::optional<batch>> run_removal::all_in_one() {
  batch writes;
  for (const auto& member : family_) {
    hide(member, writes);
    const auto done = erase_records(member, writes);
    if (!done) return done.error();
    if (*done && writes.operations().size() <= max_operations && member.record) continue;
    position_.clear();
    erases_children_ = false;
    records_ = bytes_ = 0;
    return std::optional<batch>{};
  }
  hidden_ = erased_ = family_.size();
  return std::optional{std::move(writes)};
}

result<bool> run_removal::erase_records(const family_member& member, batch& to) {
  const auto erase_range = [&](column in, view::range left) -> result<bool> {
    left.stored = true;
    if (!position_.empty()) left.from = std::exchange(position_, {});
    const auto scanned = from_->scan(in, left, [&](std::string_view key, std::string_view value) {
      if (to.operations().size() >= max_operations) {
        position_.assign(key);
        return view::next::stop;
      }
      to.erase(in, std::string{key});
      if (in == column::checkpoints) release_blob(member.key, key, to);
      ++records_;
      bytes_ += key.size() + value.size();
      return view::next::more;
    });
    if (!scanned) return scanned.error();
    return position_.empty();
  };
  if (!erases_children_) {
    const auto done =
        erase_range(column::checkpoints, keys::records_of_run(pawl::detail::run_hash(member.key)));
    if (!done || !*done) return done;
    erases_children_ = true;
  }
  const auto done = erase_range(column::indexes, keys::children_of_pruned(member.key));
  if (done && *done) erases_children_ = false;  // the next member begins with its records
  return done;
}

void run_removal::release_blob(const run_key& run, std::string_view record, batch& to) {
  const auto naming = keys::blob_naming_of(record);
  if (!naming) return;
  to.erase(column::indexes, keys::held_blob(run, naming->blob, naming->sequence));
  released_.insert({run.scope, std::string{naming->blob}});
}

result<std::size_t> finish_removals(store& opened) {
  std::size_t finished = 0;
  while (true) {
    const auto now = opened.durable_view();
    std::optional<run_key> root;
    const auto scanned = now->scan(column::indexes, keys::removed_runs(),
                                   [&](std::string_view key, std::string_view) {
                                     root = keys::run_of(key);
                                     return view::next::stop;
                                   });
    if (!scanned) return scanned.error();
    if (!root) return finished;
    // Its runs were checked when the deletion began.
    auto family =
        collect_family(*now, *root, [&](const run_key& key) { return load_record(*now, key); });
    if (!family) return std::move(family).error();
    finished += family->size();
    run_removal removal{now, *std::move(family)};
    while (true) {
      auto writes = removal.next();
      if (!writes) return std::move(writes).error();
      if (!*writes) break;
      if (auto done = commit_durably(opened, **writes); !done) return std::move(done).error();
    }
  }
}

}  // namespace pawl::persistence
