#include "actors/blob_guard.hpp"

#include <map>
#include <set>

namespace pawl::actors {

bool blob_guard::touch(const persistence::blob_key& blob, time_point now) {
  const std::lock_guard lock{mutex_};
  if (condemned_.contains(blob)) return false;
  const time_point until = now + grace_;
  if (kept_until_.size() >= most && !kept_until_.contains(blob)) forget_old(now);
  if (kept_until_.size() >= most && !kept_until_.contains(blob)) {
    all_kept_until_ = until;
  } else {
    kept_until_.insert_or_assign(blob, until);
  }
  return true;
}

bool blob_guard::condemn(const persistence::blob_key& blob, time_point now) {
  const std::lock_guard lock{mutex_};
  if (all_kept_until_ && now < *all_kept_until_) return false;
  if (const auto kept = kept_until_.find(blob); kept != kept_until_.end()) {
    if (now < kept->second) return false;
    kept_until_.erase(kept);
  }
  return condemned_.insert(blob).second;
}

void blob_guard::release(const persistence::blob_key& blob) {
  const std::lock_guard lock{mutex_};
  condemned_.erase(blob);
}

/// Takes time in proportion to what is known. If that makes no place, all blobs are kept, and it is
/// not tried again until they are not.
void blob_guard::forget_old(time_point now) {
  if (all_kept_until_ && now < *all_kept_until_) return;
  std::erase_if(kept_until_, [now](const auto& each) { return now >= each.second; });
}

}  // namespace pawl::actors
