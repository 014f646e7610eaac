#pragma once

#include <cstdint>
#include <functional>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// How far a copy is.
struct copy_counts {
  std::uint64_t records = 0;   ///< of the source, read by this call
  std::uint64_t bytes = 0;     ///< of their keys and values
  std::uint64_t written = 0;   ///< records that the target did not have yet
  std::uint64_t left = 0;      ///< of the source, left out: the key of the value is dropped
  std::uint64_t verified = 0;  ///< records that were read again and compared
};

/// Copies all records of a store to another one, range by range, and then compares both, record by
/// record. Nothing else may write to either meanwhile. The target compresses and encrypts the
/// values as its own codec does.
///
/// The target must be new, or have the part of a copy that was interrupted: what is there and the
/// same is not written again, so a second call continues the first one, also if the source has
/// changed since then. Until the end the target has a mark with which `check_complete` refuses it.
///
/// `go_on` is called after each range; the copy ends as `cancelled` when it returns false. Errors:
/// `already_exists` (the target has other records); `corrupt` (a damaged record, or one that was
/// read again is different); as `view` and `store::write`.
[[nodiscard]] result<copy_counts> copy_store(const view& from, store& to,
                                             const std::function<bool(const copy_counts&)>& go_on);

/// Refuses a store to which a copy did not end, as `unavailable`.
[[nodiscard]] result<void> check_complete(const view& of);

}  // namespace pawl::persistence
