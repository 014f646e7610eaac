#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include <pawl/ids.hpp>
#include <pawl/settings.hpp>

#include "flow/definition/compiled.hpp"
#include "persistence/store.hpp"

namespace pawl::actors {

/// The limits that settings put on flows and their runs.
[[nodiscard]] flow::limits flow_limits(const settings& s);

/// Compiled flow versions, read from the store when they are first asked for. Versions are
/// immutable, so nothing in here ever becomes wrong; at most `capacity` are kept. Safe for
/// concurrent use.
class flow_cache {
 public:
  static constexpr std::size_t capacity = 4096;

  explicit flow_cache(flow::limits allowed) : allowed_(allowed) {}

  /// Errors: `not_found`; `corrupt`, `io_failed` of the store; `invalid_flow` if what was stored
  /// under other limits is refused now.
  [[nodiscard]] result<std::shared_ptr<const flow::compiled_flow>> get(
      const persistence::view& from, const scope_name& scope, const flow_version_id& id);

  /// The version of a flow that is started where none is named. Errors: `not_found`; `corrupt`,
  /// `io_failed` of the store.
  [[nodiscard]] static result<version> published(const persistence::view& from,
                                                 const scope_name& scope, const flow_name& flow);

  /// Keeps a version that was just made durable.
  void put(const scope_name& scope, std::shared_ptr<const flow::compiled_flow> compiled);

  [[nodiscard]] const flow::limits& allowed() const noexcept { return allowed_; }

 private:
  using key = std::pair<scope_name, flow_version_id>;

  const flow::limits allowed_;
  std::mutex mutex_;
  std::map<key, std::shared_ptr<const flow::compiled_flow>> known_;
};

}  // namespace pawl::actors
