#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// What a check of the blobs of a store has found.
struct blob_check {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
  /// Blobs, and records of runs, that cannot be read because their key is dropped.
  std::uint64_t given_up = 0;
  /// Blobs that runs name and that do not exist. That is no damage: a value that a function without
  /// effects has made up may look like a reference.
  std::uint64_t unknown = 0;
  /// A sentence for each blob, run or entry that is damaged, at most `max_damage`.
  std::vector<std::string> damage;

  /// A sentence for each entry, and for the chunks of each content, that belongs to nothing
  /// (blob_leftovers.hpp), at most `max_damage`. Nothing is lost.
  std::vector<std::string> leftovers;

  static constexpr std::size_t max_damage = 1'000;
};

/// Reads all blobs and compares their bytes with their hashes; counts anew what runs hold, and
/// compares it with both sides of the entries (blobs.hpp). Holds one chunk, the names of one run,
/// and 16 bytes for each blob, at a time. Errors: `corrupt`, `io_failed`, of the scans.
[[nodiscard]] result<blob_check> check_all_blobs(const view& of);

}  // namespace pawl::persistence
