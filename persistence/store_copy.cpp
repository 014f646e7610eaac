#include "persistence/store_copy.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/run_scopes.hpp"
#include "persistence/values/unopened.hpp"

namespace pawl::persistence {
namespace {

/// A range is one batch in the target.
constexpr std::size_t range_records = 1'000;
constexpr std::size_t range_bytes = std::size_t{4} << 20;

using copied_record = std::pair<std::string, std::string>;

/// Successive records of the source and the range of keys that has them and no others.
struct record_range {
  view::range keys;
  std::vector<copied_record> records;
  std::uint64_t left = 0;  ///< whose key is dropped
  [[nodiscard]] bool is_last() const noexcept { return keys.to.empty(); }
};

/// Records that each store has for itself.
bool is_own(column where, std::string_view key) {
  return where == column::meta && (key == keys::copy_mark() || key == keys::keys_in_use());
}

error damaged_value(column where) {
  return {errc::corrupt, "a record of the column " + std::string{to_string(where)} +
                             " of the source is damaged; see `pawl store check`"};
}

result<record_range> read_range(const view& of, column where, std::string from) {
  const view::range rest{std::move(from), {}, false};
  record_range found{rest, {}};
  std::size_t bytes = 0;
  bool is_damaged = false;
  auto scanned = of.scan(where, rest, [&](std::string_view key, std::string_view value) {
    if (found.records.size() == range_records || bytes >= range_bytes) {
      found.keys.to = key;
      return view::next::stop;
    }
    bytes += key.size() + value.size();
    const auto unopened = values::reason_of(value);
    is_damaged = unopened == values::unopened::damaged;
    if (is_damaged) return view::next::stop;
    if (unopened) {
      ++found.left;
    } else if (!is_own(where, key)) {
      found.records.emplace_back(key, value);
    }
    return view::next::more;
  });
  if (!scanned) return std::move(scanned).error();
  if (is_damaged) return damaged_value(where);
  return found;
}

/// Whether the store has exactly these records in their range.
result<bool> has_same(const view& other, column where, const record_range& wanted) {
  std::size_t at = 0;
  bool same = true;
  auto scanned = other.scan(where, wanted.keys, [&](std::string_view key, std::string_view value) {
    if (is_own(where, key)) return view::next::more;
    same = at < wanted.records.size() && wanted.records[at].first == key &&
           wanted.records[at].second == value;
    ++at;
    return same ? view::next::more : view::next::stop;
  });
  if (!scanned) return std::move(scanned).error();
  return same && at == wanted.records.size();
}

error bad_counter() {
  return {errc::corrupt,
          "the source has a counter that cannot be decoded; restore it from a backup"};
}

/// The changes after which the target has exactly these records in their range.
result<batch> changes_to(const view& now, column where, const record_range& wanted,
                         run_scopes& scopes) {
  std::set<std::string_view> kept;
  for (const auto& each : wanted.records) kept.insert(each.first);
  batch changes;
  auto scanned = now.scan(where, wanted.keys, [&](std::string_view key, std::string_view) {
    if (!is_own(where, key) && !kept.contains(key)) changes.erase(where, std::string{key});
    return view::next::more;
  });
  if (!scanned) return std::move(scanned).error();
  for (const auto& [key, value] : wanted.records) {
    if (where == column::checkpoints) {
      auto scope = scopes.find(key);
      if (!scope) return std::move(scope).error();
      changes.put_of(scope_name{*std::move(scope)}, where, key, value);
      continue;
    }
    if (const auto scope = where == column::blobs ? keys::scope_in(key) : std::nullopt) {
      changes.put_of(*scope, where, key, value);
      continue;
    }
    if (where != column::counters) {
      changes.put(where, key, value);
      continue;
    }
    const auto sum = decode_counter(value);
    if (!sum) return bad_counter();
    changes.erase(where, key);
    changes.add(key, *sum);
  }
  return changes;
}

/// Marks the target, unless it is marked already.
result<void> begin_copy(store& to) {
  const auto now = to.durable_view();
  const auto marked = now->get(column::meta, keys::copy_mark());
  if (!marked) return marked.error();
  if (*marked) return {};
  bool has_records = false;
  for (const column where : all_columns) {
    auto scanned = now->scan(where, {}, [&](std::string_view key, std::string_view) {
      has_records = !is_own(where, key) && (where != column::meta || key != keys::schema());
      return has_records ? view::next::stop : view::next::more;
    });
    if (!scanned) return scanned;
    if (has_records) {
      return error{errc::already_exists,
                   "the target has data of its own; nothing was changed. Copy to an empty one"};
    }
  }
  batch mark;
  mark.put(column::meta, keys::copy_mark(), {});
  return commit_durably(to, mark);
}

/// Calls `use` for each range of the source.
result<void> for_each_range(const view& from,
                            const std::function<result<void>(column, const record_range&)>& use) {
  for (const column where : all_columns) {
    std::string next;
    while (true) {
      auto range = read_range(from, where, next);
      if (!range) return std::move(range).error();
      if (auto done = use(where, *range); !done) return done;
      if (range->is_last()) break;
      next = range->keys.to;
    }
  }
  return {};
}

error stopped() {
  return {errc::cancelled,
          "the copy was stopped; the target is not complete. Run the same command to continue"};
}

}  // namespace

result<copy_counts> copy_store(const view& from, store& to,
                               const std::function<bool(const copy_counts&)>& go_on) {
  if (auto good = check_complete(from); !good) return std::move(good).error();
  if (auto begun = begin_copy(to); !begun) return std::move(begun).error();
  copy_counts counts;
  run_scopes scopes{from};
  auto copied = for_each_range(from, [&](column where, const record_range& range) -> result<void> {
    for (const auto& [key, value] : range.records) counts.bytes += key.size() + value.size();
    counts.records += range.records.size();
    counts.left += range.left;
    const auto now = to.durable_view();
    auto same = has_same(*now, where, range);
    if (!same) return std::move(same).error();
    if (!*same) {
      auto changes = changes_to(*now, where, range, scopes);
      if (!changes) return std::move(changes).error();
      if (auto done = commit_durably(to, *changes); !done) return done;
      counts.written += range.records.size();
    }
    return go_on(counts) ? result<void>{} : stopped();
  });
  if (!copied) return std::move(copied).error();

  const auto written = to.durable_view();
  auto verified =
      for_each_range(from, [&](column where, const record_range& range) -> result<void> {
        auto same = has_same(*written, where, range);
        if (!same) return std::move(same).error();
        if (!*same) {
          return error{errc::corrupt, "a record of the column " + std::string{to_string(where)} +
                                          " is different in the target after the copy; run the "
                                          "command again"};
        }
        counts.verified += range.records.size();
        return go_on(counts) ? result<void>{} : stopped();
      });
  if (!verified) return std::move(verified).error();
  batch end;
  end.erase(column::meta, keys::copy_mark());
  if (auto done = commit_durably(to, end); !done) return std::move(done).error();
  return counts;
}

result<void> check_complete(const view& of) {
  const auto mark = of.get(column::meta, keys::copy_mark());
  if (!mark) return mark.error();
  if (!*mark) return {};
  return error{errc::unavailable,
               "a copy to this store did not end, so records are missing. Run `pawl store copy` "
               "again, or delete the store"};
}

}  // namespace pawl::persistence
