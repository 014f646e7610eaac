#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string_view>

#include "persistence/postgres/reader_pool.hpp"
#include "persistence/store.hpp"
#include "persistence/values/codec_ptr.hpp"

namespace pawl::persistence::postgres {

/// A snapshot of the database, taken when it is first read: a transaction `REPEATABLE READ, READ
/// ONLY` on a connection of its own, until the view ends. A view that nobody reads costs nothing.
/// Thread-safe; reads of one view take turns.
///
/// If the connection is lost before the first read, a new one is made, for 5 s. Later its snapshot
/// is gone with it: all further reads fail as `unavailable`.
class database_view final : public view {
 public:
  /// `codec`: how values are stored; not null.
  database_view(std::shared_ptr<reader_pool> pool, values::codec_ptr codec)
      : pool_(std::move(pool)), codec_(std::move(codec)) {}
  ~database_view() override;
  database_view(const database_view&) = delete;
  database_view& operator=(const database_view&) = delete;

  result<std::optional<std::string>> get(column where, std::string_view key) const override;
  result<void> scan(column where, const range& keys, const visitor& visit) const override;
  result<std::int64_t> counter(std::string_view key) const override;

 private:
  /// Runs one statement in the snapshot.
  [[nodiscard]] result<rows> read(std::string_view sql,
                                  std::initializer_list<std::string_view> parameters) const;
  [[nodiscard]] result<rows> read_first(std::string_view sql,
                                        std::initializer_list<std::string_view> parameters) const;

  const std::shared_ptr<reader_pool> pool_;
  const values::codec_ptr codec_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<connection> snapshot_;  ///< guarded by mutex_; null before the first read
};

}  // namespace pawl::persistence::postgres
