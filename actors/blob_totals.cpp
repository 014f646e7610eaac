#include "actors/blob_totals.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "persistence/blobs.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {

result<void> blob_totals::count(const persistence::view& from) {
  return from.scan(persistence::column::blobs, persistence::keys::blob_heads(),
                   [this](std::string_view key, std::string_view bytes) {
                     const auto part = persistence::keys::blob_part_of(key);
                     const auto head = persistence::decode_blob_head(bytes);
                     if (part && head && head->size > 0) {
                       of_scopes_[part->scope] += head->size;
                       all_ += head->size;
                     }
                     return persistence::view::next::more;
                   });
}

result<void> blob_totals::add(const scope_name& scope, std::uint64_t bytes) {
  if (bytes == 0) return {};
  const auto found = of_scopes_.find(scope);
  const std::uint64_t now = found == of_scopes_.end() ? 0 : found->second;
  if (most_ > 0 && bytes > most_ - std::min(now, most_)) {
    return error{
        errc::limit_exceeded,
        "scope " + scope.str() + " has " + std::to_string(now) + " bytes of blobs, and at most " +
            std::to_string(most_) +
            " (blobs.max_scope_bytes). Delete runs that hold blobs, or wait: those that no "
            "run holds are deleted after blobs.grace_ms",
        "blobs_full"};
  }
  of_scopes_[scope] += bytes;
  all_ += bytes;
  return {};
}

void blob_totals::subtract(const scope_name& scope, std::uint64_t bytes) {
  const auto found = of_scopes_.find(scope);
  if (found == of_scopes_.end()) return;
  // A blob that was damaged when it was counted is not in the total.
  const std::uint64_t less = std::min(bytes, found->second);
  found->second -= less;
  all_ -= less;
  if (found->second == 0) of_scopes_.erase(found);
}

}  // namespace pawl::actors
