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
#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace pawl::persistence {

/// The tables of a store, by access pattern. The numbers order golden tests; a retired column keeps
/// its place.
enum class column : std::uint8_t {
  meta,         ///< schema version and other single records
  flows,        ///< flow heads and their versions
  runs,         ///< one summary record for each run
  checkpoints,  ///< snapshots and deltas, in the order they were made
  indexes,      ///< keys that order runs for listings; empty values
  counters,     ///< signed 64-bit sums, changed by `batch::add` only
};

inline constexpr column all_columns[] = {column::meta,        column::flows,   column::runs,
                                         column::checkpoints, column::indexes, column::counters};

/// Stable: a store may use the text as the column's name on disk.
[[nodiscard]] std::string_view to_string(column c) noexcept;

/// A record of `column::counters` as `view::get` and `view::scan` show it: the sum in two's
/// complement, least byte first. Any other length is not a counter.
inline constexpr std::size_t counter_bytes = 8;
[[nodiscard]] std::string encode_counter(std::int64_t sum);
[[nodiscard]] std::optional<std::int64_t> decode_counter(std::string_view bytes) noexcept;

/// How every store adds: a sum that leaves the 64 bits wraps around.
[[nodiscard]] std::int64_t add_wrapping(std::int64_t a, std::int64_t b) noexcept;

/// Changes that become visible and durable together, or not at all. Applied in the order given.
/// A plain value: not safe for concurrent change.
class batch {
 public:
  enum class operation_kind : std::uint8_t { put, erase, add };
  struct operation {
    operation_kind kind;
    column where;
    std::string key;
    std::string value;        ///< of a put
    std::int64_t amount = 0;  ///< of an add
  };

  /// Not for `column::counters`.
  void put(column where, std::string key, std::string value) {
    PAWL_ASSERT(where != column::counters, "a counter was put; counters are added to");
    operations_.push_back({operation_kind::put, where, std::move(key), std::move(value)});
  }
  void erase(column where, std::string key) {
    operations_.push_back({operation_kind::erase, where, std::move(key), {}});
  }
  /// Adds to the sum under `key` in `column::counters` (0 where there is none).
  void add(std::string key, std::int64_t amount) {
    operations_.push_back({operation_kind::add, column::counters, std::move(key), {}, amount});
  }

  [[nodiscard]] const std::vector<operation>& operations() const noexcept { return operations_; }
  [[nodiscard]] bool empty() const noexcept { return operations_.empty(); }

 private:
  std::vector<operation> operations_;
};

/// A state of the store that does not change any more. Cheap to hold for a short while; a view
/// that is held long keeps old records on disk. Safe for concurrent reads; must be destroyed
/// before its store.
class view {
 public:
  virtual ~view() = default;

  /// The record under `key`, or nothing. Errors: `corrupt`, `io_failed`.
  [[nodiscard]] virtual result<std::optional<std::string>> get(column where,
                                                               std::string_view key) const = 0;

  /// What `scan` is to do after a record.
  enum class next : std::uint8_t { more, stop };
  using visitor = std::function<next(std::string_view key, std::string_view value)>;

  /// Visits the records with `from <= key < to` in ascending byte order (`reverse`: descending).
  /// An empty `to` means: to the end of the column. Errors as `get`; what was visited before an
  /// error was right. The visitor may read this view; it must not throw.
  struct range {
    std::string from;
    std::string to;
    bool reverse = false;
  };
  virtual result<void> scan(column where, const range& keys, const visitor& visit) const = 0;

  /// The sum under `key` in `column::counters`; 0 where there is none. Errors as `get`.
  [[nodiscard]] virtual result<std::int64_t> counter(std::string_view key) const = 0;
};

/// Everything that Pawl keeps.
///
/// Concurrency contract:
/// - `write` is called by one thread at a time (the persister), `sync` by one thread at a time (its
///   syncer), and the two overlap freely. Reads come from any thread at any time.
/// - Writes are totally ordered. `write` returns the view that has everything up to and with this
///   write, and nothing after it.
/// - After `sync` returned, every write that had returned before `sync` was called survives the
///   loss of power (for a store opened `sync`), or of the process (opened `async`).
/// - `durable_view` is the newest view that was handed to `publish`. Queries read from it, so that
///   nothing is observable before it is durable.
/// - After an error of `write` or `sync` the store takes no more writes: each fails with
///   `unavailable` and the first error's text. What was durable stays readable.
class store {
 public:
  virtual ~store() = default;

  /// Applies the batches in order, all of them or none. Batches without an operation change
  /// nothing. Errors: `io_failed`, `storage_full`, `read_only`, `corrupt`, `unavailable`.
  [[nodiscard]] virtual result<std::shared_ptr<const view>> write(
      std::span<const batch* const> batches) = 0;

  /// Makes everything written so far durable. Errors as `write`.
  [[nodiscard]] virtual result<void> sync() = 0;

  /// Makes `written` the view that `durable_view` gives. Views are published in the order they
  /// were written. Called by one thread at a time.
  virtual void publish(std::shared_ptr<const view> written) = 0;
  /// Never null: right after opening, the state that was found.
  [[nodiscard]] virtual std::shared_ptr<const view> durable_view() const = 0;

  /// Ends the store in order: everything written becomes durable, whatever the mode, and later
  /// writes are `unavailable`; views stay readable. Not together with `write` or `sync`. The
  /// destructor does it too, but cannot tell the error. Errors as `write`.
  virtual result<void> close() = 0;
};

/// How much a commit promises; see <pawl/settings.hpp>.
using pawl::durability;

}  // namespace pawl::persistence
