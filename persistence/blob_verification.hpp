#pragma once

#include <cstddef>
#include <cstdint>

#include <pawl/detail/sha256.hpp>
#include <pawl/result.hpp>

#include "persistence/blobs.hpp"

namespace pawl::persistence {

/// Compares the bytes of a blob with its hash, in parts. Not thread-safe.
class blob_verification {
 public:
  blob_verification(blob_key key, blob_head head) : key_(std::move(key)), head_(std::move(head)) {}

  /// Reads up to `most` further chunks. Returns whether the whole blob has been read, and is good.
  /// After that, or an error, it cannot be continued. Errors: `corrupt`, also for a missing chunk;
  /// `not_supported` (its key is dropped); `io_failed`.
  [[nodiscard]] result<bool> read(const view& from, std::size_t most);

  [[nodiscard]] const blob_head& head() const noexcept { return head_; }

 private:
  const blob_key key_;
  const blob_head head_;
  pawl::detail::sha256_sum sum_;
  std::uint64_t size_ = 0;
  std::uint32_t next_ = 0;  ///< number of the chunk
};

}  // namespace pawl::persistence
