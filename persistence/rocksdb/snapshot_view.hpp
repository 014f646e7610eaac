#pragma once

#include <cstdint>
#include <memory>

#include <rocksdb/snapshot.h>

#include "persistence/rocksdb/database.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence::rocks {

/// What a view returns: the values, or the bytes that are stored for them.
enum class read_as : std::uint8_t { values, stored };

/// A snapshot of the database at the time of construction. Thread-safe.
class snapshot_view final : public view {
 public:
  explicit snapshot_view(std::shared_ptr<database> of, read_as what = read_as::values);
  ~snapshot_view() override;
  snapshot_view(const snapshot_view&) = delete;
  snapshot_view& operator=(const snapshot_view&) = delete;

  result<std::optional<std::string>> get(column where, std::string_view key) const override;
  result<void> scan(column where, const range& keys, const visitor& visit) const override;
  result<std::int64_t> counter(std::string_view key) const override;

  /// Only of a database that has snapshots.
  [[nodiscard]] rocksdb::SequenceNumber sequence() const { return snapshot_->GetSequenceNumber(); }

 private:
  [[nodiscard]] rocksdb::ReadOptions read_options() const;
  [[nodiscard]] error read_error(const rocksdb::Status& status, column where) const;

  std::shared_ptr<database> database_;
  const rocksdb::Snapshot* snapshot_;  ///< null: the database does not change
  const values::value_codec* codec_;   ///< null: values are returned as they are stored
};

}  // namespace pawl::persistence::rocks
