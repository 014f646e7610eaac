#pragma once

#include <cstdint>
#include <map>

#include <pawl/ids.hpp>
#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl::actors {

/// The bytes of the blobs of each scope, and of the uploads that have not ended. Counted from the
/// heads of the store once, and kept up to date after that. Not thread-safe.
class blob_totals {
 public:
  /// `most`: of one scope; 0: no limit.
  explicit blob_totals(std::uint64_t most) : most_(most) {}

  /// Adds all blobs of a store. One whose head cannot be read is not counted. Errors: those of the
  /// store; what was read before is counted.
  [[nodiscard]] result<void> count(const persistence::view& from);

  /// Adds bytes, unless the scope would have more than the limit then. Error: `limit_exceeded`.
  [[nodiscard]] result<void> add(const scope_name& scope, std::uint64_t bytes);
  void subtract(const scope_name& scope, std::uint64_t bytes);

  /// Of all scopes.
  [[nodiscard]] std::uint64_t all() const noexcept { return all_; }

 private:
  const std::uint64_t most_;
  std::map<scope_name, std::uint64_t> of_scopes_;  ///< without those that have none
  std::uint64_t all_ = 0;
};

}  // namespace pawl::actors
