#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>
#include <pawl/ids.hpp>
#include <pawl/metrics.hpp>
#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace pawl::persistence {

class store_ownership;
class store_upkeep;

/// The tables of a store, split by access pattern. Numbers are never reused.
enum class column : std::uint8_t {
  meta,         ///< single records, such as the schema version
  flows,        ///< flow heads and their versions
  runs,         ///< one summary per run
  checkpoints,  ///< input, state and checkpoints of runs
  indexes,      ///< runs in various orders, timers, tasks, the journal
  counters,     ///< signed 64-bit sums; only `batch::add` changes them
  blobs,        ///< heads and chunks of blobs
};

inline constexpr column all_columns[] = {column::meta,        column::flows,   column::runs,
                                         column::checkpoints, column::indexes, column::counters,
                                         column::blobs};

/// The name of the column on disk. Never changes.
[[nodiscard]] std::string_view to_string(column c) noexcept;

/// The encoding of a counter in `view::get` and `view::scan`: the sum in two's complement,
/// little-endian. `decode_counter` returns nothing for any other length.
inline constexpr std::size_t counter_bytes = 8;
[[nodiscard]] std::string encode_counter(std::int64_t sum);
[[nodiscard]] std::optional<std::int64_t> decode_counter(std::string_view bytes) noexcept;

/// Returns `a + b`, which wraps around on overflow.
[[nodiscard]] std::int64_t add_wrapping(std::int64_t a, std::int64_t b) noexcept;

/// Changes that become visible and durable together or not at all. They apply in the order in
/// which they were added. Not thread-safe.
class batch {
 public:
  enum class operation_kind : std::uint8_t { put, erase, add };
  struct operation {
    operation_kind kind;
    column where;
    std::string key;
    std::string value;        ///< put only
    std::int64_t amount = 0;  ///< add only
    std::string scope = {};   ///< see `put_of`
  };

  /// `where` must not be `column::counters`.
  void put(column where, std::string key, std::string value) {
    PAWL_ASSERT(where != column::counters, "counters are changed by add, not by put");
    bytes_ += key.size() + value.size();
    operations_.push_back({operation_kind::put, where, std::move(key), std::move(value)});
  }
  /// As `put`, for a value that belongs to a run or a blob of `scope`. It is encrypted with the key
  /// of the scope, if there is one. All values of `column::checkpoints`, whose keys do not name a
  /// scope, and of `column::blobs` are put by this call.
  void put_of(const scope_name& scope, column where, std::string key, std::string value) {
    put(where, std::move(key), std::move(value));
    operations_.back().scope = scope.str();
  }
  void erase(column where, std::string key) {
    bytes_ += key.size();
    operations_.push_back({operation_kind::erase, where, std::move(key), {}});
  }
  /// Adds `amount` to the counter `key`. A counter that does not exist is 0; one that becomes 0 is
  /// deleted.
  void add(std::string key, std::int64_t amount) {
    bytes_ += key.size() + sizeof amount;
    operations_.push_back({operation_kind::add, column::counters, std::move(key), {}, amount});
  }

  [[nodiscard]] const std::vector<operation>& operations() const noexcept { return operations_; }
  [[nodiscard]] bool empty() const noexcept { return operations_.empty(); }
  /// The size of all keys and values.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::vector<operation> operations_;
  std::size_t bytes_ = 0;
};

/// An immutable snapshot of a store, fixed when it is first read at the latest. A view that is held
/// for long keeps old records on disk. Thread-safe. Must be destroyed before its store.
class view {
 public:
  virtual ~view() = default;

  /// Returns the value of `key`, or nothing if there is none. Errors: `corrupt`, `io_failed`.
  [[nodiscard]] virtual result<std::optional<std::string>> get(column where,
                                                               std::string_view key) const = 0;

  /// Whether `scan` continues after a record.
  enum class next : std::uint8_t { more, stop };
  using visitor = std::function<next(std::string_view key, std::string_view value)>;

  /// Calls `visit` for each record with `from <= key < to` in ascending byte order, or in
  /// descending order if `reverse` is set. An empty `to` is the end of the column. Errors as `get`;
  /// the records visited before an error are valid. The visitor may read this view. It must not
  /// throw.
  struct range {
    std::string from;
    std::string to;
    bool reverse = false;
    /// Values as they are stored, compressed and encrypted: only their size is of use.
    bool stored = false;
  };
  virtual result<void> scan(column where, const range& keys, const visitor& visit) const = 0;

  /// Returns the counter `key`, or 0 if there is none. Errors as `get`.
  [[nodiscard]] virtual result<std::int64_t> counter(std::string_view key) const = 0;
};

/// The interface of a store, which holds all durable state.
///
/// Concurrency contract:
/// - One thread at a time calls `write`; one thread at a time calls `sync`. The two may overlap.
///   Any thread may read at any time.
/// - Writes are totally ordered. The view that `write` returns contains this write and all before
///   it. Stores in this process also fix it then: it can be read before `sync`, and contains no
///   later write. A store on a server fixes it when it is first read, which must be after `sync`.
/// - When `sync` returns, every write that had returned before the call to `sync` survives a power
///   failure (durability `sync`) or the death of the process (`async`).
/// - `durable_view` is the newest view passed to `publish`. Queries read it, so that nothing is
///   observable before it is durable.
/// - After a failed `write` or `sync` every further write fails with `unavailable` and the text of
///   the first error. Durable records stay readable.
class store {
 public:
  virtual ~store() = default;

  /// Applies all batches, in order, or none. Returns the view after them. Errors: `io_failed`,
  /// `storage_full`, `read_only`, `corrupt`, `unavailable`.
  [[nodiscard]] virtual result<std::shared_ptr<const view>> write(
      std::span<const batch* const> batches) = 0;

  /// Makes all earlier writes durable. Errors as `write`.
  [[nodiscard]] virtual result<void> sync() = 0;

  /// Sets the view that `durable_view` returns. Views must be published in the order of their
  /// writes, by one thread at a time.
  virtual void publish(std::shared_ptr<const view> written) = 0;
  /// Never null. Before the first `publish`: the state that the store was opened with.
  [[nodiscard]] virtual std::shared_ptr<const view> durable_view() const = 0;

  /// Returns how busy the store is. May list files. Thread-safe.
  [[nodiscard]] virtual store_gauges gauges() const { return {}; }

  /// Backups and compaction; null for a store in memory, which has neither. Valid until `close`.
  [[nodiscard]] virtual store_upkeep* upkeep() noexcept { return nullptr; }

  /// Null for a store that only one process can open. Valid until `close`.
  [[nodiscard]] virtual store_ownership* ownership() noexcept { return nullptr; }

  /// Whether the medium of the store takes data, without a change of the records. For a store that
  /// has failed: it answers reads until it is closed, so it is closed only when opening it again
  /// can succeed. Errors as `write`.
  [[nodiscard]] virtual result<void> check_writable() = 0;

  /// Makes all writes durable, whatever the durability mode, and refuses further ones as
  /// `unavailable`. Views stay readable. Must not overlap `write` or `sync`. The destructor closes
  /// too, but cannot report an error. Errors as `write`.
  virtual result<void> close() = 0;
};

/// What a commit guarantees; see <pawl/settings.hpp>.
using pawl::durability;

}  // namespace pawl::persistence
