#include "persistence/rocksdb/store_beside_writer.hpp"

#include <utility>

#include <pawl/assert.hpp>

#include "persistence/migrations.hpp"
#include "persistence/rocksdb/database.hpp"
#include "persistence/rocksdb/folder.hpp"
#include "persistence/rocksdb/snapshot_view.hpp"
#include "persistence/rocksdb/status.hpp"
#include "persistence/values/keys_in_use.hpp"

namespace pawl::persistence {
namespace rocks {
namespace {

/// The state of a store at the time when it was opened.
class read_store final : public store {
 public:
  explicit read_store(std::shared_ptr<database> opened)
      : database_(std::move(opened)), view_(std::make_shared<const snapshot_view>(database_)) {}

  result<std::shared_ptr<const view>> write(std::span<const batch* const>) override {
    return refusal();
  }
  result<void> sync() override { return refusal(); }
  void publish(std::shared_ptr<const view>) override {
    PAWL_ASSERT(false, "a store that is only read has one view");
  }
  std::shared_ptr<const view> durable_view() const override { return view_; }
  result<void> check_writable() override { return refusal(); }
  result<void> close() override { return {}; }

 private:
  [[nodiscard]] error refusal() const {
    return {errc::read_only, doing_to("writing to", database_->path()) +
                                 ": another process has it open, so it can only be read here"};
  }

  const std::shared_ptr<database> database_;
  const std::shared_ptr<const view> view_;
};

}  // namespace
}  // namespace rocks

result<std::unique_ptr<store>> open_store_beside_writer(const std::filesystem::path& folder,
                                                        const rocksdb_options& options) {
  using namespace rocks;
  auto found = find_open_folder(folder);
  if (!found) return std::move(found).error();
  auto opened = database::open_beside_writer(std::move(found).value(), options);
  if (!opened) return std::move(opened).error();
  std::unique_ptr<store> made = std::make_unique<read_store>(*opened);
  const auto now = made->durable_view();
  const auto schema = read_schema(*now);
  if (!schema) return with_folder(schema.error(), folder);
  // The marker is written before the first record is migrated.
  if (schema->value_or(0) != current_schema()) return needs_migration(folder, schema->value_or(0));
  if (options.needs_keys)
    if (auto readable = values::check_keys(*now, (*opened)->codec()); !readable)
      return with_folder(std::move(readable).error(), folder);
  return made;
}

}  // namespace pawl::persistence
