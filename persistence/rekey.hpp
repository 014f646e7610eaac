#pragma once

#include <cstdint>
#include <functional>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence::values {
class value_codec;
}

namespace pawl::persistence {

/// How far `rekey` is.
struct rekeyed {
  std::uint64_t records = 0;    ///< that were read
  std::uint64_t rewritten = 0;  ///< of those: encrypted again, with the key that writes
  std::uint64_t bytes = 0;      ///< of what was rewritten, as it was stored
  std::uint64_t left = 0;       ///< that stay as they are: damaged, or without their key

  friend bool operator==(const rekeyed&, const rekeyed&) = default;
};

/// Encrypts each value of a store again that is not encrypted with the key that `codec` writes
/// with, in bounded batches. After a crash it is called again and rewrites the rest. At the end the
/// store lists only the keys that it still needs. `codec` is that of the store, and has keys;
/// `report` is called after each batch. No other call may use the store meanwhile. `of` must have
/// upkeep: what was replaced is gone from the disk after its `compact`. Errors: as `view::scan` and
/// `store::write`.
[[nodiscard]] result<rekeyed> rekey(store& of, const values::value_codec& codec,
                                    const std::function<void(const rekeyed&)>& report);

}  // namespace pawl::persistence
