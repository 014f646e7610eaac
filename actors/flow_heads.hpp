#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include <pawl/flow.hpp>
#include <pawl/ids.hpp>
#include <pawl/result.hpp>
#include <pawl/version_range.hpp>

#include "actors/lru_map.hpp"
#include "persistence/codec.hpp"
#include "persistence/store.hpp"

namespace pawl::actors {

/// How a start chooses the version of its flow.
enum class start_version : std::uint8_t {
  given,         ///< the one that is named, even if the flow is deleted
  of_live_flow,  ///< the newest of the range that is named; fails if the flow is deleted
  published,     ///< the published one; none is named
};

/// Which version of its flow a start uses.
struct wanted_version {
  start_version how = start_version::given;
  version_range among = {};  ///< not read if it is the published one
};

/// Reads which versions a flow has, or had if it is deleted; none if there was never such a flow.
/// Errors: `corrupt`, `io_failed` of the store.
[[nodiscard]] result<std::optional<persistence::flow_head>> find_flow_head(
    const persistence::view& from, const scope_name& scope, const flow_name& flow);
/// Reads which versions a flow has. Errors: `not_found`, also for a deleted flow; `corrupt`,
/// `io_failed` of the store.
[[nodiscard]] result<persistence::flow_head> read_flow_head(const persistence::view& from,
                                                            const scope_name& scope,
                                                            const flow_name& flow);

/// The published version of a flow. Error: `not_found` if it has none.
[[nodiscard]] result<version> published_version(const persistence::flow_head& head,
                                                const flow_name& flow);
/// The newest version of a flow in a range that does not contain the published version, among those
/// before it that clients of the previous engine have not deleted. Reads their keys. Errors:
/// `not_found`; `corrupt`, `io_failed` of the store.
[[nodiscard]] result<version> newest_version(const persistence::view& from, const scope_name& scope,
                                             const flow_name& flow, const version& published,
                                             const version_range& among);

/// The heads of flows that starts have read, at most `max_size`; the least recently used are
/// dropped. A head is never out of date: the catalog alone writes heads, and says before and after
/// each write that it does; meanwhile nothing is added.
///
/// Safe for concurrent use. All work is O(1).
class flow_heads {
 public:
  static constexpr std::size_t max_size = 10'000;

  /// A time between two changes.
  using ticket = std::uint64_t;

  /// The head if it is in the cache. Does not read the store.
  [[nodiscard]] std::optional<persistence::flow_head> find(const scope_name& scope,
                                                           const flow_name& flow);
  /// Whoever reads a head takes a ticket before the view from which it reads.
  [[nodiscard]] ticket begin_read() const;
  /// Adds a head that exists. Has no effect if a head was changed since the ticket was taken.
  void put(ticket taken, const scope_name& scope, const flow_name& flow,
           const persistence::flow_head& head);

  /// Drops a head, before its change is written. Changes do not overlap.
  void begin_change(const scope_name& scope, const flow_name& flow);
  /// The change is durable, or has failed.
  void end_change();

  [[nodiscard]] std::size_t size() const;

 private:
  struct key {
    scope_name scope;
    flow_name flow;

    friend bool operator==(const key&, const key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept {
      return std::hash<scope_name>{}(k.scope) * 31 + std::hash<flow_name>{}(k.flow);
    }
  };

  mutable std::mutex mutex_;  ///< guards what follows
  lru_map<key, persistence::flow_head, key_hash> heads_{max_size};
  ticket changes_ = 0;  ///< beginnings and ends of changes; odd: one is under way
};

}  // namespace pawl::actors
