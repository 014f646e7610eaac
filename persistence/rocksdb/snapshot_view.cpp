#include "persistence/rocksdb/snapshot_view.hpp"

#include <utility>

#include "persistence/rocksdb/status.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence::rocks {

snapshot_view::snapshot_view(std::shared_ptr<database> of, read_as what)
    : database_(std::move(of)),
      snapshot_(database_->has_snapshots() ? database_->db().GetSnapshot() : nullptr),
      codec_(what == read_as::values ? &database_->codec() : nullptr) {}

snapshot_view::~snapshot_view() {
  if (snapshot_ != nullptr) database_->db().ReleaseSnapshot(snapshot_);
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
  auto* const family = database_->column_handle(where);
  if (family == nullptr) return std::optional<std::string>{};
  std::string value;
  const auto status = database_->db().Get(read_options(), family, key, &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return read_error(status, where);
  if (codec_ == nullptr) return std::optional{std::move(value)};
  std::string buffer;
  const std::string_view found = codec_->from_stored({where, key}, value, buffer);
  if (found.data() == value.data() && found.size() == value.size())
    return std::optional{std::move(value)};
  if (found.data() == buffer.data()) return std::optional{std::move(buffer)};
  return std::optional{std::string{found}};
}

result<void> snapshot_view::scan(column where, const range& keys, const visitor& visit) const {
  auto* const family = database_->column_handle(where);
  if (family == nullptr || (!keys.to.empty() && keys.to <= keys.from)) return {};
  const rocksdb::Slice lower{keys.from};
  const rocksdb::Slice upper{keys.to};
  auto options = read_options();
  options.iterate_lower_bound = &lower;
  if (!keys.to.empty()) options.iterate_upper_bound = &upper;

  const std::unique_ptr<rocksdb::Iterator> at{database_->db().NewIterator(options, family)};
  if (keys.reverse) {
    at->SeekToLast();
  } else {
    at->Seek(lower);
  }
  const auto* const codec = keys.stored ? nullptr : codec_;
  std::string buffer;
  while (at->Valid()) {
    const std::string_view key = at->key().ToStringView(), stored = at->value().ToStringView();
    const std::string_view value =
        codec == nullptr ? stored : codec->from_stored({where, key}, stored, buffer);
    if (visit(key, value) == next::stop) return {};
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
