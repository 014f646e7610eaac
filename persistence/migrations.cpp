#include "persistence/migrations.hpp"

#include <utility>

#include <pawl/assert.hpp>

#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint8_t record_version = 1;

void set_version(batch& changes, std::uint32_t schema) {
  changes.put(column::meta, keys::schema(),
              seal(record_kind::schema, record_version, {{"schema", schema}}));
}

result<void> commit(store& to, const batch& changes) {
  const batch* const batches[] = {&changes};
  auto written = to.write(batches);
  if (!written) return std::move(written).error();
  if (auto synced = to.sync(); !synced) return synced;
  to.publish(std::move(written).value());
  return {};
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
  return commit(opened, changes);
}

result<void> migrate(store& opened, const migration& step) {
  batch changes;
  const auto before = opened.durable_view();
  auto done = step.run(*before, changes);
  if (!done) {
    error failure = std::move(done).error();
    failure.message = "migrating the store to schema version " + std::to_string(step.to) + " (" +
                      std::string{step.reason} + "): " + failure.message;
    return failure;
  }
  set_version(changes, step.to);
  return commit(opened, changes);
}

}  // namespace

std::span<const migration> migrations() noexcept {
  return {};  // there is only one schema so far
}

std::uint32_t current_schema() noexcept {
  return first_schema + static_cast<std::uint32_t>(migrations().size());
}

result<std::optional<std::uint32_t>> read_schema(const view& from) {
  auto bytes = from.get(column::meta, keys::schema());
  if (!bytes) return std::move(bytes).error();
  if (!bytes->has_value()) return std::optional<std::uint32_t>{};
  auto record = open(record_kind::schema, **bytes);
  if (!record) return std::move(record).error();
  // Reads only the number, so that records of later versions can be read too.
  const auto schema = record->body.is_object() ? record->body.find("schema") : record->body.end();
  if (schema == record->body.end() || !schema->is_number_unsigned() ||
      schema->get<std::uint64_t>() > UINT32_MAX) {
    return error{errc::corrupt, "the schema record of the store has no version number"};
  }
  return std::optional{schema->get<std::uint32_t>()};
}

error newer_schema(std::uint32_t found, std::uint32_t known) {
  return {errc::schema_newer, "the store has schema version " + std::to_string(found) +
                                  ", but this build of Pawl supports versions up to " +
                                  std::to_string(known) +
                                  "; nothing was changed. Use the newer Pawl that wrote it"};
}

result<void> prepare_schema(store& opened, std::span<const migration> known) {
  std::uint32_t newest = first_schema;
  for (const auto& step : known)
    PAWL_ASSERT(step.to == ++newest, "migrations are listed oldest first and without gaps");

  auto found = read_schema(*opened.durable_view());
  if (!found) return std::move(found).error();
  if (!found->has_value()) return create(opened, newest);
  if (**found > newest) return newer_schema(**found, newest);
  if (**found < first_schema) {
    return error{errc::corrupt, "the schema record of the store has the invalid version " +
                                    std::to_string(**found)};
  }
  for (const auto& step : known.subspan(**found - first_schema)) {
    if (auto done = migrate(opened, step); !done) return done;
  }
  return {};
}

}  // namespace pawl::persistence
