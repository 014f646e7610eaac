#include "persistence/memory/memory_store.hpp"

#include <utility>

#include <pawl/assert.hpp>

#include "persistence/migrations.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence {
namespace {

std::size_t index_of(column where) noexcept {
  return static_cast<std::size_t>(where);
}

/// Returns false if a value cannot be encrypted.
bool apply(const batch::operation& change, const values::value_codec* codec, versioned_tree& where,
           std::uint64_t epoch) {
  switch (change.kind) {
    case batch::operation_kind::put: {
      if (codec == nullptr) {
        where.put(change.key, change.value, epoch);
        break;
      }
      std::string buffer;
      const auto stored =
          codec->to_stored({change.where, change.key}, change.scope, change.value, buffer);
      if (!stored) return false;
      where.put(change.key, std::string{*stored}, epoch);
      break;
    }
    case batch::operation_kind::erase:
      where.erase(change.key, epoch);
      break;
    case batch::operation_kind::add: {
      const std::string* found = where.find(change.key);
      const auto before = found == nullptr ? std::int64_t{0} : decode_counter(*found).value_or(0);
      const auto sum = add_wrapping(before, change.amount);
      if (sum == 0) {
        where.erase(change.key, epoch);
      } else {
        where.put(change.key, encode_counter(sum), epoch);
      }
      break;
    }
  }
  return true;
}

}  // namespace

class memory_store::memory_view final : public view {
 public:
  memory_view(contents found, values::codec_ptr codec)
      : contents_(std::move(found)), codec_(std::move(codec)) {}

  [[nodiscard]] const contents& all() const noexcept { return contents_; }

  result<std::optional<std::string>> get(column where, std::string_view key) const override {
    const std::string* found = tree(where).find(key);
    if (found == nullptr) return std::optional<std::string>{};
    if (!codec_) return std::optional<std::string>{*found};
    std::string buffer;
    return std::optional<std::string>{codec_->from_stored({where, key}, *found, buffer)};
  }

  result<void> scan(column where, const range& keys, const visitor& visit) const override {
    if (!codec_ || keys.stored) {
      tree(where).scan(keys, visit);
      return {};
    }
    std::string buffer;
    tree(where).scan(keys, [&](std::string_view key, std::string_view stored) {
      return visit(key, codec_->from_stored({where, key}, stored, buffer));
    });
    return {};
  }

  result<std::int64_t> counter(std::string_view key) const override {
    const std::string* found = tree(column::counters).find(key);
    return found == nullptr ? 0 : decode_counter(*found).value_or(0);
  }

 private:
  const versioned_tree& tree(column where) const { return contents_.columns[index_of(where)]; }

  contents contents_;
  values::codec_ptr codec_;
};

memory_store::memory_store(values::codec_ptr codec) : memory_store(contents{}, std::move(codec)) {
  const auto prepared = prepare_schema(*this);
  PAWL_ASSERT(prepared.has_value(), "an empty store takes its schema record");
}

memory_store::memory_store(const contents& found, values::codec_ptr codec)
    : codec_(std::move(codec)),
      written_(std::make_shared<const memory_view>(found, codec_)),
      synced_(written_),
      durable_(written_) {}

result<std::shared_ptr<const view>> memory_store::write(std::span<const batch* const> batches) {
  contents next;
  {
    const std::lock_guard lock{mutex_};
    if (closed_)
      return error{errc::unavailable, "writing to the memory store: the store is closed"};
    next = written_->all();
  }
  ++next.epoch;
  for (const batch* changes : batches) {
    for (const auto& change : changes->operations())
      if (!apply(change, codec_.get(), next.columns[index_of(change.where)], next.epoch)) {
        static_cast<void>(close());
        return values::cannot_encrypt();
      }
  }
  auto written = std::make_shared<const memory_view>(std::move(next), codec_);
  const std::lock_guard lock{mutex_};
  written_ = written;
  return std::shared_ptr<const view>{std::move(written)};
}

result<void> memory_store::sync() {
  const std::lock_guard lock{mutex_};
  synced_ = written_;
  return {};
}

void memory_store::publish(std::shared_ptr<const view> written) {
  PAWL_ASSERT(written != nullptr, "the view is not null");
  const std::lock_guard lock{mutex_};
  durable_.swap(written);  // the old view is destroyed after the lock is released
}

std::shared_ptr<const view> memory_store::durable_view() const {
  const std::lock_guard lock{mutex_};
  return durable_;
}

result<void> memory_store::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  synced_ = written_;
  return {};
}

std::unique_ptr<memory_store> memory_store::after_power_loss() const {
  const std::lock_guard lock{mutex_};
  return std::unique_ptr<memory_store>{new memory_store{synced_->all(), codec_}};
}

std::unique_ptr<memory_store> memory_store::after_process_death() const {
  const std::lock_guard lock{mutex_};
  return std::unique_ptr<memory_store>{new memory_store{written_->all(), codec_}};
}

}  // namespace pawl::persistence
