#include "persistence/rocksdb/snapshot_view.hpp"

#include <utility>

#include "persistence/rocksdb/status.hpp"

namespace pawl::persistence::rocks {

snapshot_view::snapshot_view(std::shared_ptr<database> of)
    : database_(std::move(of)), snapshot_(database_->db().GetSnapshot()) {}

snapshot_view::~snapshot_view() {
  database_->db().ReleaseSnapshot(snapshot_);
}

rocksdb::ReadOptions snapshot_view::read_options() const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  options.verify_checksums = true;
  return options;
}

error snapshot_view::read_error(const rocksdb::Status& status, column where) const {
  return from_status(status, "reading " + std::string{to_string(where)} + " from",
                     database_->path());
}

result<std::optional<std::string>> snapshot_view::get(column where, std::string_view key) const {
  std::string value;
  const auto status =
      database_->db().Get(read_options(), database_->column_handle(where), key, &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return read_error(status, where);
  return std::optional{std::move(value)};
}

result<void> snapshot_view::scan(column where, const range& keys, const visitor& visit) const {
  if (!keys.to.empty() && keys.to <= keys.from) return {};
  const rocksdb::Slice lower{keys.from};
  const rocksdb::Slice upper{keys.to};
  auto options = read_options();
  options.iterate_lower_bound = &lower;
  if (!keys.to.empty()) options.iterate_upper_bound = &upper;

  const std::unique_ptr<rocksdb::Iterator> at{
      database_->db().NewIterator(options, database_->column_handle(where))};
  if (keys.reverse) {
    at->SeekToLast();
  } else {
    at->Seek(lower);
  }
  while (at->Valid()) {
    if (visit(at->key().ToStringView(), at->value().ToStringView()) == next::stop) return {};
    if (keys.reverse) {
      at->Prev();
    } else {
      at->Next();
    }
  }
  if (!at->status().ok()) return read_error(at->status(), where);
  return {};
}

result<std::int64_t> snapshot_view::counter(std::string_view key) const {
  auto bytes = get(column::counters, key);
  if (!bytes) return std::move(bytes).error();
  if (!bytes->has_value()) return 0;
  const auto sum = decode_counter(**bytes);
  if (sum) return *sum;
  return error{errc::corrupt, doing_to("reading counters from", database_->path()) +
                                  ": a counter has " + std::to_string((*bytes)->size()) +
                                  " bytes. Restore the folder from a backup"};
}

}  // namespace pawl::persistence::rocks
