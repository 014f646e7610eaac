#include "persistence/migrations.hpp"

#include <functional>
#include <optional>
#include <utility>

#include <pawl/assert.hpp>

#include "persistence/codec.hpp"
#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

/// `resume` is where the next part of a migration from `schema` continues; empty: none has begun.
void set_version(batch& changes, std::uint32_t schema, std::string resume = {}) {
  changes.put(column::meta, keys::schema(), encode_schema({schema, std::move(resume)}));
}

/// The schema record, or nothing if there is none.
result<std::optional<schema_record>> read_record(const view& from) {
  auto bytes = from.get(column::meta, keys::schema());
  if (!bytes) return std::move(bytes).error();
  if (!bytes->has_value()) return std::optional<schema_record>{};
  auto record = decode_schema(**bytes);
  if (!record) return std::move(record).error();
  return std::optional{std::move(record).value()};
}

/// Where an interrupted migration continues; empty: at the start.
result<std::string> resume_of(const view& from) {
  auto record = read_record(from);
  if (!record) return std::move(record).error();
  return record->has_value() ? std::move((*record)->resume) : std::string{};
}

result<bool> is_empty(const view& found) {
  bool empty = true;
  for (const column where : all_columns) {
    auto scanned = found.scan(where, {}, [&empty](std::string_view, std::string_view) {
      empty = false;
      return view::next::stop;
    });
    if (!scanned) return std::move(scanned).error();
    if (!empty) break;
  }
  return empty;
}

result<void> create(store& opened, std::uint32_t schema) {
  auto empty = is_empty(*opened.durable_view());
  if (!empty) return std::move(empty).error();
  if (!*empty) {
    return error{errc::corrupt,
                 "the store has records but no schema record; restore it from a backup"};
  }
  batch changes;
  set_version(changes, schema);
  return commit_durably(opened, changes);
}

error with_step(error failure, const migration& step) {
  failure.message = "migrating the store to schema version " + std::to_string(step.to) + " (" +
                    std::string{step.reason} + "): " + failure.message;
  return failure;
}

result<void> migrate_in_parts(store& opened, const migration& step) {
  auto from = resume_of(*opened.durable_view());
  while (from) {
    batch changes;
    const auto before = opened.durable_view();
    auto next = step.run_part(*before, *from, changes);
    if (!next) return with_step(std::move(next).error(), step);
    PAWL_ASSERT(next->empty() || *next > *from, "a migration advances");
    const bool last = next->empty();
    set_version(changes, last ? step.to : step.to - 1, *next);
    if (auto done = commit_durably(opened, changes); !done || last) return done;
    from = std::move(next);
  }
  return std::move(from).error();
}

result<void> migrate(store& opened, const migration& step) {
  if (step.run_part) return migrate_in_parts(opened, step);
  batch changes;
  const auto before = opened.durable_view();
  auto done = step.run(*before, changes);
  if (!done) return with_step(std::move(done).error(), step);
  set_version(changes, step.to);
  return commit_durably(opened, changes);
}

/// Changes nothing: an older Pawl, which would not understand what is new, is refused.
result<void> keep_records(const view&, batch&) {
  return {};
}

/// Calls `use` with the records of runs from `from` on that can be read, as many as one part has.
/// Returns where the next part continues.
result<std::string> for_each_run(const view& before, std::string_view from,
                                 const std::function<void(const run_summary& run)>& use) {
  std::string last;
  std::size_t records = 0;
  std::optional<error> failure;
  const view::range range{std::string{from}, {}, false};
  const auto scanned =
      before.scan(column::runs, range, [&](std::string_view key, std::string_view bytes) {
        if (records++ == part_records) return view::next::stop;
        const auto run = decode_run(bytes);
        last = key;
        // A damaged record is counted nowhere.
        if (!run && is_unreadable(run.error())) return view::next::more;
        if (!run) {
          failure = run.error();
          return view::next::stop;
        }
        use(run->summary);
        return view::next::more;
      });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  return records <= part_records ? std::string{} : last + '\0';
}

/// Counts the unfinished runs of each flow: the records of runs after `from`.
result<std::string> count_unfinished_runs(const view& before, std::string_view from,
                                          batch& changes) {
  return for_each_run(before, from, [&](const run_summary& run) {
    if (!is_finished(run.status))
      changes.add(keys::unfinished_runs(run.key.scope, run.flow.name), 1);
  });
}

/// Counts the runs that started and ended in each hour, likewise.
result<std::string> count_runs_by_hour(const view& before, std::string_view from, batch& changes) {
  return for_each_run(before, from, [&](const run_summary& run) {
    changes.add(keys::runs_in_hour(run.key.scope, {keys::hour_of(run.created_at), run.flow.name}),
                1);
    if (!is_finished(run.status) || !run.finished_at) return;
    changes.add(keys::runs_in_hour(run.key.scope,
                                   {keys::hour_of(*run.finished_at), run.flow.name, run.status}),
                1);
  });
}

}  // namespace

std::span<const migration> migrations() noexcept {
  static const migration all[] = {
      {3, "flows count their unfinished runs", {}, count_unfinished_runs},
      {4, "runs have attributes", keep_records},
      {5, "runs are counted by hour", {}, count_runs_by_hour},
      {6, "values are compressed and encrypted", keep_records},
      {7, "blobs", keep_records},
  };
  return all;
}

std::uint32_t current_schema() noexcept {
  return first_schema + static_cast<std::uint32_t>(migrations().size());
}

result<std::optional<std::uint32_t>> read_schema(const view& from) {
  const auto record = read_record(from);
  if (!record) return record.error();
  return *record ? std::optional{(*record)->version} : std::nullopt;
}

error newer_schema(std::uint32_t found, std::uint32_t known) {
  return {errc::schema_newer, "the store has schema version " + std::to_string(found) +
                                  ", but this build of Pawl supports versions up to " +
                                  std::to_string(known) +
                                  "; nothing was changed. Use the newer Pawl that wrote it"};
}

error older_schema(std::uint32_t found) {
  return {errc::not_supported, "the store has schema version " + std::to_string(found) +
                                   ", but this build of Pawl supports versions from " +
                                   std::to_string(first_schema) +
                                   "; nothing was changed. Use the Pawl that wrote it, or an empty "
                                   "data folder"};
}

result<void> prepare_schema(store& opened, std::span<const migration> known) {
  std::uint32_t newest = first_schema;
  for (const auto& step : known)
    PAWL_ASSERT(step.to == ++newest, "migrations are listed oldest first and without gaps");

  auto found = read_schema(*opened.durable_view());
  if (!found) return std::move(found).error();
  if (!found->has_value()) return create(opened, newest);
  if (**found > newest) return newer_schema(**found, newest);
  if (**found == 0)
    return error{errc::corrupt, "the schema record of the store has the invalid version 0"};
  if (**found < first_schema) return older_schema(**found);
  for (const auto& step : known.subspan(**found - first_schema)) {
    if (auto done = migrate(opened, step); !done) return done;
  }
  return {};
}

}  // namespace pawl::persistence
