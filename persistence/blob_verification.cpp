#include "persistence/blob_verification.hpp"

#include <string>

namespace pawl::persistence {

result<bool> blob_verification::read(const view& from, std::size_t most) {
  const std::uint32_t all = blob_chunks_of(head_.size);
  for (; next_ < all && most > 0; ++next_, --most) {
    const auto chunk = load_blob_chunk(from, key_.scope, head_, next_);
    if (!chunk) {
      const bool is_missing = chunk.error().code == errc::not_found;
      return error{is_missing ? errc::corrupt : chunk.error().code,
                   "chunk " + std::to_string(next_) +
                       (is_missing ? " is missing" : ": " + chunk.error().message)};
    }
    sum_.add(*chunk);
    size_ += chunk->size();
  }
  if (next_ < all) return false;
  if (size_ != head_.size || sum_.finish() != key_.hash)
    return error{errc::corrupt, "its bytes are not those of its hash"};
  return true;
}

}  // namespace pawl::persistence
