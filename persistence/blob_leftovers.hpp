#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <pawl/result.hpp>

#include "persistence/keys.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence {

/// Records of blobs that belong to nothing. They only take space: such an entry keeps a blob that
/// no run holds, and such chunks are those of no blob and no upload. One of both is set.
struct blob_leftover {
  /// An entry that a run holds a blob, but the run does not name it, or does not exist.
  std::optional<keys::blob_holder> holder;
  bool is_named = false;  ///< the other side of that entry is there
  std::optional<keys::blob_part> chunks;
  std::string what;  ///< a sentence
};

/// Finds all. A run whose deletion has begun keeps its entries until that is done. Chunks of a
/// scope are not looked at if one of its blobs cannot be read, because they may be its chunks.
/// Holds 16 bytes in memory for each blob. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<void> find_blob_leftovers(
    const view& of, const std::function<void(const blob_leftover&)>& found);

/// Erases the entries, and lists the chunks as loose, so the next engine deletes them. Nothing else
/// may use the store. Returns how many there were. Errors: as `find_blob_leftovers`, and those of
/// `store::write`.
[[nodiscard]] result<std::uint64_t> erase_blob_leftovers(store& of);

}  // namespace pawl::persistence
