#pragma once

#include <memory>

#include <rocksdb/snapshot.h>

#include "persistence/rocksdb/database.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence::rocks {

/// A snapshot of the database at the time of construction. Thread-safe.
class snapshot_view final : public view {
 public:
  explicit snapshot_view(std::shared_ptr<database> of);
  ~snapshot_view() override;
  snapshot_view(const snapshot_view&) = delete;
  snapshot_view& operator=(const snapshot_view&) = delete;

  result<std::optional<std::string>> get(column where, std::string_view key) const override;
  result<void> scan(column where, const range& keys, const visitor& visit) const override;
  result<std::int64_t> counter(std::string_view key) const override;

  [[nodiscard]] rocksdb::SequenceNumber sequence() const { return snapshot_->GetSequenceNumber(); }

 private:
  [[nodiscard]] rocksdb::ReadOptions read_options() const;
  [[nodiscard]] error read_error(const rocksdb::Status& status, column where) const;

  std::shared_ptr<database> database_;
  const rocksdb::Snapshot* snapshot_;
};

}  // namespace pawl::persistence::rocks
