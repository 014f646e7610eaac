#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include <pawl/ids.hpp>
#include <pawl/settings.hpp>

#include "actors/lru_map.hpp"
#include "flow/definition/compiled.hpp"
#include "persistence/store.hpp"

namespace pawl::actors {

/// The limits that settings put on flows and their runs.
[[nodiscard]] flow::limits flow_limits(const settings& s);

/// Compiled flow versions, read from the store on first use. Versions are immutable, so entries are
/// never invalid. When the estimated size of all entries exceeds the maximum, the least recently
/// used are evicted; runs keep the flows that they use.
///
/// Safe for concurrent use. Reads of the store and compilation happen without the lock: two threads
/// may compile one flow at the same time, but all callers share the result of the first. All other
/// work is O(1).
class flow_cache {
 public:
  using flow_ptr = std::shared_ptr<const flow::compiled_flow>;

  /// Estimated memory of a compiled flow per byte of its stored definition, and of its entry.
  static constexpr std::size_t bytes_per_definition_byte = 16;
  static constexpr std::size_t bytes_per_entry = 1024;
  [[nodiscard]] static constexpr std::uint64_t estimated_bytes(std::size_t definition_bytes) {
    return bytes_per_entry + std::uint64_t{bytes_per_definition_byte} * definition_bytes;
  }

  flow_cache(flow::limits allowed, std::uint64_t max_bytes)
      : allowed_(allowed), entries_(max_bytes) {}

  /// Errors: `not_found`; `corrupt`, `io_failed` of the store; `invalid_flow` if the version was
  /// stored under other limits and is refused now.
  [[nodiscard]] result<flow_ptr> get(const persistence::view& from, const scope_name& scope,
                                     const flow_version_id& id);

  /// The version if it is in the cache, else null. Does not read the store.
  [[nodiscard]] flow_ptr find(const scope_name& scope, const flow_version_id& id) {
    return find({scope, id});
  }

  /// Adds a version that is durable. `definition_bytes`: size of its record in the store. Returns
  /// the entry, which is an earlier one if there was one. A flow larger than the cache is not kept.
  flow_ptr put(const scope_name& scope, flow_ptr compiled, std::size_t definition_bytes);

  [[nodiscard]] const flow::limits& allowed() const noexcept { return allowed_; }
  /// Estimated size of all entries. At most the maximum.
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct key {
    scope_name scope;
    flow_version_id id;

    friend bool operator==(const key&, const key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept;
  };
  using entries = lru_map<key, flow_ptr, key_hash>;

  /// Null if there is none. Takes the lock.
  [[nodiscard]] flow_ptr find(const key& of);

  const flow::limits allowed_;
  mutable std::mutex mutex_;  ///< guards what follows
  entries entries_;           ///< their weights are bytes
};

}  // namespace pawl::actors
